"""Schema changes in place: new optional columns are added to the table; anything else stops a preview."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from components._ensure._deployer import deployer_arn
from components._ensure._provider import AWS_ERRORS, AwsResourceProvider, Client, all_known
from components._ensure.iceberg_table import Comparison, athena_type, compare, read_table
from components._ensure.own_grant import granted

WAIT_SECONDS = 300
POLL_SECONDS = 1
_PLACE = ("table_bucket_arn", "namespace", "table_name", "athena_catalog", "athena_workgroup", "region")
_DEFINITION = ("columns", "partition", "sort")
_TO_ALTER = ("ALTER", "DESCRIBE", "SELECT")
"""What Lake Formation asks of whoever alters a table with Athena."""


class SchemaError(Exception):
    """The table differs from its definition in a way that no statement can mend in place."""


def add_columns_statement(table_name: str, columns: Sequence[dict[str, Any]]) -> str:
    """Return Athena's statement that adds the columns. It takes no qualified name: the context names the catalog."""
    added = ", ".join(f"`{column['name']}` {athena_type(column['type'])}" for column in columns)
    return f"ALTER TABLE `{table_name}` ADD COLUMNS ({added})"


def run_statement(
    athena: Client,
    statement: str,
    props: dict[str, Any],
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Run a statement in the table's catalog and namespace, and wait for its end.

    Raises:
        SchemaError: it failed, or did not end within `WAIT_SECONDS`.
    """
    execution = athena.start_query_execution(
        QueryString=statement,
        QueryExecutionContext={"Catalog": props["athena_catalog"], "Database": props["namespace"]},
        WorkGroup=props["athena_workgroup"],
    )["QueryExecutionId"]
    end = clock() + WAIT_SECONDS
    while True:
        status = athena.get_query_execution(QueryExecutionId=execution)["QueryExecution"]["Status"]
        if status["State"] == "SUCCEEDED":
            return
        if status["State"] in ("FAILED", "CANCELLED") or clock() >= end:
            reason = status.get("StateChangeReason", "no reason given")
            raise SchemaError(f"Athena query {execution} is {status['State']}: {reason}: {statement}")
        sleep(POLL_SECONDS)


def _unreadable(props: dict[str, Any], error: Exception) -> str:
    return (
        f"table {props['namespace']}.{props['table_name']} cannot be looked at ({error}): whoever deploys needs"
        " s3tables:GetTableMetadataLocation and s3tables:GetTableData on it"
    )


class TableSchemaProvider(AwsResourceProvider):
    """Keeps a table's columns up to its definition; deleting the resource leaves the table as it is."""

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Refuse, in a preview already, a definition that the table cannot be brought to."""
        try:
            table = self._read(news) if all_known(news) else None
        except AWS_ERRORS as error:
            return CheckResult(news, [CheckFailure("table_name", _unreadable(news, error))])
        differences = compare(news, table).differences if table else []
        return CheckResult(news, [CheckFailure("columns", difference) for difference in differences])

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """See whether the table as it was last seen differs from its definition, or another table is meant."""
        elsewhere = any(olds.get(key) != news[key] for key in _PLACE)
        return DiffResult(changes=elsewhere or compare(news, olds) != Comparison([], []))

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Bring the table to its definition; a new one is there already."""
        return CreateResult(f"{props['namespace']}.{props['table_name']}", self._bring(props))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Look at the table; columns changed behind the stack's back show up in the next diff."""
        table = self._read(props)
        return ReadResult(id_, {**{key: props[key] for key in _PLACE}, **table}) if table else ReadResult(None, {})

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Bring the table to its definition."""
        return UpdateResult(self._bring(news))

    def _bring(self, props: dict[str, Any]) -> dict[str, Any]:
        addable = self._compare(props).addable
        if addable:
            with self._permitted(props):
                run_statement(self.client("athena", props), add_columns_statement(props["table_name"], addable), props)
            if self._compare(props).addable:
                raise SchemaError(f"Athena added columns to table {props['table_name']}, but the table lacks them")
        return {key: props[key] for key in (*_PLACE, *_DEFINITION)}

    def _permitted(self, props: dict[str, Any]) -> AbstractContextManager[None]:
        """Where Lake Formation decides about access, let whoever deploys alter the table for as long as that takes."""
        if "catalog_id" not in props:
            return nullcontext()
        table = {
            "CatalogId": props["catalog_id"],
            "DatabaseName": props["namespace"],
            "Name": props["table_name"],
        }
        deployer = deployer_arn(self.client("sts", props), self.client("iam", props))
        return granted(self.client("lakeformation", props), deployer, {"Table": table}, _TO_ALTER)

    def _compare(self, props: dict[str, Any]) -> Comparison:
        table = self._read(props)
        if table is None:
            raise SchemaError(f"table {props['namespace']}.{props['table_name']} is not in {props['table_bucket_arn']}")
        comparison = compare(props, table)
        if comparison.differences:
            raise SchemaError(f"table {props['table_name']} cannot be changed: {'; '.join(comparison.differences)}")
        return comparison

    def _read(self, props: dict[str, Any]) -> dict[str, Any] | None:
        return read_table(self.client("s3tables", props), self.client("s3", props), props)


class TableSchema(Resource):
    """The columns of a table, as defined."""

    table_name: pulumi.Output[str]
    """The table's name, known when the table has every column of its definition."""

    def __init__(
        self,
        name: str,
        *,
        table: Mapping[str, pulumi.Input[str]],
        columns: list[dict[str, Any]],
        partition: list[str],
        sort: list[str],
        opts: pulumi.ResourceOptions,
    ) -> None:
        props = {**table, "columns": columns, "partition": partition, "sort": sort}
        super().__init__(TableSchemaProvider(), name, props, opts)
