"""An S3 client over objects in memory, with what `error_bucket` uses of it."""

import base64
import gzip
import io
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

UPLOADED = datetime(2026, 10, 7, tzinfo=UTC)


class FakeS3:
    """Buckets of objects; `page_size` is how many are listed at once."""

    def __init__(self, **buckets: Mapping[str, bytes]) -> None:
        self.buckets = {name: dict(objects) for name, objects in buckets.items()}
        self.page_size = 2
        self.read: list[str] = []
        self.denied = False

    def get_paginator(self, operation: str) -> "FakeS3":
        assert operation == "list_objects_v2"
        if self.denied:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "ListObjectsV2")
        return self

    def paginate(self, *, Bucket: str) -> Iterator[dict[str, Any]]:  # noqa: N803 - AWS's name
        objects = sorted(self.buckets[Bucket].items(), key=lambda one: one[0].encode())
        entries = [{"Key": key, "Size": len(body), "LastModified": UPLOADED} for key, body in objects]
        for start in range(0, len(entries), self.page_size):
            yield {"Contents": entries[start : start + self.page_size]}
        if not entries:
            yield {}  # as S3 answers for an empty bucket

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        self.read.append(Key)
        if Key not in self.buckets[Bucket]:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": Key}}, "GetObject")
        return {"Body": io.BytesIO(self.buckets[Bucket][Key])}


def line(raw: bytes, arrived_ms: int, code: str = "Lambda.FunctionTimedOut") -> dict[str, Any]:
    """Give a record as Firehose puts it aside."""
    return {
        "attemptsMade": 4,
        "arrivalTimestamp": arrived_ms,
        "errorCode": code,
        "errorMessage": "said so",
        "attemptEndingTimestamp": arrived_ms + 9000,
        "rawData": base64.b64encode(raw).decode(),
        "lambdaArn": "arn:aws:lambda:us-east-1:000000000000:function:f",
    }


def body(*lines: Mapping[str, Any], packed: bool = False) -> bytes:
    """Give an object of records."""
    text = "".join(json.dumps(one) + "\n" for one in lines).encode()
    return gzip.compress(text) if packed else text
