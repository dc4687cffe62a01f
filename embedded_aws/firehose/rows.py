"""From a record's JSON to a row of an Iceberg table, by Firehose's rules of which JSON value fits which column type.

Pure, and strict where Firehose is: a value that does not fit fails its own record and no other.
"""

import datetime as dt
import json
import math
import re
import uuid
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyiceberg.schema import Schema

_WHOLE = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
_TIMESTAMP = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?(Z|[+-][0-9:]{5})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_FLOAT_MAX = Decimal("3.4028234663852886e38")
_MICROSECONDS = 6


class BadRowError(Exception):
    """A record is no row of the table; it goes to the error bucket.

    Attributes:
        code: `Iceberg.MissingColumnWithinRecord` is AWS's; AWS documents no code for the others.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = f"Iceberg.{code}"


def row(schema: "Schema", data: bytes) -> dict[str, Any]:
    """Convert a record's JSON object to a row.

    Only first-level keys that are columns count, compared exactly; other keys are skipped.

    Args:
        schema: of the table.
        data: one JSON object, in UTF-8.

    Returns:
        a value, as PyArrow takes it, for every column.

    Raises:
        BadRowError: no JSON object, a required column without a value, or a value that does not fit its column.
    """
    values = _parsed(data)
    converted = {}
    for column in schema.fields:
        value = values.get(column.name)
        if value is None and column.required:
            raise BadRowError("MissingColumnWithinRecord", f"required column {column.name} has no value")
        converted[column.name] = None if value is None else _converted(column.name, str(column.field_type), value)
    return converted


def _parsed(data: bytes) -> dict[str, Any]:
    try:
        values = json.loads(data.decode(), parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError, InvalidOperation) as error:
        raise BadRowError("MalformedRecord", f"not one JSON object: {type(error).__name__}") from error
    if not isinstance(values, dict):
        raise BadRowError("MalformedRecord", f"not one JSON object: {type(values).__name__}")
    return values


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _converted(name: str, iceberg_type: str, value: Any) -> Any:
    kind, _, precision = iceberg_type.partition("(")
    convert = _CONVERTERS.get(kind)
    if convert is None:
        raise BadRowError("SchemaTypeMismatch", f"column {name}: the embedded Firehose writes no {iceberg_type}")
    try:
        return _decimal(value, precision) if kind == "decimal" else convert(value)
    except (ValueError, TypeError, OverflowError, InvalidOperation) as error:
        raise BadRowError(
            "SchemaTypeMismatch", f"column {name}: a {type(value).__name__} that is no {iceberg_type}"
        ) from error


def _number(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal, str)):
        raise TypeError(type(value).__name__)
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise ValueError("no number")
    return Decimal(value)


def _whole(bits: int) -> Callable[[Any], int]:
    def convert(value: Any) -> int:
        if isinstance(value, str) and not _WHOLE.fullmatch(value):
            raise ValueError("no whole number")
        number = _number(value)
        if (
            number.adjusted() > bits
            or number != number.to_integral_value()
            or not -(2 ** (bits - 1)) <= number < 2 ** (bits - 1)
        ):
            raise ValueError("out of range or not whole")
        return int(number)

    return convert


def _double(value: Any) -> float:
    number = float(_number(value))
    if not math.isfinite(number):
        raise ValueError("out of range")
    return number


def _float(value: Any) -> float:
    if abs(_number(value)) > _FLOAT_MAX:
        raise ValueError("out of range")
    return float(_number(value))


def _decimal(value: Any, precision: str) -> Decimal:
    digits, scale = (int(part) for part in precision.rstrip(")").split(","))
    number = _number(value)
    if number.is_zero():
        return Decimal(0).scaleb(-scale)
    if number.adjusted() >= digits - scale:
        raise ValueError("too many digits")
    exact = number.quantize(Decimal(1).scaleb(-scale))
    if exact != number:
        raise ValueError("too many decimals")
    return exact


def _boolean(value: Any) -> bool:
    words = {"true": True, "false": False}
    if isinstance(value, str):
        value = words.get(value.lower())
    if isinstance(value, bool) or (isinstance(value, int) and value in (0, 1)):
        return bool(value)
    raise ValueError("no boolean")


def _string(value: Any) -> str:
    # AWS documents no rule for other scalars in a string column; deployed pipelines show that it writes their text.
    if isinstance(value, (dict, list)):
        raise TypeError(type(value).__name__)
    text = value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    text.encode()  # a lone surrogate is no text
    return text


def _timestamptz(value: Any) -> dt.datetime:
    if isinstance(value, int) and not isinstance(value, bool):
        return _EPOCH + dt.timedelta(microseconds=value)
    found = _TIMESTAMP.fullmatch(value)
    if not found:
        raise ValueError("no timestamp")
    seconds, fraction, zone = found.groups()
    parsed = dt.datetime.fromisoformat(seconds + ("+00:00" if zone in (None, "Z") else zone))
    micros = int((fraction or "0").ljust(_MICROSECONDS, "0")[:_MICROSECONDS])
    return parsed.astimezone(dt.UTC) + dt.timedelta(microseconds=micros)


def _timestamp(value: Any) -> dt.datetime:
    return _timestamptz(value).replace(tzinfo=None)


def _date(value: Any) -> dt.date:
    if isinstance(value, int) and not isinstance(value, bool):
        return _EPOCH.date() + dt.timedelta(days=value)
    if not _DATE.fullmatch(value):
        raise ValueError("no date")
    return dt.date.fromisoformat(value)


def _uuid(value: Any) -> bytes:
    if not isinstance(value, str):
        raise TypeError(type(value).__name__)
    return uuid.UUID(value).bytes


_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "boolean": _boolean,
    "int": _whole(32),
    "long": _whole(64),
    "float": _float,
    "double": _double,
    "decimal": _number,
    "date": _date,
    "timestamp": _timestamp,
    "timestamptz": _timestamptz,
    "string": _string,
    "uuid": _uuid,
}
