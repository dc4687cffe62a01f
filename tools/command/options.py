"""The options that every command has, and the stack that they name."""

import argparse
from pathlib import Path

from tools.command.texts import moment
from tools.outputs import OutputsError, StackOutputs

PROJECT = Path(__file__).resolve().parents[2]
LOCAL_OUTPUTS = PROJECT / ".local" / "outputs.json"


def common() -> argparse.ArgumentParser:
    """Return the parent of every command's parser: which stack, which time, for people or for machines."""
    made = argparse.ArgumentParser(add_help=False)
    source = made.add_mutually_exclusive_group()
    source.add_argument("--outputs", type=Path, help="JSON file with the stack's outputs (default .local/outputs.json)")
    source.add_argument("--stack", help="a stack of this project, asked through pulumi's CLI")
    made.add_argument(
        "--at", type=moment, metavar="TIME", help="time of the command (default now; in the embedded AWS its clock's)"
    )
    made.add_argument("--json", action="store_true", help="print JSON for machines")
    return made


def find_outputs(outputs: Path | None, stack: str | None) -> StackOutputs:
    """Return the outputs of the stack that the options name.

    Args:
        outputs: file with them; None for `.local/outputs.json`, unless there is a stack's name.
        stack: its name, for Pulumi's CLI.

    Raises:
        OutputsError: the stack's outputs cannot be had, or lack something.
    """
    if stack:
        return StackOutputs.from_stack(stack)
    if outputs is None and not LOCAL_OUTPUTS.exists():
        raise OutputsError("say which stack: --stack <name> or --outputs <file>, or run `make local`")
    return StackOutputs.from_file(outputs or LOCAL_OUTPUTS)
