"""`python -m tools.delivery <command>`: what `make preview`, `make plan` and the other targets of delivery run."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence

from tools.delivery import commands
from tools.delivery.failure import DeliveryError

COMMANDS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "preview": commands.preview,
    "plan": commands.plan,
    "gate": commands.gate,
    "up": commands.up,
    "drift": commands.drift,
    "comment": commands.comment,
    "issue": commands.issue,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry one command out.

    Returns:
        What the command says: 0 if it did what it is for; Pulumi's exit code if that failed; 2 if it was refused.
    """
    given = _parser().parse_args(arguments)
    try:
        return COMMANDS[given.command](given)
    except DeliveryError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.code
    except OSError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.delivery", description=__doc__)
    subparsers = parser.add_subparsers(dest="command", required=True)
    for name, command in COMMANDS.items():
        sub = subparsers.add_parser(name, help=(command.__doc__ or "").splitlines()[0])
        sub.add_argument("--stack", required=True, help="name of the stack")
        if name in ("preview", "drift"):
            sub.add_argument("--report", help="file to write the report to, as Markdown")
        if name in ("comment", "issue"):
            sub.add_argument("--report", required=True, help="file with the report")
        if name in ("plan", "up"):
            sub.add_argument("--plan", required=name == "plan", help="folder of the plan")
    subparsers.choices["up"].add_argument("--digest", help="digest of the manifest that was approved")
    subparsers.choices["comment"].add_argument("--pull", help="number of the pull request")
    subparsers.choices["issue"].add_argument("--drift", required=True, help="found or none")
    return parser


if __name__ == "__main__":
    sys.exit(main())
