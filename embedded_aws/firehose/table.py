"""Delivery to the Iceberg table: one commit a batch, one writer a table at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from embedded_aws import iceberg
from embedded_aws.faults.book import FAULTS, Kind
from embedded_aws.firehose import access
from embedded_aws.firehose.configuration import Destination
from embedded_aws.firehose.records import Failure, StreamName, Transformed
from embedded_aws.firehose.rows import BadRowError, row
from embedded_aws.glue import federation
from embedded_aws.glue.catalogs import GlueError
from embedded_aws.iam import AccessDeniedError
from embedded_aws.lake_formation import access as lake_formation
from embedded_aws.lake_formation.errors import InsufficientPermissionsError, NoCredentialsError


class DeliveryError(Exception):
    """A batch could not be committed; worth another attempt.

    Attributes:
        code: AWS's error code where AWS documents one.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class Committed:
    """A commit: how many rows it added, and the records that were none."""

    rows: int
    failed: list[Failure]


def find(stream: StreamName, destination: Destination) -> tuple[iceberg.TableName, str]:
    """Look a destination's table up in Glue; call it in the stream's account and Region.

    Returns:
        the table's name, and its ARN in S3 Tables.

    Raises:
        UnknownCatalogError: the catalog is not a table bucket's.
        DeliveryError: there is no such catalog, database or table.
    """
    bucket_arn = iceberg.bucket_of(destination.catalog_arn, account=stream.account, region=stream.region)
    name = iceberg.TableName(bucket_arn, destination.database, destination.table)
    try:
        found = federation.get_table(access.catalog_of(destination), destination.database, destination.table)
    except GlueError as error:
        raise DeliveryError("Iceberg.NoSuchTable", f"{destination.catalog_arn}: {error}") from error
    return name, str(found["Table"]["FederatedTable"]["Identifier"])


def commit(stream: StreamName, destination: Destination, batch: Sequence[Transformed], attempt: int) -> Committed:
    """Check what the stream's role may, and append a batch to the table in one commit.

    Args:
        stream: the stream, in whose account and Region this is called.
        destination: where to.
        batch: at least one record.
        attempt: counted from 1; noted with records that are no rows.

    Raises:
        DeliveryError: nothing was written.
    """
    from pyiceberg.exceptions import CommitFailedException, NoSuchTableError  # noqa: PLC0415 - half a second to import

    name = _permitted(stream, destination)
    if FAULTS.strike(destination.table, Kind.COMMIT):
        raise DeliveryError("Iceberg.CommitFailed", f"the commit to {destination.table} was told to fail")
    with iceberg.writing(name):
        try:
            return _append(iceberg.load(name), batch, attempt)
        except NoSuchTableError as error:
            raise DeliveryError("Iceberg.NoSuchTable", str(error)) from error
        except CommitFailedException as error:
            raise DeliveryError("Iceberg.CommitFailed", str(error)) from error
        except Exception as error:
            # Whatever else S3 Tables or S3 answered: worth another attempt, and at last a case for the error bucket.
            raise DeliveryError("Iceberg.ServiceError", f"{type(error).__name__}: {error}") from error


def _permitted(stream: StreamName, destination: Destination) -> iceberg.TableName:
    """Check what a commit may; returns the table's name."""
    try:
        principal = access.assume(stream, destination.role_arn)
        access.write_table(principal, destination)
    except AccessDeniedError as error:
        raise DeliveryError("Glue.AccessDenied", str(error)) from error
    name, table_arn = find(stream, destination)
    if lake_formation.decides():
        try:
            access.write_by_lake_formation(principal, destination, name.bucket_arn, table_arn)
        except (AccessDeniedError, InsufficientPermissionsError, NoCredentialsError) as error:
            message = f"Access was denied to {destination.role_arn}. {error}"
            raise DeliveryError("Lakeformation.AccessDenied", message) from error
        return name
    try:
        access.write_table_data(principal, name.bucket_arn, table_arn)
    except AccessDeniedError as error:
        raise DeliveryError("S3.AccessDenied", str(error)) from error
    return name


def _append(table: Any, batch: Sequence[Transformed], attempt: int) -> Committed:
    import pyarrow as pa  # noqa: PLC0415 - heavy, and only needed to deliver

    schema = table.schema()
    rows, failed = [], []
    for item in batch:
        try:
            rows.append(row(schema, item.data))
        except BadRowError as error:
            failed.append(item.failed(error.code, str(error), attempt))
    if rows:
        table.append(pa.Table.from_pylist(rows, schema=schema.as_arrow()))
    return Committed(len(rows), failed)
