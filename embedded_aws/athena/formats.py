"""Joda's date patterns, which format_datetime and parse_datetime take, as DuckDB's."""

import re

from sqlglot import exp

from embedded_aws.athena.errors import QueryError

_LETTERS = {
    "yyyy": "%Y", "YYYY": "%Y", "yy": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "M": "%-m", "dd": "%d", "d": "%-d",
    "EEEE": "%A", "EEE": "%a", "HH": "%H", "H": "%-H", "hh": "%I", "h": "%-I", "mm": "%M", "m": "%-M", "ss": "%S",
    "s": "%-S", "SSS": "%g", "a": "%p", "DDD": "%j",
}  # fmt: skip
_TOKEN = re.compile(r"'((?:[^']|'')*)'|(([A-Za-z])\3*)|([^A-Za-z']+)")


def joda(name: str, arguments: list[exp.Expr]) -> exp.Expr:
    """Write format_datetime or parse_datetime for DuckDB.

    Raises:
        QueryError: the pattern is no literal, or has a letter that is not known here.
    """
    value, pattern = arguments
    if not (isinstance(pattern, exp.Literal) and pattern.is_string):
        raise QueryError("NOT_SUPPORTED", f"the embedded AWS takes a literal pattern only in {name}")
    translated = exp.Literal.string(_translated(pattern.name))
    if name == "format_datetime":
        made: exp.Expr = exp.Anonymous(this="strftime", expressions=[value, translated])
    else:
        parsed = exp.Anonymous(this="strptime", expressions=[value, translated])
        made = exp.Anonymous(this="timezone", expressions=[exp.Literal.string("UTC"), parsed])
    return made


def _translated(pattern: str) -> str:
    made = ""
    for quoted, letters, _, other in _TOKEN.findall(pattern):
        if letters and letters not in _LETTERS:
            raise QueryError("NOT_SUPPORTED", f"the embedded AWS does not know {letters!r} in the pattern {pattern!r}")
        made += _LETTERS.get(letters, "") or (quoted or other).replace("''", "'").replace("%", "%%")
    return made
