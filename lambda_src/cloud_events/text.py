"""Strings as attributes may have them, and the names of attributes."""

import re

from cloud_events.numbers import Number

_PLANES = range(17)
_NONCHARACTERS = "\ufdd0-\ufdef" + "".join(chr(plane << 16 | last) for plane in _PLANES for last in (0xFFFE, 0xFFFF))
_FORBIDDEN = re.compile(f"[\x00-\x1f\x7f-\x9f\ud800-\udfff{_NONCHARACTERS}]")
_NAME = re.compile("[a-z0-9]+")


def is_text(value: object) -> bool:
    """Tell whether a JSON value is a string."""
    return isinstance(value, str) and not isinstance(value, Number)


def is_name(name: str) -> bool:
    """Tell whether an attribute may be named so: lower-case ASCII letters and digits."""
    return _NAME.fullmatch(name) is not None


def problem_with(text: str) -> str | None:
    """Return what the specification forbids in a string, such as `U+0007 at place 3`; None if there is nothing."""
    match = _FORBIDDEN.search(text)
    return f"U+{ord(match.group()):04X} at place {match.start() + 1}" if match else None
