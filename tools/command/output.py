"""Where a command's answer goes: tables for people, or JSON for machines."""

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from rich.console import Console, RenderableType

from rating.period import Period


class Output:
    """The answers of one command.

    Args:
        console: to print on.
        as_json: whether to print the values instead of what people read.
    """

    def __init__(self, console: Console, *, as_json: bool = False) -> None:
        self._console, self._as_json = console, as_json

    def show(self, shown: RenderableType, value: Any) -> None:
        """Give an answer.

        Args:
            shown: for people; a text is a line of its own.
            value: the same for machines.
        """
        if self._as_json:
            text = json.dumps(value, indent=2, ensure_ascii=False, default=_plain)
            self._console.file.write(f"{text}\n")
        elif isinstance(shown, str):
            # A whole line, so that it can be copied: the terminal wraps it, if it must.
            self._console.print(shown, soft_wrap=True, highlight=False, markup=False)
        else:
            self._console.print(shown)


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Period):
        return str(value)
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    raise TypeError(f"must be JSON, a date, a period or a whole number, got {value!r}")
