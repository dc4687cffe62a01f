"""An error bucket: its objects, and the failed records in them, each with Firehose's reason and its original bytes."""

import binascii
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from error_bucket.as_put import as_put

_STAMP = re.compile(r"(?<![0-9])[0-9]{4}(?:-[0-9]{2}){5}(?![0-9])")
_GZIP_MAGIC = b"\x1f\x8b"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


LONGEST_LINE = 4 * 1024 * 1024
"""Bytes: a record has 1,000 KiB at most, which are 1,334 in base64, and what Firehose says of it is short."""


class ErrorObjectError(ValueError):
    """An object is none of Firehose's; the message names it, the line and the rule, and nothing of its content."""


@dataclass(frozen=True, slots=True)
class ErrorObject:
    """One object of failed records."""

    key: str
    written: datetime
    """When Firehose began it, by the stamp in its name; when S3 took it, if it has none."""
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class FailedRecord:
    """A record that became no row."""

    code: str
    """Firehose's or the transform's, such as `Lambda.FunctionTimedOut`."""
    message: str
    attempts: int
    """How often Firehose tried."""
    arrived: datetime
    """When it came to the stream; a replay has an arrival of its own."""
    raw: bytes
    """The record as it was put, also where Firehose kept the row that the transform had made of it."""


class ErrorBucket:
    """An error bucket.

    Args:
        s3: client of boto3, for S3.
        bucket: its name.
    """

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3, self.name = s3, bucket

    def objects(self, since: datetime | None = None, until: datetime | None = None) -> Iterator[ErrorObject]:
        """Yield the objects in the order of their keys, page by page.

        Args:
            since: only those that were written then or later.
            until: only those that were written before.
        """
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.name):
            for entry in page.get("Contents", ()):
                written = _stamp(entry["Key"]) or entry["LastModified"].astimezone(UTC)
                if (since is None or since <= written) and (until is None or written < until):
                    yield ErrorObject(entry["Key"], written, entry["Size"])

    def records(self, key: str) -> Iterator[FailedRecord]:
        """Yield the records of an object, one at a time: it is never held as a whole.

        Raises:
            ErrorObjectError: the object is none of Firehose's.
        """
        place = f"object {key} of {self.name}"
        body = io.BufferedReader(_Content(self._s3.get_object(Bucket=self.name, Key=key)["Body"]))
        packed = body.peek(len(_GZIP_MAGIC)).startswith(_GZIP_MAGIC)
        with body, gzip.open(body) if packed else body as lines:
            try:
                for number, line in enumerate(iter(partial(lines.readline, LONGEST_LINE + 1), b""), 1):
                    if len(line) > LONGEST_LINE:
                        raise ErrorObjectError(f"{place}, line {number}: must be at most {LONGEST_LINE} bytes")
                    if line.strip():
                        yield _record(line, f"{place}, line {number}")
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise ErrorObjectError(f"{place}: must be whole if it is packed: {error}") from None


class _Content(io.RawIOBase):
    """An object's content as a file: of what S3's client gives, only `read` is needed."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        part: bytes = self._body.read(len(buffer))
        buffer[: len(part)] = part
        return len(part)


def _stamp(key: str) -> datetime | None:
    """Return the time in an object's name, which is `<stream>-<version>-<time>-<random>`."""
    for text in reversed(_STAMP.findall(key.rpartition("/")[2])):
        try:
            return datetime.strptime(text, "%Y-%m-%d-%H-%M-%S").replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def _record(line: bytes, place: str) -> FailedRecord:
    try:
        entry = json.loads(line)
        return FailedRecord(
            str(entry["errorCode"]),
            str(entry["errorMessage"]),
            int(entry["attemptsMade"]),
            _EPOCH + timedelta(milliseconds=int(entry["arrivalTimestamp"])),
            as_put(binascii.a2b_base64(entry["rawData"], strict_mode=True)),
        )
    except (KeyError, OverflowError, RecursionError, TypeError, ValueError) as error:
        raise ErrorObjectError(f"{place}: must be one of Firehose's error records: {type(error).__name__}") from None
