"""Which table a name in a query means."""

from dataclasses import dataclass

from embedded_aws import iceberg
from embedded_aws.athena.errors import QueryError
from embedded_aws.glue import catalogs, links
from embedded_aws.glue.catalogs import GlueError

OWN_CATALOG = "awsdatacatalog"
"""Athena's name of the account's own catalog, in lower case; resource links are in it."""


@dataclass(frozen=True)
class Context:
    """What a query was started with: its catalog and database, and where it runs."""

    catalog: str
    database: str
    account: str
    region: str


@dataclass(frozen=True)
class Named:
    """A table, and the resource link in the account's own catalog by which it was named, if it was."""

    table: iceberg.TableName
    link: str | None = None


def find(catalog: str, database: str, table: str, context: Context) -> Named:
    """Complete a table's name, follow a resource link, and find its table bucket; names are case-insensitive.

    Raises:
        QueryError: the catalog is none of a table bucket, or S3 Tables is not integrated in this account and Region.
    """
    named, database = (catalog or context.catalog).lower(), (database or context.database).lower()
    shown, link = f"{named}.{database}.{table.lower()}", None
    target = links.target(database) if named == OWN_CATALOG else None
    if target is not None:
        named, database, link = target[0].path, target[1], database
    try:
        bucket_arn = iceberg.bucket_of(named, account=context.account, region=context.region)
    except iceberg.UnknownCatalogError as error:
        raise QueryError("TABLE_NOT_FOUND", f"Table '{shown}' does not exist") from error
    try:
        catalogs.get(named.rpartition(":")[2])
    except GlueError as error:
        raise QueryError("CATALOG_NOT_FOUND", f"Catalog '{named}' not found: {error}") from error
    return Named(iceberg.TableName(bucket_arn, database, table.lower()), link)
