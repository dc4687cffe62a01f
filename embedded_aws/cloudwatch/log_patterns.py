"""Filter patterns of CloudWatch Logs that look into JSON: `{ $.accepted > 0 && $.kind = "a*" }`."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<path>\$(?:\.[\w\-@]+|\[\d+\]|\['[^']*'\]|\["[^"]*"\])+)|(?P<text>"(?:[^"\\]|\\.)*")"""
    r"""|(?P<sign>&&|\|\||!=|>=|<=|[=<>()])|(?P<word>[^\s()&|=<>!"]+))"""
)
_STEP: Final = re.compile(r"""\.([\w\-@]+)|\[(\d+)\]|\['([^']*)'\]|\["([^"]*)"\]""")
_ORDER: Final[dict[str, Callable[[float, float], bool]]] = {
    ">": lambda value, wanted: value > wanted,
    ">=": lambda value, wanted: value >= wanted,
    "<": lambda value, wanted: value < wanted,
    "<=": lambda value, wanted: value <= wanted,
}
_WORDS: Final = {"NULL": None, "TRUE": True, "FALSE": False}

MISSING: Final = object()
"""What a path gives that leads nowhere."""

Test = Callable[[Any], bool]


class PatternError(ValueError):
    """A pattern that is none; `InvalidParameterException`."""


def value_at(path: str, event: Any) -> Any:
    """Give what a selector such as `$.items[0].name` leads to in a JSON value, or `MISSING`."""
    for name, index, single, double in _STEP.findall(path[1:]):
        if index:
            if not isinstance(event, list) or int(index) >= len(event):
                return MISSING
            event = event[int(index)]
        else:
            key = name or single or double
            if not isinstance(event, dict) or key not in event:
                return MISSING
            event = event[key]
    return event


def parsed(message: str) -> Any:
    """Read a log event's message as JSON; `MISSING` if it is none."""
    try:
        return json.loads(message)
    except ValueError:
        return MISSING


def compile_json(pattern: str) -> Test:
    """Make a test of a JSON value from a pattern in braces.

    Raises:
        PatternError: it is none.
    """
    inner = pattern.strip()
    if not (inner.startswith("{") and inner.endswith("}")):
        raise PatternError(f"Invalid metric filter pattern: {pattern}")
    parser = _Parser(_tokens(inner[1:-1], pattern), pattern)
    test = parser.disjunction()
    parser.end()
    return lambda event: event is not MISSING and test(event)


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str


def _tokens(inner: str, pattern: str) -> list[_Token]:
    found, position, text = [], 0, inner.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise PatternError(f"Invalid metric filter pattern: {pattern}")
        kind = match.lastgroup or ""
        found.append(_Token(kind, match[kind]))
        position = match.end()
    return found


class _Parser:
    def __init__(self, tokens: list[_Token], pattern: str) -> None:
        self._tokens, self._at, self._pattern = tokens, 0, pattern

    def disjunction(self) -> Test:
        tests = [self._conjunction()]
        while self._skip("||"):
            tests.append(self._conjunction())
        return lambda event: any(test(event) for test in tests)

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise self._wrong()

    def _conjunction(self) -> Test:
        tests = [self._term()]
        while self._skip("&&"):
            tests.append(self._term())
        return lambda event: all(test(event) for test in tests)

    def _term(self) -> Test:
        if self._skip("("):
            test = self.disjunction()
            if not self._skip(")"):
                raise self._wrong()
            return test
        path = self._take("path").text
        sign = self._next()
        if sign.kind == "sign":
            return self._compared(path, sign.text)
        if sign.text == "IS":
            wanted = self._next().text.upper()
            if wanted not in _WORDS:
                raise self._wrong()
            return lambda event: value_at(path, event) is _WORDS[wanted]
        if sign.text in ("EXISTS", "NOT") and (sign.text == "EXISTS" or self._next().text == "EXISTS"):
            there = sign.text == "EXISTS"
            return lambda event: (value_at(path, event) is not MISSING) == there
        raise self._wrong()

    def _compared(self, path: str, sign: str) -> Test:
        token = self._next()
        if sign in _ORDER:
            wanted, holds = self._number(token), _ORDER[sign]
            return lambda event: _is_number(value_at(path, event)) and holds(float(value_at(path, event)), wanted)
        if sign not in ("=", "!="):
            raise self._wrong()
        equal = _equal_to(token)
        if sign == "=":
            return lambda event: equal(value_at(path, event))
        return lambda event: value_at(path, event) is not MISSING and not equal(value_at(path, event))

    def _number(self, token: _Token) -> float:
        try:
            return float(token.text)
        except ValueError:
            raise self._wrong() from None

    def _skip(self, sign: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at].text == sign:
            self._at += 1
            return True
        return False

    def _take(self, kind: str) -> _Token:
        token = self._next()
        if token.kind != kind:
            raise self._wrong()
        return token

    def _next(self) -> _Token:
        if self._at >= len(self._tokens):
            raise self._wrong()
        self._at += 1
        return self._tokens[self._at - 1]

    def _wrong(self) -> PatternError:
        return PatternError(f"Invalid metric filter pattern: {self._pattern}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _equal_to(token: _Token) -> Test:
    """Give the test for `=`: numbers as numbers, texts with `*` for anything."""
    text = json.loads(token.text) if token.kind == "text" else token.text
    if token.kind != "text":
        try:
            number = float(text)
        except ValueError:
            pass
        else:
            return lambda value: _is_number(value) and float(value) == number
    shape = text.replace("[", "[[]").replace("?", "[?]")  # of fnmatch's signs only the star is one here

    def equal(value: Any) -> bool:
        if value is MISSING or value is None or isinstance(value, dict | list):
            return False
        return fnmatchcase(value if isinstance(value, str) else json.dumps(value), shape)

    return equal
