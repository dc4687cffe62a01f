"""The syntax of metric math: text to a tree."""

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|(?P<text>"[^"]*"|'[^']*')|(?P<word>[A-Za-z]\w*)"""
    r"""|(?P<sign>==|!=|<=|>=|&&|\|\||[-+*/^<>()\[\],]))"""
)
_LEVELS: Final = (
    {"OR": "OR", "||": "OR"},
    {"AND": "AND", "&&": "AND"},
    {sign: sign for sign in ("==", "!=", "<=", ">=", "<", ">")},
    {"+": "+", "-": "-"},
    {"*": "*", "/": "/"},
)
"""Binary operators, those that bind least first."""
_WORDS: Final = {"AND", "OR"}


class ExpressionError(ValueError):
    """An expression that is none; the message says what it stumbled upon."""


@dataclass(frozen=True)
class Number:
    """A scalar."""

    value: float


@dataclass(frozen=True)
class Text:
    """A quoted string."""

    value: str


@dataclass(frozen=True)
class Reference:
    """The id of a metric or of another expression, or a word such as REPEAT."""

    name: str


@dataclass(frozen=True)
class Array:
    """`[m1, m2]`."""

    items: tuple["Node", ...]


@dataclass(frozen=True)
class Call:
    """A function, or an operator by its sign: `-` with one argument is the unary one."""

    name: str
    arguments: tuple["Node", ...]


Node: TypeAlias = Number | Text | Reference | Array | Call


def parse(expression: str) -> Node:
    """Read an expression.

    Raises:
        ExpressionError: it is none.
    """
    parser = _Parser(_tokens(expression), expression)
    node = parser.level(0)
    parser.end()
    return node


def references(node: Node) -> list[str]:
    """Give the ids that a tree names, in order, each once."""
    match node:
        case Reference(name):
            return [name] if name[0].islower() else []
        case Array(items) | Call(_, items):
            return list(dict.fromkeys(name for item in items for name in references(item)))
    return []


def _tokens(expression: str) -> list[tuple[str, str]]:
    found, position, text = [], 0, expression.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ExpressionError(f"Error in expression {expression!r}: Unexpected character at {position}")
        kind = match.lastgroup or ""
        found.append((kind, match[kind]))
        position = match.end()
    return found


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]], expression: str) -> None:
        self._tokens, self._at, self._expression = tokens, 0, expression

    def level(self, number: int) -> Node:
        """Read what binds at least as tightly as a level of operators."""
        if number == len(_LEVELS):
            return self._power()
        node = self.level(number + 1)
        while (sign := self._peek()) in _LEVELS[number]:
            self._at += 1
            node = Call(_LEVELS[number][sign], (node, self.level(number + 1)))
        return node

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise self._stumbled()

    def _power(self) -> Node:
        node = self._unary()
        if self._peek() == "^":
            self._at += 1
            return Call("^", (node, self._power()))
        return node

    def _unary(self) -> Node:
        if self._peek() == "-":
            self._at += 1
            return Call("-", (self._unary(),))
        return self._primary()

    def _primary(self) -> Node:
        if self._at >= len(self._tokens):
            raise self._stumbled()
        kind, text = self._tokens[self._at]
        self._at += 1
        if kind == "number":
            return Number(float(text))
        if kind == "text":
            return Text(text[1:-1])
        if kind == "word" and text not in _WORDS:
            if self._peek() != "(":
                return Reference(text)
            self._at += 1
            return Call(text, self._list(")"))
        if text == "(":
            node = self.level(0)
            self._take(")")
            return node
        if text == "[":
            return Array(self._list("]"))
        self._at -= 1
        raise self._stumbled()

    def _list(self, closing: str) -> tuple[Node, ...]:
        items: list[Node] = []
        while self._peek() != closing:
            if items:
                self._take(",")
            items.append(self.level(0))
        self._at += 1
        return tuple(items)

    def _peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _take(self, sign: str) -> None:
        if self._peek() != sign:
            raise self._stumbled()
        self._at += 1

    def _stumbled(self) -> ExpressionError:
        shown = self._peek() or "the end"
        return ExpressionError(f"Error in expression {self._expression!r}: Unexpected {shown}")
