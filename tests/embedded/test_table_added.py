"""A lake that is there already gets a table more: a new resource, and nothing else changes but who reads it."""

import shutil
from pathlib import Path

import pytest

from embedded_aws.server import EmbeddedAws
from tests.embedded.engine_kit import Folder
from tests.embedded.gateway_kit import unique

pytestmark = pytest.mark.soak

PROJECT = Path(__file__).parents[2]
PROGRAM = """
import components

native = components.aws_native_provider("aws-native")
lake = components.StorageLake(
    "lake",
    {{
        "table_bucket_name": "{bucket}",
        "namespace": "metering",
        "tables": components.lake_tables("requests", "events", "voids")[:{tables}],
        "protect": False,
    }},
    pulumi.ResourceOptions(providers=[native]),
)
pulumi.export("names", lake.table_names)
pulumi.export("arns", lake.table_arns)
"""


@pytest.fixture
def folder(aws: EmbeddedAws, tmp_path: Path) -> Folder:
    for name in ("components", "lambda_src"):
        shutil.copytree(PROJECT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    return Folder(aws, tmp_path)


def test_a_table_is_added_to_a_lake_that_has_others(folder: Folder) -> None:
    bucket = unique("added")
    before, _ = folder.up(PROGRAM.format(bucket=bucket, tables=2))
    assert before["names"] == {"api-requests": "requests", "usage-events": "events"}
    after, changes = folder.up(PROGRAM.format(bucket=bucket, tables=3))
    assert after["names"] == {**before["names"], "tombstones": "voids"}
    assert {role: after["arns"][role] for role in before["arns"]} == before["arns"]
    assert {name: done for name, done in changes.items() if done != "same"} == {
        **dict.fromkeys(
            (
                *("lake-table-tombstones", "lake-table-tombstones-schema", "lake-table-tombstones-visible"),
                *("lake-query-latency-by-route", "lake-query-unbillable-by-reason"),
                *("lake-query-usage-by-tenant-and-day", "lake-query-events-by-tenant-type-and-day"),
            ),
            "create",
        ),
    }
    folder.stack.destroy()
