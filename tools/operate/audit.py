"""The actions table: who did what, when and why, and what came of it."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from billing.dynamo import Condition, Table
from billing.moments import moment_text
from rating.exact import show
from rating.period import Period

ACTION = "ACTION"
"""Partition of the actions; their sort keys begin with their times."""

_NEW = Condition("attribute_not_exists(#pk)")


class NoReasonError(ValueError):
    """A command that changes something was not told why."""


class UnknownActionError(ValueError):
    """There is no action of that id; the message names it."""


@dataclass
class Action:
    """An action that is under way."""

    id: str
    at: datetime
    result: dict[str, Any] = field(default_factory=dict)
    """What came of it, as far as it got: plain values. It is kept whether the action ends well or not."""


class Actions:
    """The actions of a stack.

    Args:
        table: of actions, with the keys `pk` and `sk`.
        now: tells the present: a command's own time may be another.
    """

    def __init__(self, table: Table, now: Callable[[], datetime]) -> None:
        self._table, self._now = table, now

    @contextmanager
    def action(
        self, command: str, arguments: Mapping[str, Any], *, reason: str, by: str, at: datetime
    ) -> Iterator[Action]:
        """Note that an action begins, and after it how and when it ended: `done`, or `failed` with the error.

        An action that stays `started` was killed, or its end could not be noted.

        Args:
            command: what is done, such as `replay`.
            arguments: with what; texts, numbers, moments, periods, paths, lists of these.
            reason: why.
            by: ARN of who does it.
            at: the command's time, which its caller may choose; when it truly began and ended is noted beside it.

        Raises:
            NoReasonError: the reason is blank.
        """
        if not reason.strip():
            raise NoReasonError(f"{command} --apply: --reason must say why this is done, is empty")
        made = Action(f"{command}-{at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}", at)
        item = {
            "pk": ACTION,
            "sk": f"{moment_text(at)}#{made.id}",
            "id": made.id,
            "at": moment_text(at),
            "began_at": moment_text(self._now()),
            "by": by,
            "command": command,
            "arguments": {name: _plain(value) for name, value in arguments.items() if value is not None},
            "reason": reason,
        }
        self._table.put({**item, "state": "started"}, _NEW)
        try:
            yield made
        except BaseException as error:  # Ctrl-C as well: whoever looks is to know that it did not come to its end
            told = "stopped" if isinstance(error, KeyboardInterrupt) else f"{type(error).__name__}: {error}"
            self._end({**item, "state": "failed", "result": {**made.result, "error": told}})
            raise
        self._end({**item, "state": "done", "result": made.result})

    def _end(self, item: dict[str, Any]) -> None:
        self._table.put({**item, "ended_at": moment_text(self._now())})

    def all(self) -> list[dict[str, Any]]:
        """Return all actions, the newest first, each with its values but the keys."""
        found = [_shown(item) for item in self._table.query(ACTION)]
        return found[::-1]

    def find(self, action_id: str) -> dict[str, Any]:
        """Return an action.

        Raises:
            UnknownActionError: there is none of that id.
        """
        for item in self._table.query(ACTION):
            if item["id"] == action_id:
                return _shown(item)
        raise UnknownActionError(f"action must be one that `actions` lists, got {show(action_id)}")


def _shown(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in {"pk", "sk"}}


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return moment_text(value)
        case date() | Period() | Path():
            return str(value)
        case list() | tuple():
            return [_plain(inner) for inner in value]
        case _:
            return value
