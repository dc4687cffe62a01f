"""Which resource a call to S3 Tables is about: ministack reads `*` from most paths, which no tight policy allows."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from embedded_aws.called_resource import authorize_by
from embedded_aws.s3_tables import tables

_BUCKET_ARN = re.compile(r"arn:[a-z-]+:s3tables:[a-z0-9-]+:[0-9]{12}:bucket/[^/]+")


def install() -> None:
    """Tell ministack's authorization the ARN that AWS checks."""
    authorize_by("s3tables", lambda call: resource_arn(call.path, call.query))


def resource_arn(path: str, query: Mapping[str, Any]) -> str:
    """Give the ARN of the table bucket or table that a request's path and query name; `*` if neither does."""
    named = query.get("resourceArn") or query.get("tableArn") or query.get("tableBucketARN") or ""
    text = unquote(named[0] if isinstance(named, list) else named) or unquote(path)
    found = _BUCKET_ARN.search(text)
    if not found:
        return "*"
    bucket_arn, rest = found.group(), text[found.end() :].strip("/").split("/")
    if rest[0] == "table":
        return f"{bucket_arn}/table/{rest[1]}"
    if path == "/get-table":
        rest = [_one(query, "namespace"), _one(query, "name")]
    elif not path.startswith("/tables/") or len(rest) < 2:  # noqa: PLR2004 - namespace and table
        return bucket_arn
    table = tables.get(bucket_arn, rest[0], rest[1])
    return table["tableARN"] if table else f"{bucket_arn}/table/*"


def _one(query: Mapping[str, Any], key: str) -> str:
    value = query.get(key) or ""
    return str(value[0] if isinstance(value, list) else value)
