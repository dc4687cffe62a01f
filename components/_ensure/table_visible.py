"""Waiting until Glue sees a table: S3 Tables reports a new one minutes before Firehose and Athena can reach it."""

import time
from collections.abc import Callable
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from components._ensure._provider import AwsResourceProvider, Client, changed
from components._ensure._wait import Patience, wait_until

WAIT_SECONDS = 900
POLL_SECONDS = 5
_KEYS = ("catalog_id", "namespace", "table_name", "region")


def is_visible(glue: Client, props: dict[str, Any]) -> bool:
    """Tell whether Glue finds the table in its catalog, and S3 Tables behind it answers already."""
    not_yet = (
        glue.exceptions.EntityNotFoundException,
        glue.exceptions.FederationSourceRetryableException,
        glue.exceptions.OperationTimeoutException,
        glue.exceptions.ResourceNotReadyException,
    )
    try:
        glue.get_table(CatalogId=props["catalog_id"], DatabaseName=props["namespace"], Name=props["table_name"])
    except not_yet:
        return False
    return True


def wait_until_visible(
    glue: Client,
    props: dict[str, Any],
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Return when Glue finds the table.

    Raises:
        TimeoutError: it does not within `WAIT_SECONDS`.
    """
    table = f"table {props['namespace']}.{props['table_name']} in catalog {props['catalog_id']}"
    patience = Patience(f"Glue sees {table}", WAIT_SECONDS, poll_seconds=POLL_SECONDS, sleep=sleep, clock=clock)
    wait_until(lambda: is_visible(glue, props), patience, f"Glue does not see {table} after {WAIT_SECONDS} s")


class TableVisibleProvider(AwsResourceProvider):
    """Waits; owns nothing."""

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """See whether another table is meant."""
        return DiffResult(changes=changed(olds, news, _KEYS))

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Wait for the table."""
        return CreateResult(f"{props['catalog_id']}/{props['namespace']}/{props['table_name']}", self._wait(props))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Look for the table; gone means that the next `up` waits again."""
        visible = is_visible(self.client("glue", props), props)
        return ReadResult(id_, {key: props[key] for key in _KEYS}) if visible else ReadResult(None, {})

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Wait for the table that is meant now."""
        return UpdateResult(self._wait(news))

    def _wait(self, props: dict[str, Any]) -> dict[str, Any]:
        wait_until_visible(self.client("glue", props), props)
        return {key: props[key] for key in _KEYS}


class TableVisible(Resource):
    """Exists as soon as Glue sees the table."""

    table_name: pulumi.Output[str]
    """The table's name, known when Glue sees it."""

    def __init__(
        self,
        name: str,
        *,
        catalog_id: pulumi.Input[str],
        namespace: pulumi.Input[str],
        table_name: pulumi.Input[str],
        region: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
    ) -> None:
        props = {"catalog_id": catalog_id, "namespace": namespace, "table_name": table_name, "region": region}
        super().__init__(TableVisibleProvider(), name, props, opts)
