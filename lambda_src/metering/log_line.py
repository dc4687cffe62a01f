"""Read one access-log line into its values, or say why it is refused.

Two readers with one meaning. `read_plain` matches the line against the form that the stage's log format writes: one
pass, no JSON parser. What it does not recognise, it leaves to `read_any`, which alone decides what is right and what is
wrong, in twice the time. A property test holds them together.
"""

import json
import re
from typing import Any

from metering.access_log import ABSENT, FIELDS, VERSION, VERSION_KEY, Field
from metering.failure import Reason, RecordError
from metering.times import EPOCH_MS

Values = dict[str, str]
"""Log key -> value as JSON text, of those that have a value: `"acme"` with its quotes, or `200` without."""

_LOGGED = {field.log_key: field for field in FIELDS if field.log_key}
_KNOWN_KEYS = {VERSION_KEY, *_LOGGED}
_REQUIRED_KEYS = {key for key, field in _LOGGED.items() if field.column and field.column.required}
_NUMBER_TYPES = {
    key: field.column.type for key, field in _LOGGED.items() if field.column and field.column.type != "string"
}

_RANGES = {"int": range(2**31), "long": range(2**63), "timestamptz": EPOCH_MS}
_NUMBER = re.compile(r"0|[1-9][0-9]*")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LONGEST_NUMBER = 19  # digits of 2**63: a longer one is out of any range, and int() need not be asked

# What `_RANGES` certainly holds, as a pattern; a number close to its limit is left to `read_any`.
_PLAIN_NUMBERS = {"int": "0|[1-9][0-9]{0,8}", "long": "0|[1-9][0-9]{0,17}", "timestamptz": "[1-9][0-9]{12}"}
_PLAIN_TEXT = r"[ !#-\[\]-~]+"  # printable ASCII without `"` and `\`


def read(line: str) -> Values:
    """Return the values of a log line.

    Raises:
        RecordError: the line is not a record of this version; `reason` says why.
    """
    return read_plain(line) or read_any(line)


def read_plain(line: str) -> Values | None:
    """Return the values of a line in the log format's own order, without escapes; else None.

    A blank after a colon or comma is allowed, for `json.dumps` and what is built on it write one.
    """
    match = _PLAIN_LINE.fullmatch(line)
    if match is None:
        return None
    return {key: value for key, value in zip(_LOGGED, match.groups(), strict=True) if value}


def read_any(line: str) -> Values:
    """Return the values of any line that is a valid record, in whatever order, spacing and escapes.

    Raises:
        RecordError: the line is not a record of this version; `reason` says why.
    """
    record = _parse_object(line)
    _check_version(record)
    if not record.keys() <= _KNOWN_KEYS:
        raise RecordError(Reason.UNKNOWN_KEY)
    if not all(isinstance(value, str) for value in record.values()):
        raise RecordError(Reason.NOT_A_STRING)
    # An empty value is no value: a key that is "" would make all such requests one, a tenant named "" pays no bill.
    present = {key: record[key] for key in _LOGGED if record.get(key, ABSENT) not in (ABSENT, "")}
    if not present.keys() >= _REQUIRED_KEYS:
        raise RecordError(Reason.MISSING_KEY)
    if _SURROGATE.search("".join(present.values())):  # no UTF-8 can hold it, so neither can a row
        raise RecordError(Reason.LONE_SURROGATE)
    values = {key: _encode(value) for key, value in present.items()}
    for key, number_type in _NUMBER_TYPES.items():
        if key in present:
            _check_number(present[key], number_type)
            values[key] = present[key]
    return values


def _parse_object(line: str) -> dict[str, Any]:
    try:
        record = _DECODER.decode(line)
    except RecordError:
        raise
    except (ValueError, RecursionError):  # RecursionError: a line of nothing but brackets
        raise RecordError(Reason.NOT_JSON) from None
    if not isinstance(record, dict):
        raise RecordError(Reason.NOT_AN_OBJECT)
    return record


def _check_version(record: dict[str, Any]) -> None:
    """Refuse another version first: its keys and values may well have another meaning."""
    if VERSION_KEY not in record:
        raise RecordError(Reason.MISSING_KEY)
    if not isinstance(record[VERSION_KEY], str):
        raise RecordError(Reason.NOT_A_STRING)
    if record[VERSION_KEY] != VERSION:
        raise RecordError(Reason.UNKNOWN_VERSION)


def _check_number(value: str, number_type: str) -> None:
    if not _NUMBER.fullmatch(value):
        raise RecordError(Reason.NOT_A_NUMBER)
    if len(value) > _LONGEST_NUMBER or int(value) not in _RANGES[number_type]:
        raise RecordError(Reason.OUT_OF_RANGE)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):  # whichever the parser would keep, the other was meant as well
        raise RecordError(Reason.DUPLICATE_KEY)
    return record


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


# A bare number is refused whatever it is; as a float a million digits of it cost no more than reading them.
_encode = json.JSONEncoder(ensure_ascii=False).encode
_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_int=float, parse_constant=_refuse_constant)


def _plain_pair(key: str, field: Field) -> str:
    """Return the pattern of `,"key":"value"`; its group is the value as JSON text, unset if there is none."""
    value = f'"({_PLAIN_NUMBERS[_NUMBER_TYPES[key]]})"' if key in _NUMBER_TYPES else f'("{_PLAIN_TEXT}")'
    if field.column and field.column.required:
        return f', ?"{key}": ?(?!"{ABSENT}"){value}'
    return f'(?:, ?"{key}": ?(?:"{ABSENT}"|{value}))?'


_PLAIN_LINE = re.compile(
    f'{{"{VERSION_KEY}": ?"{VERSION}"' + "".join(_plain_pair(key, field) for key, field in _LOGGED.items()) + "}\n*"
)
