"""A stage's access log line: which formats are allowed, and a format filled with what is known of a request."""

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from json.encoder import encode_basestring
from typing import Any

ABSENT = "-"
"""How a variable without a value is written."""
FORMAT_LIMIT = 3072
"""Bytes that a format may have (3 KB)."""

_VARIABLE = re.compile(r"\$context((?:\.[A-Za-z][A-Za-z0-9_]*|\['[^']+'\])+)")
_STEP = re.compile(r"\.([A-Za-z][A-Za-z0-9_]*)|\['([^']+)'\]")
_QUOTE = re.compile(r'(?<!\\)"')


@dataclass(frozen=True)
class _Variable:
    path: tuple[str, ...]
    quoted: bool  # it stands inside a JSON string


def problem(line_format: str) -> str | None:
    """Say why API Gateway refuses a format; None if it takes it."""
    if "\n" in line_format.removesuffix("\n") or "\r" in line_format:
        return (
            "Access Log format must be single line, new line character is allowed only at end of the format: "
            f"{line_format!r}"
        )
    size = len(line_format.encode())
    if size > FORMAT_LIMIT:
        return f"Access Log format must have at most {FORMAT_LIMIT} bytes: it has {size}"
    names = {part.path for part in _parse(line_format) if isinstance(part, _Variable)}
    if not names & {("requestId",), ("extendedRequestId",)}:
        return (
            f"Access Log format must contain at least $context.requestId or $context.extendedRequestId: {line_format!r}"
        )
    return None


def render(line_format: str, context: Mapping[str, Any]) -> str:
    """Fill a format.

    Args:
        line_format: text with variables `$context.a.b` or `$context.a['b:c']`.
        context: the values, nested as the variables' names are.

    Returns:
        The line. A variable without a value, or one that names a group of values, is `-`. Inside double quotes a value
        is escaped as JSON escapes it, so that no value can end its string.
    """
    return "".join(
        part if isinstance(part, str) else _text(part, _look_up(context, part.path)) for part in _parse(line_format)
    )


@functools.lru_cache(maxsize=256)
def _parse(line_format: str) -> tuple[str | _Variable, ...]:
    parts: list[str | _Variable] = []
    end, quotes = 0, 0
    for match in _VARIABLE.finditer(line_format):
        literal = line_format[end : match.start()]
        quotes += len(_QUOTE.findall(literal))
        path = tuple(dotted or bracketed for dotted, bracketed in _STEP.findall(match.group(1)))
        parts += [literal, _Variable(path, quoted=quotes % 2 == 1)]
        end = match.end()
    return (*parts, line_format[end:])


def _look_up(context: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = context
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _text(variable: _Variable, value: Any) -> str:
    if value is None or isinstance(value, Mapping):
        return ABSENT
    text = json.dumps(value) if isinstance(value, bool) else str(value)
    return encode_basestring(text)[1:-1] if variable.quoted else text
