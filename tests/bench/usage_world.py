"""The program deployed in the embedded AWS with any number of requests of a few tenants, and their usage rolled up."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pyarrow as pa

from embedded_aws import iceberg
from embedded_aws.server import EmbeddedAws
from tests.bench.billing_world import AS_OF, PERIOD, BenchError, World

TENANTS = 20
"""The rows are theirs in equal parts."""
TENANT = "tenant-00"
_ROWS_PER_FILE = 250_000
_DAYS = 30
_DAY_MICROSECONDS = 86_400_000_000
_STEP = 7_919
"""A prime: microseconds of a day by which rows are apart, over and over."""

__all__ = ["AS_OF", "PERIOD", "TENANT", "TENANTS", "UsageWorld", "rows_of"]


class UsageWorld(World):
    """The deployed program with requests of `PERIOD`."""

    @classmethod
    def deploy(cls, aws: EmbeddedAws) -> "UsageWorld":
        """Deploy the program as `Pulumi.dev.yaml` says."""
        world = World.deploy(aws)
        return cls(world.aws, world.outputs, world.worker)

    def fill(self, rows: int) -> None:
        """Write rows straight into the table."""
        outputs = self.outputs
        lake = iceberg.load(iceberg.TableName(outputs.table_bucket_arn, outputs.namespace, outputs.table_name))
        for part in rows_of(rows, lake.schema().as_arrow()):
            lake.append(part)

    def roll_up(self) -> None:
        """Have the usage of the period rolled up.

        Raises:
            BenchError: the function failed.
        """
        answer = self.client("lambda").invoke(
            FunctionName=self.outputs.billing_rollup_function_name,
            Payload=json.dumps({"as_of": AS_OF, "period": str(PERIOD)}).encode(),
        )
        if "FunctionError" in answer:
            raise BenchError(f"usage must be rolled up, got {answer['Payload'].read().decode()[:500]}")


def rows_of(rows: int, schema: pa.Schema) -> Iterator[pa.Table]:
    """Yield rows of the table in parts: billable requests of all tenants on each of thirty days."""
    for first in range(0, rows, _ROWS_PER_FILE):
        yield _part(range(first, min(rows, first + _ROWS_PER_FILE)), schema)


def _part(numbers: range, schema: pa.Schema) -> pa.Table:
    start = int(PERIOD.start.timestamp() * 1_000_000)
    times = [
        start + number // TENANTS % _DAYS * _DAY_MICROSECONDS + number * _STEP % (_DAY_MICROSECONDS // 2)
        for number in numbers
    ]
    minute = timedelta(minutes=1) // timedelta(microseconds=1)
    values: dict[str, Any] = {
        "extended_request_id": [f"{number:09d}=" for number in numbers],
        "request_id": [f"{number:09d}" for number in numbers],
        "request_time": pa.array(times, pa.int64()),
        "ingested_at": pa.array([moment + minute for moment in times], pa.int64()),
        "tenant_id": [f"tenant-{number % TENANTS:02d}" for number in numbers],
        "user": [f"user-{number % 7}" for number in numbers],
        "http_method": ["GET" if number % 3 else "POST" for number in numbers],
        "resource_path": pa.repeat("/random/strings", len(numbers)),
        "status": pa.repeat(200, len(numbers)),
        "response_length": [100 + number % 900 for number in numbers],
        "billable": pa.repeat(pa.scalar(value=True), len(numbers)),
    }
    columns = [_column(values.get(field.name), field, len(numbers)) for field in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def _column(values: Any, field: pa.Field, length: int) -> pa.Array:
    if values is None:
        return pa.nulls(length, field.type)
    return values.cast(field.type) if isinstance(values, pa.Array) else pa.array(values, field.type)
