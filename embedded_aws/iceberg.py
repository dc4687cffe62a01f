"""Iceberg tables of the embedded S3 Tables, through PyIceberg on its REST catalog."""

import functools
import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # pyiceberg takes half a second to import; the server starts without it
    from pyiceberg.catalog.rest import RestCatalog
    from pyiceberg.table import Table

from embedded_aws.session import ACCESS_KEY, SECRET_KEY

_LOCKS: dict["TableName", threading.Lock] = {}
_LOCKS_GUARD = threading.Lock()
FEDERATED_CATALOG = "s3tablescatalog"


class UnknownCatalogError(LookupError):
    """A catalog name or ARN that is no table bucket's."""


@dataclass(frozen=True)
class TableName:
    """An Iceberg table of S3 Tables: the bucket's ARN, namespace and table."""

    bucket_arn: str
    namespace: str
    table: str

    @property
    def account(self) -> str:
        """The account of the table bucket."""
        return self.bucket_arn.split(":")[4]

    @property
    def catalog(self) -> str:
        """The catalog that the table bucket is, below the account's own: `s3tablescatalog/<bucket>`."""
        return f"{FEDERATED_CATALOG}/{self.bucket_arn.rsplit('/', 1)[-1]}"


def bucket_of(catalog: str, *, account: str, region: str) -> str:
    """Name the table bucket's ARN behind a catalog as Glue, Athena and Firehose write it.

    Args:
        catalog: `s3tablescatalog/<bucket>`, `<account>:s3tablescatalog/<bucket>` or a Glue catalog ARN that ends so.
        account: the account of the bucket.
        region: the Region of the bucket.

    Raises:
        UnknownCatalogError: the catalog is not a child of `s3tablescatalog`.
    """
    head, found, bucket = catalog.rpartition(f"{FEDERATED_CATALOG}/")
    if not found or not bucket or "/" in bucket or (head and head[-1] not in ":/"):
        raise UnknownCatalogError(f"catalog {catalog!r}: not {FEDERATED_CATALOG}/<table bucket>")
    return f"arn:aws:s3tables:{region}:{account}:bucket/{bucket}"


@functools.lru_cache(maxsize=32)
def catalog(bucket_arn: str) -> "RestCatalog":
    """Give the REST catalog of a table bucket, as the account's root."""
    from pyiceberg.catalog.rest import RestCatalog  # noqa: PLC0415 - see above

    url, region = f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}", bucket_arn.split(":")[3]
    return RestCatalog(
        bucket_arn,
        **{
            "uri": f"{url}/iceberg",
            "warehouse": bucket_arn,
            "rest.sigv4-enabled": "true",
            "rest.signing-name": "s3tables",
            "rest.signing-region": region,
            "client.region": region,
            "client.access-key-id": ACCESS_KEY,
            "client.secret-access-key": SECRET_KEY,
            "s3.endpoint": url,
            "s3.region": region,
            "s3.access-key-id": ACCESS_KEY,
            "s3.secret-access-key": SECRET_KEY,
        },
    )


def load(name: TableName) -> "Table":
    """Load a table's current metadata.

    Raises:
        pyiceberg.exceptions.NoSuchTableError: there is no such table.
    """
    table: Table = catalog(name.bucket_arn).load_table((name.namespace, name.table))
    return table


def writing(name: TableName) -> threading.Lock:
    """Give the lock under which one writer at a time commits to a table; AWS's writers repeat a commit instead."""
    with _LOCKS_GUARD:
        return _LOCKS.setdefault(name, threading.Lock())
