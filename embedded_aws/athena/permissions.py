"""What a query's caller must be allowed: Athena reads and writes as the caller, never with rights of its own."""

from embedded_aws import iam
from embedded_aws.athena.errors import QueryError
from embedded_aws.glue import arns
from embedded_aws.glue.catalogs import CatalogId
from embedded_aws.iceberg import FEDERATED_CATALOG, TableName
from embedded_aws.s3_tables import tables

_OF_NAMESPACE = ("s3tables:GetTableBucket", "s3tables:GetNamespace")
_TO_READ = ("s3tables:GetTable", "s3tables:GetTableMetadataLocation", "s3tables:GetTableData")
_TO_WRITE = ("s3tables:PutTableData", "s3tables:UpdateTableMetadataLocation")


def to_read(principal: iam.Principal, name: TableName) -> None:
    """Demand what AWS demands for a SELECT from a table.

    Raises:
        QueryError: the principal lacks a permission.
    """
    account, bucket = name.bucket_arn.split(":")[4], name.bucket_arn.rsplit("/", 1)[-1]
    catalog = CatalogId(account, f"{FEDERATED_CATALOG}/{bucket}")
    _demand(principal, "glue:GetCatalog", *arns.catalog_arns(catalog))
    _demand(principal, "glue:GetDatabase", *arns.database_arns(catalog, name.namespace))
    _demand(principal, "glue:GetTable", *arns.table_arns(catalog, name.namespace, name.table))
    for action in _OF_NAMESPACE:
        _demand(principal, action, name.bucket_arn)
    for action in _TO_READ:
        _demand(principal, action, table_arn(name))


def to_write(principal: iam.Principal, name: TableName) -> None:
    """Demand what AWS demands for an ALTER TABLE or an INSERT.

    Raises:
        QueryError: the principal lacks a permission.
    """
    to_read(principal, name)
    account, bucket = name.bucket_arn.split(":")[4], name.bucket_arn.rsplit("/", 1)[-1]
    catalog = CatalogId(account, f"{FEDERATED_CATALOG}/{bucket}")
    _demand(principal, "glue:UpdateTable", *arns.table_arns(catalog, name.namespace, name.table))
    for action in _TO_WRITE:
        _demand(principal, action, table_arn(name))


def table_arn(name: TableName) -> str:
    """Give a table's ARN; for one that does not exist, what AWS names in its place."""
    table = tables.get(name.bucket_arn, name.namespace, name.table)
    return str(table["tableARN"]) if table else f"{name.bucket_arn}/table/*"


def _demand(principal: iam.Principal, action: str, *resources: str) -> None:
    try:
        iam.require(principal, action, *resources)
    except iam.AccessDeniedError as error:
        raise QueryError("", f"Insufficient permissions to execute the query. {error}") from error
