"""Which table a name in a query means."""

from dataclasses import dataclass

from embedded_aws import iceberg
from embedded_aws.athena.errors import QueryError
from embedded_aws.glue import catalogs
from embedded_aws.glue.catalogs import GlueError


@dataclass(frozen=True)
class Context:
    """What a query was started with: its catalog and database, and where it runs."""

    catalog: str
    database: str
    account: str
    region: str


def table_name(catalog: str, database: str, table: str, context: Context) -> iceberg.TableName:
    """Complete a table's name and find its table bucket; names are case-insensitive.

    Raises:
        QueryError: the catalog is none of a table bucket, or S3 Tables is not integrated in this account and Region.
    """
    named, database = (catalog or context.catalog).lower(), (database or context.database).lower()
    try:
        bucket_arn = iceberg.bucket_of(named, account=context.account, region=context.region)
    except iceberg.UnknownCatalogError as error:
        shown = f"{named}.{database}.{table.lower()}"
        raise QueryError("TABLE_NOT_FOUND", f"Table '{shown}' does not exist") from error
    try:
        catalogs.get(named.rpartition(":")[2])
    except GlueError as error:
        raise QueryError("CATALOG_NOT_FOUND", f"Catalog '{named}' not found: {error}") from error
    return iceberg.TableName(bucket_arn, database, table.lower())
