"""Databases and tables of S3 Tables as Glue shows them below `s3tablescatalog/<bucket>`."""

import datetime as dt
from typing import Any

from embedded_aws import hooks
from embedded_aws.glue import catalogs
from embedded_aws.glue.catalogs import CatalogId, GlueError

_RESPONSES = hooks.use("ministack.core.responses", "get_account_id")
_S3TABLES = hooks.use("ministack.services.s3tables", "_bucket_arn", "_namespaces", "_ns_key", "_tables")
_HIVE_TYPES = {"long": "bigint", "timestamptz": "timestamp", "uuid": "string", "time": "string"}


def get_databases(catalog: CatalogId) -> dict[str, Any]:
    """Answer GetDatabases for a child catalog.

    Raises:
        GlueError: the catalog is not there.
    """
    catalogs.get(catalog.path)
    bucket_arn = _S3TABLES._bucket_arn(catalog.bucket)
    found = [value for value in _S3TABLES._namespaces.values() if value["tableBucketARN"] == bucket_arn]
    return {"DatabaseList": [_database(catalog, namespace) for namespace in found]}


def get_database(catalog: CatalogId, name: str) -> dict[str, Any]:
    """Answer GetDatabase for a child catalog.

    Raises:
        GlueError: the catalog or the namespace is not there.
    """
    catalogs.get(catalog.path)
    namespace = _S3TABLES._namespaces.get(_S3TABLES._ns_key(_S3TABLES._bucket_arn(catalog.bucket), name))
    if namespace is None:
        raise GlueError("EntityNotFoundException", f"Database {name} not found.")
    return {"Database": _database(catalog, namespace)}


def get_tables(catalog: CatalogId, database: str) -> dict[str, Any]:
    """Answer GetTables for a child catalog.

    Raises:
        GlueError: the catalog or the namespace is not there.
    """
    get_database(catalog, database)
    bucket_arn = _S3TABLES._bucket_arn(catalog.bucket)
    found = [
        table
        for table in _S3TABLES._tables.values()
        if table["tableBucketARN"] == bucket_arn and table["namespace"] == [database]
    ]
    return {"TableList": [_table(catalog, table) for table in found]}


def get_table(catalog: CatalogId, database: str, name: str) -> dict[str, Any]:
    """Answer GetTable for a child catalog.

    Raises:
        GlueError: the catalog, the namespace or the table is not there.
    """
    listed = get_tables(catalog, database)["TableList"]
    found = next((table for table in listed if table["Name"] == name), None)
    if found is None:
        raise GlueError("EntityNotFoundException", f"Table {name} not found.")
    return {"Table": found}


def hive_type(kind: Any) -> str:
    """Name an Iceberg type as Glue's columns do: `long` is `bigint`, a struct is `struct<name:type>`."""
    if isinstance(kind, str):
        if kind.startswith("decimal"):
            return kind.replace(" ", "")
        return "binary" if kind.startswith("fixed") else _HIVE_TYPES.get(kind, kind)
    if kind["type"] == "struct":
        fields = (f"{field['name']}:{hive_type(field['type'])}" for field in kind["fields"])
        return f"struct<{','.join(fields)}>"
    if kind["type"] == "list":
        return f"array<{hive_type(kind['element'])}>"
    return f"map<{hive_type(kind['key'])},{hive_type(kind['value'])}>"


def _database(catalog: CatalogId, namespace: dict[str, Any]) -> dict[str, Any]:
    return {
        "Name": namespace["namespace"][0],
        "CatalogId": catalog.id,
        "CreateTime": _seconds(namespace["createdAt"]),
        "FederatedDatabase": {
            "Identifier": f"{namespace['tableBucketARN']}|{namespace['namespace'][0]}",
            "ConnectionName": "aws:s3tables",
        },
    }


def _table(catalog: CatalogId, table: dict[str, Any]) -> dict[str, Any]:
    metadata = table["_iceberg_metadata"]
    current = [schema for schema in metadata.get("schemas", []) if schema["schema-id"] == metadata["current-schema-id"]]
    fields = current[0]["fields"] if current else []
    parameters = {"table_type": "ICEBERG", "metadata_location": table["metadataLocation"]}
    return {
        "Name": table["name"],
        "DatabaseName": table["namespace"][0],
        "CatalogId": catalog.id,
        "TableType": "customer",
        "CreateTime": _seconds(table["createdAt"]),
        "UpdateTime": _seconds(table["modifiedAt"]),
        "VersionId": table["versionToken"],
        "Parameters": {key: value for key, value in parameters.items() if value},
        "StorageDescriptor": {
            "Location": table["warehouseLocation"],
            "Columns": [{"Name": field["name"], "Type": hive_type(field["type"])} for field in fields],
        },
        "FederatedTable": {
            "Identifier": table["tableARN"],
            "DatabaseIdentifier": f"{table['tableBucketARN']}|{table['namespace'][0]}",
            "ConnectionName": "aws:s3tables",
        },
    }


def _seconds(text: str) -> float:
    return dt.datetime.fromisoformat(text).timestamp()
