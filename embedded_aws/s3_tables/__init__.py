"""S3 Tables: names by AWS's rules, deletes that refuse what is not empty, and the reads that ministack lacks.

What a table is made of stands in `tables.py` and `metadata.py`.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import unquote

from embedded_aws import hooks
from embedded_aws.s3_tables import names, tables
from embedded_aws.s3_tables.authorization import install as install_authorization
from embedded_aws.s3_tables.tables import Answer
from embedded_aws.server import EmbeddedAws

_S3TABLES = hooks.use(
    "ministack.services.s3tables",
    "_create_namespace",
    "_create_table_bucket",
    "_delete_namespace",
    "_delete_table_bucket",
    "_existing_bucket_arn",
    "_get_table_metadata_location",
    "_namespaces",
    "_table_buckets",
    "_tables",
    "handle_request",
)
_RESPONSES = hooks.use("ministack.core.responses", "error_response_json", "json_response")
_S3 = hooks.use("ministack.services.s3", "_list_buckets")
_LISTED_BUCKET = re.compile(rb"<Bucket><Name>([^<]*)</Name>.*?</Bucket>")

_READS_OF_NOTHING = {
    "/table-bucket-replication": ("NotFoundException", "The specified replication configuration does not exist.", 404),
    "/table-replication": ("NotFoundException", "The specified replication configuration does not exist.", 404),
    "/replication-status": ("NotFoundException", "The specified replication configuration does not exist.", 404),
    "/table-record-expiration": (
        "MethodNotAllowedException",
        "Record expiration is not supported for this type of table.",
        405,
    ),
}
"""Reads that ministack does not know: path -> how AWS answers for a table or bucket that has none."""


def install(aws: EmbeddedAws) -> None:  # noqa: ARG001 - every part has this signature
    """Put this part in place."""
    tables.install()
    install_authorization()
    _S3TABLES._create_table_bucket = _named(
        _S3TABLES._create_table_bucket,
        lambda data: names.is_bucket_name(data.get("name", "")),
        "The specified bucket name isn't valid. Specify a different bucket name, and then try again.",
    )
    _S3TABLES._create_namespace = _named(
        _S3TABLES._create_namespace,
        lambda data: all(names.is_namespace_name(name) for name in data.get("namespace") or [""]),
        "The specified namespace name is not valid.",
    )
    _S3TABLES._delete_namespace = _only_empty(
        _S3TABLES._delete_namespace,
        lambda arn, namespace: _any_in(_S3TABLES._tables, f"{arn}\x00{namespace}\x00"),
        "The namespace that you tried to delete is not empty. Delete its tables, and then try again.",
    )
    _S3TABLES._delete_table_bucket = _only_empty(
        _S3TABLES._delete_table_bucket,
        lambda arn: _any_in(_S3TABLES._namespaces, f"{arn}\x00"),
        "The bucket that you tried to delete is not empty. Delete its tables and namespaces, and then try again.",
    )
    _S3TABLES._get_table_metadata_location = _get_metadata_location
    _S3TABLES.handle_request = _with_missing_reads(_S3TABLES.handle_request)
    _S3._list_buckets = _without_table_buckets(_S3._list_buckets)


def _named(
    create: Callable[..., Answer], is_valid: Callable[[dict[str, Any]], bool], message: str
) -> Callable[..., Answer]:
    """Wrap a create operation, whose last argument is the request's body, with the check of the name in it."""

    def checked(*args: Any) -> Answer:
        return create(*args) if is_valid(args[-1]) else _error("BadRequestException", message, 400)

    return checked


def _only_empty(
    delete: Callable[..., Answer], has_children: Callable[..., bool], message: str
) -> Callable[..., Answer]:
    """Wrap a delete operation, whose first argument is the table bucket's ARN, so that it refuses what has children."""

    def checked(bucket: str, *args: str) -> Answer:
        arn = _S3TABLES._existing_bucket_arn(bucket)
        if arn and has_children(arn, *args):
            return _error("ConflictException", message, 409)
        return delete(bucket, *args)

    return checked


def _any_in(store: Mapping[str, Any], prefix: str) -> bool:
    return any(key.startswith(prefix) for key in store)


def _get_metadata_location(bucket: str, namespace: str, name: str) -> Answer:
    table = tables.get(_S3TABLES._existing_bucket_arn(bucket) or "", namespace, name)
    if table is None:
        return _error("NotFoundException", "The specified table does not exist.", 404)
    shown = ("versionToken", "metadataLocation", "warehouseLocation")
    answer: Answer = _RESPONSES.json_response({key: table[key] for key in shown if table[key]})
    return answer


def _with_missing_reads(handle: Callable[..., Awaitable[Answer]]) -> Callable[..., Awaitable[Answer]]:
    """Wrap the service: answer the reads that ministack does not know, and GetTable by ARN."""

    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Answer:
        if method == "GET" and path in _READS_OF_NOTHING:
            return _error(*_READS_OF_NOTHING[path])
        if path == "/get-table" and query.get("tableArn"):
            arn = query["tableArn"]
            table = tables.find(unquote(arn[0] if isinstance(arn, list) else arn))
            if table is None:
                return _error("NotFoundException", "The specified table does not exist.", 404)
            query = {
                "tableBucketARN": [table["tableBucketARN"]],
                "namespace": table["namespace"],
                "name": [table["name"]],
            }
        return await handle(method, path, headers, body, query)

    return handle_request


def _without_table_buckets(list_buckets: Callable[..., Answer]) -> Callable[..., Answer]:
    """Wrap S3's ListBuckets: ministack keeps a table bucket's files in a bucket of S3, which AWS does not list."""

    def listed(*args: Any) -> Answer:
        status, headers, body = list_buckets(*args)

        def keep(match: re.Match[bytes]) -> bytes:
            return b"" if match[1].decode() in _S3TABLES._table_buckets else match[0]

        return status, headers, _LISTED_BUCKET.sub(keep, body)

    return listed


def _error(code: str, message: str, status: int) -> Answer:
    answer: Answer = _RESPONSES.error_response_json(code, message, status)
    return answer
