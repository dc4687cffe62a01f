"""Tables of S3 Tables: created with all that CreateTable says, found by ARN, deleted with their files."""

import json
from collections.abc import Callable
from typing import Any

from embedded_aws import hooks
from embedded_aws.s3_tables import names
from embedded_aws.s3_tables.metadata import InvalidMetadataError, first_metadata

S3TABLES = hooks.use(
    "ministack.services.s3tables",
    "_create_table",
    "_current_iceberg_metadata",
    "_delete_table",
    "_existing_bucket_arn",
    "_find_bucket_by_arn",
    "_iceberg_error",
    "_iceberg_load_table",
    "_namespaces",
    "_ns_key",
    "_table_key",
    "_tables",
    "_update_table_metadata_location",
)
_RESPONSES = hooks.use(
    "ministack.core.responses", "error_response_json", "get_account_id", "json_response", "new_uuid", "now_iso"
)
_S3 = hooks.use("ministack.services.s3", "_buckets", "_delete_object", "_get_object_data", "_put_object")

Answer = tuple[int, dict[str, str], bytes]
"""Status, headers and body, as ministack's services answer."""


def install() -> None:
    """Replace ministack's table operations."""
    S3TABLES._create_table = create_table
    S3TABLES._delete_table = _deleting_files(S3TABLES._delete_table)
    S3TABLES._iceberg_load_table = _refusing_tables_without_schema(S3TABLES._iceberg_load_table)
    S3TABLES._current_iceberg_metadata = _current_metadata
    S3TABLES._update_table_metadata_location = _update_metadata_location


def find(table_arn: str) -> dict[str, Any] | None:
    """Give ministack's record of a table of this account and Region by its ARN."""
    return next((table for table in S3TABLES._tables.values() if table["tableARN"] == table_arn), None)


def get(bucket_arn: str, namespace: str, name: str) -> dict[str, Any] | None:
    """Give ministack's record of a table by its names."""
    table: dict[str, Any] | None = S3TABLES._tables.get(S3TABLES._table_key(bucket_arn, namespace, name))
    return table


def create_table(bucket: str, namespace: str, data: dict[str, Any]) -> Answer:
    """Answer CreateTable.

    Args:
        bucket: ARN of the table bucket.
        namespace: an existing namespace.
        data: the request's body: `name`, `format`, and if given `metadata`, `tags`, `storageClassConfiguration`,
            `encryptionConfiguration`.
    """
    bucket_arn = S3TABLES._existing_bucket_arn(bucket)
    if not bucket_arn:
        return _error("NotFoundException", "The specified bucket does not exist.", 404)
    if S3TABLES._ns_key(bucket_arn, namespace) not in S3TABLES._namespaces:
        return _error("NotFoundException", "The specified namespace does not exist.", 404)
    name = data.get("name", "")
    if not names.is_table_name(name):
        return _error("BadRequestException", "The specified table name is not valid.", 400)
    if get(bucket_arn, namespace, name):
        return _error("ConflictException", "A table with an identical name already exists in the namespace.", 409)
    table_uuid = _RESPONSES.new_uuid()
    location = f"s3://{bucket_arn.rsplit('/', 1)[-1]}/{table_uuid}"  # a table made anew under the name shares no file
    iceberg = (data.get("metadata") or {}).get("iceberg")
    try:
        metadata = first_metadata(iceberg, location=location, table_uuid=table_uuid) if iceberg else None
    except InvalidMetadataError as error:
        return _error("BadRequestException", f"The specified metadata is not valid. {error}", 400)
    table = _record(bucket_arn, namespace, data, location, metadata)
    S3TABLES._tables[S3TABLES._table_key(bucket_arn, namespace, name)] = table
    if metadata:
        _write_metadata(table["metadataLocation"], metadata)
    return _json({"tableARN": table["tableARN"], "versionToken": table["versionToken"]})


