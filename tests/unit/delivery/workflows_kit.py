"""The workflows, as GitHub reads them."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import yaml

from tests.unit.components.harness import ROOT

WORKFLOWS = ROOT / ".github" / "workflows"
ACTIONS = ROOT / ".github" / "actions"
GATED = "required"
"""The job that a branch rule requires."""


@cache
def workflows() -> dict[str, dict[str, Any]]:
    """Return the workflows by the names of their files; `on` is a boolean to YAML, and stands under its name here."""
    found = {file.name: yaml.safe_load(file.read_text()) for file in sorted(WORKFLOWS.glob("*.y*ml"))}
    return {name: {("on" if key is True else key): value for key, value in one.items()} for name, one in found.items()}


def actions() -> dict[str, dict[str, Any]]:
    """Return the repository's own composite actions by the names of their folders."""
    return {file.parent.name: yaml.safe_load(file.read_text()) for file in sorted(ACTIONS.glob("*/action.yml"))}


def jobs() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield file, name and content of each job."""
    for file, workflow in workflows().items():
        for name, job in workflow["jobs"].items():
            yield file, name, job


def steps() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each step, with where it stands."""
    for file, name, job in jobs():
        for step in job.get("steps", []):
            yield f"{file}: {name}", step
    for name, action in actions().items():
        for step in action["runs"]["steps"]:
            yield f"action {name}", step


def used() -> Iterator[tuple[str, str]]:
    """Yield everything that is used: where, and what with the comment behind it."""
    for file in [*WORKFLOWS.glob("*.y*ml"), *ACTIONS.glob("*/action.yml")]:
        for line in re.findall(r"^\s*(?:- )?uses: (.+)$", file.read_text(), re.MULTILINE):
            yield str(file.relative_to(ROOT)), line
