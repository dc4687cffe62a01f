"""Writes the golden list of the dev stack's resources: `python -m tests.golden.regenerate`, or `make golden`."""

import json
import pathlib
import sys
from typing import Any

import yaml

from tests.unit.components.harness import ROOT, run_main

RESOURCES = pathlib.Path(__file__).with_name("resources.txt")


def stack_config(file: str) -> dict[str, str]:
    """Return a stack file's configuration as the engine hands it on: as text."""
    values: dict[str, Any] = yaml.safe_load((ROOT / file).read_text())["config"]
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}


def program_tree() -> list[str]:
    """Return `parent > type name` of every resource of the dev stack, sorted."""
    return run_main(stack_config("Pulumi.dev.yaml"), stack="dev").tree()


if __name__ == "__main__":
    RESOURCES.write_text("\n".join(program_tree()) + "\n")
    sys.stdout.write(f"{RESOURCES.relative_to(ROOT)}: read the difference before you commit it\n")
