"""What reconciliation works with: the adapters, connected as the environment says."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import boto3
from botocore.config import Config as ClientConfig

from billing.lake import AthenaLake, Lake
from error_bucket import ErrorBucket, Marks
from reconciliation.config import Config, Settings
from reconciliation.items import Items

_RETRIES = ClientConfig(retries={"mode": "standard", "max_attempts": 8})
"""Standard retries, bounded: with back-off for throttling and passing errors of all services."""


@dataclass(frozen=True)
class Parts:
    """The adapters, and the settings."""

    settings: Settings
    items: Items
    marks: Marks
    lake: Lake
    cloudwatch: Any
    """Client of boto3."""
    error_bucket: Callable[[str], ErrorBucket]
    """Name -> bucket."""


def connect(config: Config, session: Any = boto3) -> Parts:
    """Return the adapters of a deployment.

    Args:
        config: as of the function's environment.
        session: of boto3; the default one if absent.
    """

    def client(service: str) -> Any:
        return session.client(service, config=_RETRIES)

    dynamodb, s3 = client("dynamodb"), client("s3")
    lake = AthenaLake(
        client("athena"),
        s3,
        workgroup=config.athena_workgroup,
        catalog=config.athena_catalog,
        database=config.database_name,
        names=config.table_names,
    )
    return Parts(
        config.settings,
        Items(dynamodb, config.reconciliation_table),
        Marks(dynamodb, config.actions_table),
        lake,
        client("cloudwatch"),
        partial(ErrorBucket, s3),
    )
