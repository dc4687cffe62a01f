"""The operator's manual: its commands are ones that the parser takes, and its tables say what the code says."""

import re
import shlex
from pathlib import Path

import pytest

from tests.unit.docs.test_documents import table_rows
from tools.command.options import common
from tools.operate.__main__ import COMMANDS
from tools.operate.arguments import parser
from tools.operate.months import TOLD

MANUAL = (Path(__file__).resolve().parents[3] / "docs" / "operations.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", MANUAL, re.DOTALL | re.MULTILINE)
TYPED = re.findall(r"^operate (\w.*)$", "".join(BLOCKS), re.MULTILINE)


@pytest.mark.parametrize("line", TYPED)
def test_a_command_is_read(line: str) -> None:
    told = parser("").parse_args(shlex.split(line))
    assert told.command == line.split(maxsplit=1)[0]
    assert told.command in COMMANDS
    assert not getattr(told, "apply", False) or told.reason


def test_every_command_is_shown_and_in_the_table_once() -> None:
    assert {line.split()[0] for line in TYPED} == set(COMMANDS)
    rows = table_rows(f"\n{MANUAL}", "## Before the first command")
    assert sorted(row[0] for row in rows if row[0].startswith("`operate ")) == sorted(
        f"`operate {name}`" for name in COMMANDS
    )


def test_the_options_of_all_commands_are_in_the_table() -> None:
    rows = table_rows(MANUAL, "## Before the first command")
    told = {option for row in rows for option in re.findall(r"`(--[a-z-]+)`", row[0])}
    every = {option for action in common()._actions for option in action.option_strings}
    assert told == {*every, "--as-caller", "--apply", "--reason"}


def test_what_a_change_means_for_bills_is_told_as_the_commands_tell_it() -> None:
    assert table_rows(MANUAL, "## What it means for bills") == [[f"`{name}`", told] for name, told in TOLD.items()]
