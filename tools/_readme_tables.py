"""README's blocks that come from plain files: stack configuration, make targets, the demo's output."""

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import yaml

_TARGET = re.compile(r"^(?P<name>[a-z]+):.*?## (?P<text>.+)$", re.MULTILINE)


SHOWN_RESOURCES = 12
"""Resources of the demo's deployment that README shows; it has hundreds."""
_TREE = ("├──", "│ ", "└──", "    ├──", "    └──", "    │")


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; `|` and line breaks in cells are made harmless."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def config(root: Path) -> str:
    """Return the table of the configuration keys that `Pulumi.yaml` declares.

    Raises:
        ValueError: a key lacks its type, description or default.
    """
    declared = yaml.safe_load((root / "Pulumi.yaml").read_text(encoding="utf-8"))["config"]
    for key, value in declared.items():
        missing = [part for part in ("type", "description", "default") if part not in value]
        if missing:
            raise ValueError(f"Pulumi.yaml: config key {key} has no {', '.join(missing)}")
    return table(
        ["key", "type", "default", "meaning"],
        [
            [f"`{key}`", value["type"], f"`{_default(value['default'])}`", value["description"]]
            for key, value in declared.items()
        ],
    )


def make_targets(root: Path) -> dict[str, str]:
    """Return the Makefile's documented targets: name -> what it does."""
    return {match["name"]: match["text"] for match in _TARGET.finditer((root / "Makefile").read_text(encoding="utf-8"))}


def targets(root: Path) -> str:
    """Return the table of the Makefile's documented targets."""
    return table(["command", "what it does"], [[f"`make {name}`", text] for name, text in make_targets(root).items()])


def demo_output(root: Path) -> str:
    """Return what `make demo` printed when docs/demo-output.txt was last written, but most of the resources."""
    lines = (root / "docs" / "demo-output.txt").read_text(encoding="utf-8").rstrip().splitlines()
    tree = [number for number, line in enumerate(lines) if line.startswith(_TREE)]
    left_out = tree[SHOWN_RESOURCES:]
    if left_out:
        lines[left_out[0] : left_out[-1] + 1] = [f"… and {len(left_out)} more resources"]
    return "```text\n" + "\n".join(lines) + "\n```"


def _default(value: object) -> str:
    """Return a default as one writes it in a stack file."""
    return value if isinstance(value, str) and value else json.dumps(value)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
