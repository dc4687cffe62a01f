"""A query acts as its caller: what AWS would demand is demanded, one permission at a time."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.server import EmbeddedAws
from tests.embedded.athena_kit import Lake

GLUE = "arn:aws:glue:us-east-1:000000000000"
TO_READ = (
    "glue:GetCatalog",
    "glue:GetDatabase",
    "glue:GetTable",
    "s3tables:GetTableBucket",
    "s3tables:GetNamespace",
    "s3tables:GetTable",
    "s3tables:GetTableMetadataLocation",
    "s3tables:GetTableData",
)
TO_ALTER = ("glue:UpdateTable", "s3tables:PutTableData", "s3tables:UpdateTableMetadataLocation")


@pytest.fixture(scope="module")
def lake(aws: EmbeddedAws) -> Lake:
    made = Lake.make(aws, "permissions")
    made.append([{"key": "a", "time": datetime(2026, 11, 22, tzinfo=UTC), "bytes": 1, "price": None, "billable": True}])
    return made


def statements(lake: Lake, *extra: str) -> list[dict[str, Any]]:
    """Grant a reader what it needs and no more."""
    catalog, names = f"s3tablescatalog/{lake.bucket}", f"{lake.namespace}/{lake.table}"
    glue = [
        f"{GLUE}:catalog",
        f"{GLUE}:catalog/s3tablescatalog",
        f"{GLUE}:catalog/{catalog}",
        f"{GLUE}:database/{lake.namespace}",
        f"{GLUE}:database/{catalog}/{lake.namespace}",
        f"{GLUE}:table/{names}",
        f"{GLUE}:table/{catalog}/{names}",
    ]
    return [
        _allow("athena:*", f"arn:aws:athena:us-east-1:000000000000:workgroup/{lake.workgroup}"),
        *(_allow(action, *glue) for action in (*TO_READ, *extra) if action.startswith("glue:")),
        *(_allow(action, lake.bucket_arn, lake.table_arn) for action in (*TO_READ, *extra) if action.startswith("s3t")),
        _allow("s3:GetBucketLocation", f"arn:aws:s3:::{lake.results}"),
        _allow("s3:GetObject", f"arn:aws:s3:::{lake.results}/*"),
        _allow("s3:PutObject", f"arn:aws:s3:::{lake.results}/*"),
    ]


def _allow(action: str, *resources: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": list(resources)}


def without(granted: list[dict[str, Any]], action: str) -> list[dict[str, Any]]:
    left = [statement for statement in granted if statement["Action"] != action]
    assert len(left) == len(granted) - 1
    return left


def test_a_reader_with_all_permissions_reads_and_sees_its_results(lake: Lake) -> None:
    reader = lake.role(statements(lake))
    found = lake.query("SELECT key FROM {table}", reader)
    assert (found.state, found.reason) == ("SUCCEEDED", None)
    rows = reader.client("athena").get_query_results(QueryExecutionId=found.id)["ResultSet"]["Rows"]
    assert rows == [{"Data": [{"VarCharValue": "key"}]}, {"Data": [{"VarCharValue": "a"}]}]


@pytest.mark.parametrize("action", TO_READ)
def test_a_reader_without_one_permission_reads_nothing(lake: Lake, action: str) -> None:
    found = lake.query("SELECT key FROM {table}", lake.role(without(statements(lake), action)))
    assert found.state == "FAILED"
    assert (found.reason or "").startswith("Insufficient permissions to execute the query. User: arn:aws:sts::")
    assert f"is not authorized to perform: {action} on resource: " in (found.reason or "")


@pytest.mark.parametrize("style", ["short", "long"])
@pytest.mark.parametrize("kind", ["database", "table"])
def test_both_styles_of_arn_are_demanded(lake: Lake, kind: str, style: str) -> None:
    marker = f":{kind}/s3tablescatalog/" if style == "long" else f":{kind}/{lake.namespace}"
    granted = [
        {**statement, "Resource": [resource for resource in statement["Resource"] if marker not in resource]}
        for statement in statements(lake)
    ]
    assert lake.query("SELECT key FROM {table}", lake.role(granted)).state == "FAILED"


def test_a_query_without_tables_needs_no_table(lake: Lake) -> None:
    granted = [statement for statement in statements(lake) if statement["Action"] not in TO_READ]
    assert lake.query("SELECT 1", lake.role(granted)).rows == [["_col0"], ["1"]]


@pytest.mark.parametrize("action", TO_ALTER)
def test_adding_a_column_needs_the_right_to_change_the_table(lake: Lake, action: str) -> None:
    changes = "ALTER TABLE {table} ADD COLUMNS (extra string)"
    allowed = statements(lake, *TO_ALTER)
    denied = lake.query(changes, lake.role(without(allowed, action)))
    assert denied.state == "FAILED"
    assert f"is not authorized to perform: {action} on resource: " in (denied.reason or "")
    assert lake.query("SELECT * FROM {table}").rows[0] == ["key", "time", "bytes", "price", "billable"]


@pytest.mark.parametrize("action", [*TO_ALTER, *TO_READ, "s3:PutObject"])
def test_an_insert_needs_the_right_to_read_and_to_change_the_table_and_to_write_its_output(
    lake: Lake, action: str
) -> None:
    inserts = "INSERT INTO {table} (key, time) VALUES ('b', TIMESTAMP '2026-11-22 00:00:00 UTC')"
    allowed = statements(lake, *TO_ALTER)
    denied = lake.query(inserts, lake.role(without(allowed, action)))
    assert denied.state == "FAILED"
    assert f"is not authorized to perform: {action} on resource: " in (denied.reason or "")
    assert lake.rows("SELECT key FROM {table}") == [["a"]]


def test_an_insert_with_all_of_them_adds_its_rows(lake: Lake) -> None:
    lake.create_table("inserted")
    writer = lake.role(
        [
            {**statement, "Resource": [arn.replace(f"/{lake.table}", "/inserted") for arn in statement["Resource"]]}
            if statement["Action"].startswith("glue:")
            else statement
            if not statement["Action"].startswith("s3tables:")
            else {**statement, "Resource": [lake.bucket_arn, f"{lake.bucket_arn}/table/*"]}
            for statement in statements(lake, *TO_ALTER)
        ]
    )
    name = lake.name.replace(lake.table, "inserted")
    inserts = f"INSERT INTO {name} (key, time) VALUES ('b', TIMESTAMP '2026-11-22 00:00:00 UTC')"  # noqa: S608
    assert lake.query(inserts, writer).reason is None
    assert lake.rows(f"SELECT key FROM {name}") == [["b"]]  # noqa: S608


def test_a_reader_that_cannot_write_the_results_fails(lake: Lake) -> None:
    found = lake.query("SELECT key FROM {table}", lake.role(without(statements(lake), "s3:PutObject")))
    assert found.state == "FAILED"
    assert (found.reason or "").startswith(f"Access denied when writing output to url: {found.location} . User: arn:")


def test_a_reader_that_cannot_find_the_results_bucket_does_not_start(lake: Lake) -> None:
    reader = lake.role(without(statements(lake), "s3:GetBucketLocation"))
    with pytest.raises(ClientError, match=f"Unable to verify/create output bucket {lake.results}"):
        lake.query("SELECT 1", reader)


def test_results_are_read_from_s3_as_their_reader(lake: Lake) -> None:
    reader = lake.role(without(statements(lake), "s3:GetObject"))
    found = lake.query("SELECT 1", reader)
    with pytest.raises(ClientError) as caught:
        reader.client("athena").get_query_results(QueryExecutionId=found.id)
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"


def test_another_workgroups_query_is_out_of_reach(lake: Lake) -> None:
    athena = lake.client("athena")
    location = {"OutputLocation": f"s3://{lake.results}/other/"}
    athena.create_work_group(Name=f"{lake.workgroup}-other", Configuration={"ResultConfiguration": location})
    query_id = lake.start("SELECT 1", WorkGroup=f"{lake.workgroup}-other")
    reader = lake.role(statements(lake)).client("athena")
    with pytest.raises(ClientError) as caught:
        reader.get_query_execution(QueryExecutionId=query_id)
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
