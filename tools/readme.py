"""Write README's marked blocks anew from what they describe, so that they cannot drift.

A block stands between `<!-- begin: NAME -->` and `<!-- end: NAME -->`. `PYTHONPATH=lambda_src python -m tools.readme`
rewrites all of them, with `--check` it changes nothing and tells whether it would.
"""

import argparse
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tools import _readme_bill as bill
from tools import _readme_commands as commands
from tools import _readme_components as components
from tools import _readme_tables as tables

ROOT = Path(__file__).resolve().parent.parent

Render = Callable[[Path], str]
"""Project folder -> the lines of a block."""

BLOCKS: Mapping[str, Render] = {
    "demo": tables.demo_output,
    "commands": commands.commands,
    "config": tables.config,
    "targets": tables.targets,
    "worked month": bill.worked_month,
    **{f"component {name}": components.renderer(name) for name in components.COMPONENTS},
}

_BLOCK = re.compile(
    r"(?P<begin><!-- begin: (?P<name>[^>]+) -->\n)(?P<body>.*?)(?P<end><!-- end: (?P=name) -->)", re.DOTALL
)
_MARK = re.compile(r"<!-- (?:begin|end): [^>]+ -->")


def rewrite(text: str, root: Path = ROOT) -> str:
    """Return the text with every block as it must be.

    Args:
        text: a document with marked blocks.
        root: the project's folder, which the blocks describe.

    Raises:
        ValueError: a mark has no partner, a block is unknown or missing, or its source cannot be described.
    """
    found = [match["name"] for match in _BLOCK.finditer(text)]
    if len(_MARK.findall(text)) != 2 * len(found):
        raise ValueError("a begin or end mark has no partner")
    if sorted(found) != sorted(BLOCKS):
        raise ValueError(f"blocks must be, once each, {', '.join(sorted(BLOCKS))}; got {', '.join(sorted(found))}")
    return _BLOCK.sub(lambda match: f"{match['begin']}{BLOCKS[match['name']](root)}\n{match['end']}", text)


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Rewrite README, or check it.

    Returns:
        0; with `--check` 1 if README differs from what it describes.
    """
    parser = argparse.ArgumentParser(prog="python -m tools.readme", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 if README is out of date")
    check = parser.parse_args(arguments).check
    readme = root / "README.md"
    before = readme.read_text(encoding="utf-8")
    after = rewrite(before, root)
    if before == after:
        return 0
    if check:
        sys.stderr.write("README.md is out of date: run `make docs`\n")
        return 1
    readme.write_text(after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
