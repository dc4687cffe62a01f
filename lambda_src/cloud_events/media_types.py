"""Media types by the grammar of RFC 2045 and 2046."""

import re
from dataclasses import dataclass

_TOKEN = r"[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]+"  # noqa: S105 - the grammar's word
_VALUE = rf'{_TOKEN}|"(?:[^"\\]|\\.)*"'
_PARAMETER = re.compile(rf"[ \t]*;[ \t]*({_TOKEN})=({_VALUE})")
_EMPTY_PARAMETER = re.compile(r"[ \t]*;[ \t]*")
_TYPE = re.compile(rf"({_TOKEN})/({_TOKEN})")
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class MediaType:
    """A media type; what is the same in any case is in lower case."""

    name: str
    """Type and subtype, such as `application/json`."""
    parameters: tuple[tuple[str, str], ...]
    """Names, in lower case, and values, in order."""

    @property
    def is_json(self) -> bool:
        """Whether it says of content that it is JSON: `*/json` or `*/*+json`."""
        subtype = self.name.partition("/")[2]
        return subtype == "json" or subtype.endswith("+json")


def parse_media_type(text: str, *, in_header: bool = False) -> MediaType | None:
    """Return what a text says; None if it is no media type.

    Args:
        text: the whole of it.
        in_header: whether HTTP's rules hold, by which parameters may be empty, as after a `;` at the end (RFC 9110,
            section 5.6.6).
    """
    match = _TYPE.match(text)
    if match is None:
        return None
    parameters, at = [], match.end()
    while at < len(text):
        parameter = _PARAMETER.match(text, at)
        if parameter is None:
            empty = _EMPTY_PARAMETER.match(text, at) if in_header else None
            if empty is None:
                return None
            at = empty.end()
            continue
        name, value = parameter.groups()
        parameters.append((name.lower(), _ESCAPED.sub(r"\1", value[1:-1]) if value.startswith('"') else value))
        at = parameter.end()
    return MediaType(match.group().lower(), tuple(parameters))
