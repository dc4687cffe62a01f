"""CBOR as `smithy-rpc-v2-cbor` uses it: read by botocore, written here in the forms that answers need."""

import io
import struct
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from botocore.parsers import ResponseParserError, RpcV2CBORParser


def read(body: bytes) -> Any:
    """Read a value; times become datetimes, an empty body is an empty map.

    Raises:
        ValueError: it is no CBOR.
    """
    if not body:
        return {}
    parser = RpcV2CBORParser()
    try:
        return parser.parse_data_item(parser.get_peekable_stream_from_bytes(body))
    except (ResponseParserError, struct.error) as error:
        raise ValueError(f"no CBOR: {error}") from error


def written(value: Any) -> bytes:
    """Write a value of texts, numbers, truths, times, lists and maps."""
    out = io.BytesIO()
    _write(out, value)
    return out.getvalue()


def _write(out: io.BytesIO, value: Any) -> None:
    match value:
        case bool():
            out.write(b"\xf5" if value else b"\xf4")
        case int():
            _head(out, 0 if value >= 0 else 1, value if value >= 0 else -1 - value)
        case float():
            out.write(b"\xfb" + struct.pack(">d", value))
        case str():
            encoded = value.encode()
            _head(out, 3, len(encoded))
            out.write(encoded)
        case datetime():
            _head(out, 6, 1)
            _write(out, value.timestamp())
        case Mapping():
            _head(out, 5, len(value))
            for name, item in value.items():
                _write(out, name)
                _write(out, item)
        case list() | tuple():
            _head(out, 4, len(value))
            for item in value:
                _write(out, item)
        case _:
            raise TypeError(f"no CBOR: {type(value).__name__}")


def _head(out: io.BytesIO, major: int, number: int) -> None:
    for code, form, limit in ((24, ">B", 1 << 8), (25, ">H", 1 << 16), (26, ">I", 1 << 32), (27, ">Q", 1 << 64)):
        if number < 24:  # noqa: PLR2004 - CBOR's own limit of a number in the first byte
            out.write(bytes([major << 5 | number]))
            return
        if number < limit:
            out.write(bytes([major << 5 | code]) + struct.pack(form, number))
            return
    raise OverflowError(number)
