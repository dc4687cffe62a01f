"""JSON with every number as it is: `json` writes no Decimal, and would take a NaN."""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from math import isfinite


class NotJsonError(ValueError):
    """JSON has no such value; the message names its place, the rule and the value."""


def to_json(value: object, place: str) -> str:
    """Return compact JSON text.

    Args:
        value: text, numbers (int, Decimal and float), booleans, None, and lists, tuples and mappings of them. A float
            is written as Python shows it, `0.1` as 0.1; a Decimal with all of its digits.
        place: what errors call the value.

    Raises:
        NotJsonError: something in the value is nothing of these, is no finite number, is no Unicode text or is nested
            too deeply.
    """
    try:
        return "".join(_written(value, place))
    except RecursionError:
        raise NotJsonError(f"{place}: must be nested less deeply, or holds itself") from None


def _written(value: object, place: str) -> Iterator[str]:
    match value:
        case None | bool():
            yield {None: "null", True: "true", False: "false"}[value]
        case str():
            yield _text(value, place)
        case int() | float() | Decimal():
            yield _number(value, place)
        case Mapping():
            yield "{"
            for number, (name, member) in enumerate(value.items()):
                if not isinstance(name, str):
                    raise NotJsonError(f"{place}: a name must be text, is {type(name).__name__}")
                yield f"{',' if number else ''}{_text(name, place)}:"
                yield from _written(member, f"{place}.{name}")
            yield "}"
        case list() | tuple():
            yield "["
            for number, element in enumerate(value):
                yield "," if number else ""
                yield from _written(element, f"{place}[{number}]")
            yield "]"
        case _:
            raise NotJsonError(f"{place}: must be a value that JSON has, is {type(value).__name__}")


def _number(value: float | Decimal, place: str) -> str:
    if isinstance(value, int):
        try:
            return int.__repr__(value)  # of a subclass, such as an enumeration's, too
        except ValueError:  # Python writes no more than some thousand digits
            raise NotJsonError(f"{place}: must be a number of fewer digits") from None
    if not (isfinite(value) if isinstance(value, float) else value.is_finite()):
        raise NotJsonError(f"{place}: must be a finite number, is {value}")
    return float.__repr__(value) if isinstance(value, float) else str(value)


def _text(value: str, place: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise NotJsonError(f"{place}: must be Unicode text, has a lone surrogate") from None
    return json.dumps(value, ensure_ascii=False)
