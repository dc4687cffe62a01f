"""What the operator's commands say of themselves."""

import argparse

import pytest

from tools.operate.__main__ import COMMANDS
from tools.operate.arguments import parser


def parsers() -> dict[str, argparse.ArgumentParser]:
    root = parser("about")
    [commands] = [one for one in root._actions if isinstance(one, argparse._SubParsersAction)]
    return dict(commands.choices)


PARSERS = parsers()
CHANGING = {"accept", "backfill", "replay", "set-aside", "unvoid", "void"}


def test_every_command_has_a_parser() -> None:
    assert set(PARSERS) == set(COMMANDS)


@pytest.mark.parametrize("name", PARSERS)
def test_a_command_says_what_it_does_what_each_option_is_and_how_it_ends(name: str) -> None:
    command = PARSERS[name]
    assert command.description
    assert command.description.endswith(".")
    assert [action.dest for action in command._actions if not action.help] == []
    assert "with 2 if it could not be done." in (command.epilog or "")
    assert "TIME is such as 2026-10-05T14:00:00Z, with its zone" in (command.epilog or "")


def test_what_changes_something_is_told_and_takes_a_reason() -> None:
    def has(option: str) -> set[str]:
        return {name for name, one in PARSERS.items() if option in one._option_string_actions}

    assert has("--apply") == CHANGING
    assert has("--reason") == {*CHANGING, "reconcile"}
    told = {name for name, one in PARSERS.items() if "Without --apply nothing is written." in (one.epilog or "")}
    assert told == CHANGING
