"""What a query's caller must be allowed: Athena reads and writes as the caller, never with rights of its own.

Where Lake Formation decides about the tables, its grants count in the place of the caller's policies on S3 Tables.
"""

from collections.abc import Mapping
from typing import TypeVar

from embedded_aws import iam
from embedded_aws.athena.errors import QueryError
from embedded_aws.athena.names import Named
from embedded_aws.glue import arns
from embedded_aws.glue.catalogs import CatalogId
from embedded_aws.iceberg import TableName
from embedded_aws.lake_formation import access, registrations
from embedded_aws.lake_formation.access import ALTER, DESCRIBE, INSERT, SELECT
from embedded_aws.lake_formation.errors import InsufficientPermissionsError, NoCredentialsError
from embedded_aws.lake_formation.resources import Database, Table
from embedded_aws.s3_tables import needed, tables

Type = TypeVar("Type")


def to_read(principal: iam.Principal, named: Named) -> None:
    """Demand what AWS demands for a SELECT from a table.

    Raises:
        QueryError: the principal lacks a permission.
    """
    _to_find(principal, named)
    if access.decides():
        _by_lake_formation(principal, named, SELECT)
    else:
        _by_policies(principal, named.table)


def to_insert(principal: iam.Principal, named: Named) -> None:
    """Demand what AWS demands for an INSERT into a table.

    Raises:
        QueryError: the principal lacks a permission.
    """
    _to_change(principal, named, INSERT)


def to_alter(principal: iam.Principal, named: Named) -> None:
    """Demand what AWS demands for an ALTER TABLE.

    Raises:
        QueryError: the principal lacks a permission.
    """
    _to_change(principal, named, ALTER)


def readable(principal: iam.Principal, name: TableName, columns: Mapping[str, Type]) -> dict[str, Type]:
    """Give those of a table's columns that the principal may read: where IAM decides, all of them."""
    if not access.decides():
        return dict(columns)
    allowed = access.readable(principal, _table(name), columns)
    return {column: kind for column, kind in columns.items() if column in allowed}


def table_arn(name: TableName) -> str:
    """Give a table's ARN; for one that does not exist, what AWS names in its place."""
    table = tables.get(name.bucket_arn, name.namespace, name.table)
    return str(table["tableARN"]) if table else f"{name.bucket_arn}/table/*"


def _to_find(principal: iam.Principal, named: Named) -> None:
    """Demand what Athena calls in Glue to find a table, and the link by which it is named."""
    name = named.table
    if named.link is not None:
        own = CatalogId(name.account, "")
        _demand(principal, "glue:GetDatabase", *arns.database_arns(own, named.link))
        _demand(principal, "glue:GetTable", *arns.table_arns(own, named.link, name.table))
    catalog = _catalog(name)
    _demand(principal, "glue:GetCatalog", *arns.catalog_arns(catalog))
    _demand(principal, "glue:GetDatabase", *arns.database_arns(catalog, name.namespace))
    _demand(principal, "glue:GetTable", *arns.table_arns(catalog, name.namespace, name.table))


def _to_change(principal: iam.Principal, named: Named, permission: str) -> None:
    name = named.table
    _to_find(principal, named)
    if not access.decides():
        _by_policies(principal, name)
    _demand(principal, "glue:UpdateTable", *arns.table_arns(_catalog(name), name.namespace, name.table))
    if access.decides():
        _by_lake_formation(principal, named, permission)
        return
    for action in needed.TO_WRITE:
        _demand(principal, action, table_arn(name))


def _by_policies(principal: iam.Principal, name: TableName) -> None:
    try:
        needed.require_table(principal, name.bucket_arn, table_arn(name), write=False)
    except iam.AccessDeniedError as error:
        raise _refusal(error) from error


def _by_lake_formation(principal: iam.Principal, named: Named, permission: str) -> None:
    table, name = _table(named.table), named.table
    seen = [Database(table.catalog, table.database)]
    if named.link is not None:
        seen.insert(0, Database(name.account, named.link))
    try:
        access.demand(principal, DESCRIBE, *seen)
        access.demand(principal, permission, table)
        _demand(principal, "lakeformation:GetDataAccess", "*")
        registrations.hand_out(name.bucket_arn, table_arn(name), write=permission != SELECT)
    except (InsufficientPermissionsError, NoCredentialsError) as error:
        raise _refusal(error) from error


def _table(name: TableName) -> Table:
    return Table(_catalog(name).id, name.namespace, name.table)


def _catalog(name: TableName) -> CatalogId:
    return CatalogId(name.account, name.catalog)


def _demand(principal: iam.Principal, action: str, *resources: str) -> None:
    try:
        iam.require(principal, action, *resources)
    except iam.AccessDeniedError as error:
        raise _refusal(error) from error


def _refusal(error: Exception) -> QueryError:
    return QueryError("", f"Insufficient permissions to execute the query. {error}")
