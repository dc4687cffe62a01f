"""Read JSON objects key by key and collect all that is wrong with them, each fault by its path."""

import re
import unicodedata
from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from rating.exact import ZERO, NumberError, parse_number, show
from rating.period import parse_day

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_LONGEST_TEXT = 200
_CATEGORY = unicodedata.category
_NO_TEXT = {"Cc", "Cs", "Zl", "Zp"}  # control characters, halves of a character, ends of lines and paragraphs

T = TypeVar("T")


class FormError(ValueError):
    """A document is not of its form.

    Attributes:
        problems: every fault, as `path: rule, got value`.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


class Form:
    """One JSON object whose keys are asked for one by one; what nobody asked for is unknown.

    A key that is null is as good as absent. A faulty value is reported and stood in for (by zero, an empty text, the
    first of all days), so that the reader can go on to the next fault. Of what is no object only that is reported.
    """

    def __init__(self, value: Any, path: str, problems: list[str]) -> None:
        self.path = path
        self.problems = problems
        self._asked: set[str] = set()
        self._value: dict[str, Any] = value if isinstance(value, dict) else {}
        self._silent = False
        if not isinstance(value, dict):
            self.refuse("", f"must be an object, got {show(value)}")
            self._silent = True

    def at(self, key: str) -> str:
        """Return the path of a key."""
        return f"{self.path}.{key}" if self.path and key else self.path or key

    def refuse(self, key: str, problem: str) -> None:
        """Report a fault of a key; the empty key is the object itself."""
        path = self.at(key)
        if not self._silent:
            self.problems.append(f"{path}: {problem}" if path else problem)

    def has(self, key: str) -> bool:
        """Tell whether a key is there, be it null."""
        return key in self._value

    def get(self, key: str) -> Any:
        """Return the value of a key as it is; None if it is absent."""
        self._asked.add(key)
        return self._value.get(key)

    def optional(self, key: str, *, positive: bool = False) -> Decimal | None:
        """Return the number of a key, which must not be negative (with `positive`: nor zero); None if absent."""
        value = self.get(key)
        return None if value is None else self._number(key, value, positive=positive)

    def number(self, key: str, *, positive: bool = False) -> Decimal:
        """Return the number of a key that must be there, else as `optional`."""
        value = self.get(key)
        if value is None:
            self.refuse(key, "missing, must be a number as a string")
            return ZERO
        return self._number(key, value, positive=positive)

    def whole(self, key: str) -> int | None:
        """Return the whole number of a key, not negative; None if absent."""
        number = self.optional(key)
        if number is None:
            return None
        if number != number.to_integral_value():
            self.refuse(key, f"must be a whole number, got {show(self._value[key])}")
        return int(number)

    def text(self, key: str) -> str:
        """Return the text of a key that must be there, else as `optional_text`."""
        return self.optional_text(key) or self._missing(key, "text", "")

    def optional_text(self, key: str) -> str | None:
        """Return the text of a key, one line of 1 to 200 characters; None if absent."""
        value = self.get(key)
        return None if value is None else self._text(self.at(key), value)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the texts of a list; none if absent."""
        return tuple(self._text(path, value) for path, value in self._items(key))

    def flag(self, key: str) -> bool:
        """Return whether a key is true; false if absent."""
        value = self.get(key)
        if value is not None and not isinstance(value, bool):
            self.refuse(key, f"must be true or false, got {show(value)}")
        return value is True

    def day(self, key: str) -> date:
        """Return the day of a key that must be there, else as `optional_day`."""
        return self.optional_day(key) or self._missing(key, "a day such as 2026-10-01", date.min)

    def optional_day(self, key: str) -> date | None:
        """Return the day of a key; None if absent."""
        value = self.get(key)
        if value is None:
            return None
        try:
            return parse_day(value)
        except ValueError as error:
            self.refuse(key, str(error))
            return date.min

    def name(self, key: str) -> str:
        """Return the name of a key that must be there: a lower-case letter, then letters, digits, `_` and `-`."""
        value = self.get(key)
        if value is None:
            return self._missing(key, "a name", "")
        self._check_name(self.at(key), value)
        return value if isinstance(value, str) else ""

    def choice(self, key: str, options: Collection[str], *, default: str | None = None) -> str | None:
        """Return which of the options a key names, the default if absent; None, which is reported, if it names none.

        Without any option nothing is reported: that there is none must have been.
        """
        value = self.get(key)
        if value is None and default is not None:
            value = default
        if isinstance(value, str) and value in options:
            return value
        if options:
            self.refuse(key, f"must be one of {', '.join(options)}, got {show(value)}")
        return None

    def objects(self, key: str) -> list["Form"]:
        """Return the objects of a list; none if absent."""
        return [Form(value, path, self.problems) for path, value in self._items(key)]

    def named_objects(self, key: str) -> dict[str, "Form"]:
        """Return the objects of an object, sorted by their names; there must be at least one."""
        value = self.get(key)
        if not isinstance(value, dict) or not value:
            self.refuse(key, f"must be an object with at least one name, got {show(value)}")
            return {}
        for name in value:
            self._check_name(f"{self.at(key)}.{name}", name)
        names = sorted(name for name in value if isinstance(name, str))
        return {name: Form(value[name], f"{self.at(key)}.{name}", self.problems) for name in names}

    def finish(self) -> None:
        """Report every key that nobody asked for."""
        for key in self._value:
            if key not in self._asked:
                self.refuse("", f"unknown key {show(key)}")

    def _missing(self, key: str, what: str, stand_in: T) -> T:
        if self.get(key) is None:
            self.refuse(key, f"missing, must be {what}")
        return stand_in

    def _items(self, key: str) -> list[tuple[str, Any]]:
        value = self.get(key)
        if value is not None and not isinstance(value, list):
            self.refuse(key, f"must be a list, got {show(value)}")
            return []
        return [(f"{self.at(key)}[{number}]", item) for number, item in enumerate(value or [])]

    def _text(self, path: str, value: Any) -> str:
        if not isinstance(value, str):
            fault = f"must be text, which a number or a date is only in quotes, got {show(value)}"
        elif not value.strip() or len(value) > _LONGEST_TEXT or not _NO_TEXT.isdisjoint(map(_CATEGORY, value)):
            fault = f"must be one line of 1 to {_LONGEST_TEXT} characters, got {show(value)}"
        else:
            return value
        self.problems.append(f"{path}: {fault}")
        return ""

    def _check_name(self, path: str, value: Any) -> None:
        if not isinstance(value, str) or not _NAME.fullmatch(value):
            rule = "must be a lower-case letter, then at most 63 of lower-case letters, digits, _ and -"
            self.problems.append(f"{path}: {rule}, got {show(value)}")

    def _number(self, key: str, value: Any, *, positive: bool) -> Decimal:
        try:
            number = parse_number(value)
        except NumberError as error:
            self.refuse(key, str(error))
            return ZERO
        if number < ZERO or (positive and not number):
            self.refuse(key, f"must be {'above zero' if positive else 'zero or more'}, got {show(value)}")
            return ZERO
        return number