def _record(
    bucket_arn: str, namespace: str, data: dict[str, Any], location: str, metadata: dict[str, Any] | None
) -> dict[str, Any]:
    """Make ministack's record of a table; the keys with an underscore are never shown."""
    account, now = _RESPONSES.get_account_id(), _RESPONSES.now_iso()
    fields = metadata["schemas"][0]["fields"] if metadata else []
    return {
        "name": data["name"],
        "type": "customer",
        "tableARN": f"{bucket_arn}/table/{_RESPONSES.new_uuid()}",
        "namespace": [namespace],
        "tableBucketARN": bucket_arn,
        "tableBucketId": S3TABLES._find_bucket_by_arn(bucket_arn)["tableBucketId"],
        "versionToken": _RESPONSES.new_uuid().replace("-", "")[:20],
        "format": data.get("format", "ICEBERG"),
        "createdAt": now,
        "createdBy": account,
        "modifiedAt": now,
        "modifiedBy": account,
        "ownerAccountId": account,
        "metadataLocation": f"{location}/metadata/v0.metadata.json" if metadata else None,
        "warehouseLocation": location,
        "_encryption": data.get("encryptionConfiguration"),
        "_storageClass": data.get("storageClassConfiguration"),
        "_tags": dict(data.get("tags") or {}),
        "_iceberg_metadata": metadata or {},
        "_metadata_version": 0,
        "_schema_fields": fields,
    }


def _deleting_files(delete_table: Callable[[str, str, str], Answer]) -> Callable[[str, str, str], Answer]:
    """Wrap DeleteTable so that the table's files go too, as on AWS."""

    def delete(bucket: str, namespace: str, name: str) -> Answer:
        table = get(S3TABLES._existing_bucket_arn(bucket) or "", namespace, name)
        answer = delete_table(bucket, namespace, name)
        if table:
            s3_bucket, _, prefix = table["warehouseLocation"].removeprefix("s3://").partition("/")
            for key in list((_S3._buckets.get(s3_bucket) or {}).get("objects", {})):
                if key.startswith((f"{prefix}/", f"{namespace}/{name}/")):
                    _S3._delete_object(s3_bucket, key)
        return answer

    return delete


def _refusing_tables_without_schema(load: Callable[..., Answer]) -> Callable[..., Answer]:
    """Wrap the Iceberg REST LoadTable: a table created without metadata is no Iceberg table yet, as on AWS."""

    def load_table(namespace: str, name: str, allow_cross_region: bool, bucket_filter: str | None = None) -> Answer:
        table = get(bucket_filter or "", namespace, name)
        if table and not table["metadataLocation"]:
            message = f"Table {namespace}.{name} has no metadata location"
            answer: Answer = S3TABLES._iceberg_error(message, "NoSuchTableException", 404)
            return answer
        return load(namespace, name, allow_cross_region, bucket_filter)

    return load_table


def _current_metadata(table: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
    """Give a table's metadata and where it lies.

    ministack takes the newest file in the table's metadata folder; the record is the truth here, since nothing else
    commits.
    """
    return table["_iceberg_metadata"], table["metadataLocation"]


def _update_metadata_location(bucket: str, namespace: str, name: str, data: dict[str, Any]) -> Answer:
    table = get(S3TABLES._existing_bucket_arn(bucket) or "", namespace, name)
    if table is None:
        return _error("NotFoundException", "The specified table does not exist.", 404)
    if data.get("versionToken") != table["versionToken"]:
        return _error("ConflictException", "The specified version token does not match the table's.", 409)
    location = data.get("metadataLocation", "")
    s3_bucket, _, key = location.removeprefix("s3://").partition("/")
    content = _S3._get_object_data(s3_bucket, key)
    if content is None:
        return _error("BadRequestException", "The specified metadata location does not exist.", 400)
    token = _RESPONSES.new_uuid().replace("-", "")[:20]
    table.update(
        metadataLocation=location,
        _iceberg_metadata=json.loads(content),
        modifiedAt=_RESPONSES.now_iso(),
        versionToken=token,
    )
    named = {"name": name, "tableARN": table["tableARN"], "namespace": [namespace]}
    return _json({**named, "versionToken": token, "metadataLocation": location})


def _write_metadata(location: str, metadata: dict[str, Any]) -> None:
    bucket, _, key = location.removeprefix("s3://").partition("/")
    _S3._put_object(bucket, key, json.dumps(metadata).encode(), {"content-type": "application/json"})


def _json(body: dict[str, Any]) -> Answer:
    answer: Answer = _RESPONSES.json_response(body)
    return answer


def _error(code: str, message: str, status: int) -> Answer:
    answer: Answer = _RESPONSES.error_response_json(code, message, status)
    return answer
