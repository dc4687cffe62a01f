"""Read JSON objects key by key and collect all that is wrong with them, each fault by its path."""

from decimal import Decimal
from typing import Any

from rating.exact import ZERO, NumberError, parse_number, show


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

    A key that is null is as good as absent. A faulty value is reported and stood in for by zero, so that the reader can
    go on to the next fault.
    """

    def __init__(self, value: Any, path: str, problems: list[str]) -> None:
        self.path = path
        self.problems = problems
        self.raw = value
        self._asked: set[str] = set()
        self._value: dict[str, Any] = value if isinstance(value, dict) else {}
        if not isinstance(value, dict):
            self.refuse("", f"must be an object, got {show(value)}")

    def at(self, key: str) -> str:
        """Return the path of a key."""
        return f"{self.path}.{key}" if self.path and key else self.path or key

    def refuse(self, key: str, problem: str) -> None:
        """Report a fault of a key; the empty key is the object itself."""
        path = self.at(key)
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

    def finish(self) -> None:
        """Report every key that nobody asked for."""
        for key in self._value:
            if key not in self._asked:
                self.refuse("", f"unknown key {show(key)}")

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
