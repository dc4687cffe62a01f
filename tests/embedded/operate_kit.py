"""The operator's commands on the deployed program, in the operator's role; error objects of times long past."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from tests.unit.tools.operate_kit import error_object
from tools import interrupt
from tools.operate import __main__ as operate_main
from tools.operate.stack import OperatorStack
from tools.outputs import StackOutputs

Do = Callable[..., Any]
"""A command as it is typed, and arguments with blanks in them; gives its JSON, or what it says on standard error."""


def typing(stack: OperatorStack, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Do:
    """Let commands be typed; `code` is what they are to end with, None for 0 or 1."""

    def reached(_outputs: Any, _stack: Any, at: datetime | None, as_caller: bool) -> OperatorStack:
        assert not as_caller
        stack._at = at  # its clients are kept: making them takes longer than most commands
        return stack

    monkeypatch.setattr(interrupt, "install", lambda: None)
    monkeypatch.setattr(operate_main, "open_stack", reached)

    def typed(line: str, *arguments: str, code: int | None = 0) -> Any:
        found = operate_main.main([*line.split(), *arguments, "--json"])
        out, err = capfd.readouterr()
        assert found in ({0, 1} if code is None else {code}), out + err
        return json.loads(out) if found < 2 else " ".join(err.split())

    return typed


class ErrorObjects:
    """Error objects of one hour, that nobody else has anything in."""

    def __init__(self, outputs: StackOutputs, hour: str) -> None:
        self._s3, self._outputs, self._hour = outputs.session().client("s3"), outputs, hour
        day, _, of_day = hour.partition("T")
        self.window = f"--since {hour}:00:00Z --until {hour}:59:59Z"
        self._stamp = f"{day}-{of_day}-30-00"
        self.keys = list[tuple[str, str]]()

    def put(self, name: str, *raws: bytes, events: bool = False) -> str:
        """Put an object of records that failed; give its key."""
        bucket = self._outputs.usage_events_error_bucket_name if events else self._outputs.error_bucket_name
        key = f"errors/{self._hour}/stream-1-{self._stamp}-{name}"
        self._s3.put_object(Bucket=bucket, Key=key, Body=error_object(*raws))
        self.keys.append((bucket, key))
        return key

    def remove(self) -> None:
        for bucket, key in self.keys:
            self._s3.delete_object(Bucket=bucket, Key=key)


def error_objects(outputs: StackOutputs, hour: str) -> Iterator[ErrorObjects]:
    """Give error objects that are gone afterwards."""
    made = ErrorObjects(outputs, hour)
    yield made
    made.remove()
