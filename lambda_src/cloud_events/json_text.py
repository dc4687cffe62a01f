"""JSON read strictly and written exactly: numbers keep their digits, no key is there twice, NaN is no JSON."""

import json
import re
from collections.abc import Callable
from typing import Any

from cloud_events.failure import CloudEventError, Fault, show
from cloud_events.numbers import Number, figure_of

Json = Any
"""None, bool, str, `Number`, a list or a dict of these."""

DEEPEST = 200
"""Levels of lists and objects within each other that data may have. A fixed number: what one function takes must not be
too deep for the next one, whose stack is another."""
LONGEST_NUMBER = 1000
LONGEST_KEY = 10_000
"""Characters. Beyond such limits readers of JSON fail, and a query over many rows would fail with the one."""

PLAIN_DIGITS = 15
PLAIN_PLACES = 12
"""A number of at most so many digits before and after its point is written without exponent: it is what a meter may
read. A longer one stays as it is, or a few characters could become a row of any size."""

_LONE = re.compile("[\ud800-\udfff]")
_BLANKS = re.compile(r"[ \t\n\r]*")
_MARKS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|"|[\[{]+|[\]}]+', re.DOTALL)
_quoted = json.JSONEncoder(ensure_ascii=False).encode


class Scanner:
    """Reads JSON values out of a text, one by one."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.twice: list[str] = []
        """Keys that the value read last has twice, in an object at any depth."""
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object, parse_float=Number, parse_int=Number, parse_constant=_refuse
        )

    def document(self) -> Json:
        """Return the one value of the whole text.

        Raises:
            CloudEventError: it is not JSON, or nested too deep to be read.
        """
        value, end = self.value(self.skip(0))
        self.finish(end)
        return value

    def value(self, at: int) -> tuple[Json, int]:
        """Return the value that begins at a place, and the place after it.

        Raises:
            CloudEventError: there is none, or it is nested too deep to be read.
        """
        self.twice.clear()
        try:
            return self._decoder.raw_decode(self.text, at)
        except RecursionError:
            raise too_deep("body") from None
        except ValueError as error:
            raise CloudEventError(Fault.NOT_JSON, f"body must be JSON: {error}") from None

    def beyond(self, at: int) -> int | None:
        """Return the place after the list or object that begins at a place, by its brackets and nothing else.

        For one that is nested too deep to be read; None if it has no end.
        """
        depth = 0
        for mark in _MARKS.finditer(self.text, at):
            found = mark.group()
            if found == '"':  # a string without end
                return None
            if found[0] in "[{":
                depth += len(found)
            elif found[0] in "]}":
                depth -= len(found)
                if depth <= 0:
                    return mark.end() + depth
        return None

    def skip(self, at: int) -> int:
        """Return the place of the next character that is no blank."""
        match = _BLANKS.match(self.text, at)
        return match.end() if match else at

    def finish(self, at: int) -> None:
        """See to it that nothing but blanks follows.

        Raises:
            CloudEventError: something does.
        """
        if (rest := self.skip(at)) != len(self.text):
            raise CloudEventError(Fault.NOT_JSON, f"body must be JSON: nothing may follow its value (char {rest})")

    def _object(self, pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        members = dict(pairs)
        if len(members) != len(pairs):  # whichever the parser would keep, the other was meant as well
            seen: set[str] = set()
            self.twice += [key for key, _ in pairs if key in seen or seen.add(key)]  # type: ignore[func-returns-value]
        return members


def as_written(value: Json) -> str:
    """Return the text of a value without blanks, its numbers and the order of its keys as they were.

    Raises:
        CloudEventError: it is nested too deep, or has a number or a key that is too long.
    """
    # A lone surrogate, which no UTF-8 can hold, stays the escape that it was.
    return _text(value, str, list).encode("utf-8", "backslashreplace").decode()


def canonical(value: Json) -> str:
    """Return the one text of a value: keys sorted, no blanks, a number with its digits and if possible no exponent.

    A lone surrogate becomes U+FFFD: not every reader takes its escape for JSON.

    Raises:
        CloudEventError: as of `as_written`.
    """
    return _LONE.sub("\ufffd", _text(value, _plain, sorted))


def too_deep(what: str) -> CloudEventError:
    """Return the error of a thing that is nested too deep."""
    return CloudEventError(Fault.TOO_DEEP, f"{what} must not be nested deeper than {DEEPEST} levels")


def _text(value: Json, number: Callable[[str], str], order: Callable[[Any], list[Any]]) -> str:
    parts: list[str] = []
    _write(value, parts.append, number, order, DEEPEST)
    return "".join(parts)


def _write(
    value: Json,
    put: Callable[[str], None],
    number: Callable[[str], str],
    order: Callable[[Any], list[Any]],
    levels: int,
) -> None:
    if isinstance(value, Number):
        _check_length("number", value, LONGEST_NUMBER)
        put(number(value))
    elif isinstance(value, str):
        put(_quoted(value))
    elif value is None or isinstance(value, bool):
        put({None: "null", True: "true", False: "false"}[value])
    elif levels == 0:
        raise too_deep("data")
    elif isinstance(value, list):
        put("[")
        for place, item in enumerate(value):
            put("," if place else "")
            _write(item, put, number, order, levels - 1)
        put("]")
    else:
        put("{")
        for place, key in enumerate(order(value)):
            _check_key(key)
            put(f"{',' * bool(place)}{_quoted(key)}:")
            _write(value[key], put, number, order, levels - 1)
        put("}")


def _check_key(key: str) -> None:
    _check_length("key", key, LONGEST_KEY)
    if _LONE.search(key):  # two of them would be one key once they are U+FFFD
        raise CloudEventError(Fault.BAD_DATA, f"data must have no key with a lone surrogate, got {show(key)}")


def _check_length(what: str, text: str, longest: int) -> None:
    if len(text) > longest:
        rule = f"data must have no {what} of more than {longest} characters"
        raise CloudEventError(Fault.BAD_DATA, f"{rule}, got one of {len(text)}")


def _plain(number: str) -> str:
    if "e" not in number and "E" not in number:
        return number
    figure = figure_of(number)
    if figure is None or figure.before > PLAIN_DIGITS or figure.after > PLAIN_PLACES:
        return number
    return figure.plain


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
