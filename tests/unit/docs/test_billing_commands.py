"""The billing commands that the documents show are ones that the commands' parser takes."""

import re
import shlex
from pathlib import Path

import pytest

from tools import _readme_commands
from tools.billing.__main__ import COMMANDS
from tools.billing.arguments import parser

ROOT = Path(__file__).resolve().parents[3]
DOCUMENTS = [ROOT / "README.md", ROOT / "docs" / "billing.md"]


def shown(document: Path) -> list[str]:
    """Return the commands of a document's shell blocks, continued lines joined."""
    blocks = re.findall(r"^```sh\n(.*?)^```", document.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return re.findall(r"^billing ([^\n]+)", "".join(blocks).replace("\\\n", " "), re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_in_shell_blocks_are_read(document: Path) -> None:
    commands = shown(document)
    assert commands
    typed = [command.replace("$MONTH", "2026-12") for command in commands]
    read = [parser("").parse_args(shlex.split(command, comments=True)).command for command in typed]
    assert set(read) <= set(COMMANDS)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_in_sentences_are_there(document: Path) -> None:
    mentioned = re.findall(r"`billing ([a-z][a-z -]*[a-z])", document.read_text(encoding="utf-8"))
    assert mentioned
    assert [text for text in mentioned if not any(f"{text} ".startswith(f"{name} ") for name in COMMANDS)] == []


def test_every_command_is_in_the_table_once() -> None:
    rows = [row.split("`")[1] for row in _readme_commands.commands(ROOT).splitlines()[2:]]
    names = [next((name for name in COMMANDS if f"{row} ".startswith(f"{name} ")), row) for row in rows]
    assert sorted(names) == sorted(COMMANDS)


def test_arguments_are_shown_as_they_are_typed() -> None:
    rows = dict(row.split("`")[1].partition(" ")[::2] for row in _readme_commands.commands(ROOT).splitlines()[2:])
    assert rows["hold"] == "[TENANT] [--period PERIOD] --reason REASON"
    assert rows["verify"] == "[NUMBER …] [--period PERIOD]"
    assert rows["void"] == "NUMBER --reason REASON [--reissue]"
