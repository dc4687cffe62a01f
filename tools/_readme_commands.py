"""README's table of the operator's billing commands, from the parser that reads them."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from tools._readme_tables import table
from tools.billing.arguments import parser

_OF_ALL = {"-h", "--outputs", "--stack", "--at", "--json"}
"""Options that every command has."""


def commands(_: Path) -> str:
    """Return the table of the commands: how each is typed, and what it does."""
    rows = [[f"`{_typed(command)}`", command.description or ""] for command in _commands(parser(""))]
    return table(["`billing …`", "what it does"], rows)


def _commands(group: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Yield the parsers below a group that are commands themselves, in their order."""
    below = [action.choices for action in group._actions if isinstance(action, argparse._SubParsersAction)]  # noqa: SLF001
    if not below:
        yield group
    for choices in below:
        for command in choices.values():
            yield from _commands(command)


def _typed(command: argparse.ArgumentParser) -> str:
    """Return a command with its arguments, such as `hold [TENANT] [--period PERIOD] --reason REASON`.

    argparse's own usage line differs between Python's versions.
    """
    name = (command.prog or "").removeprefix(parser("").prog).strip()
    actions = [action for action in command._actions if _OF_ALL.isdisjoint(action.option_strings)]  # noqa: SLF001
    positional = [_argument(action) for action in actions if not action.option_strings]
    return " ".join([name, *positional, *(_option(action) for action in actions if action.option_strings)])


def _argument(action: argparse.Action) -> str:
    name = str(action.metavar or action.dest).upper()
    return {"?": f"[{name}]", "*": f"[{name} …]"}.get(str(action.nargs), name)


def _option(action: argparse.Action) -> str:
    name = action.option_strings[-1]
    typed = name if action.nargs == 0 else f"{name} {action.metavar or action.dest.upper()}"
    return typed if action.required else f"[{typed}]"
