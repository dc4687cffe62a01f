"""Tables: waited for until Glue sees them, and brought to their definition in place or not at all."""

import gzip
import io
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber
from pulumi.output import Unknown
from pulumi.runtime import rpc

from components._ensure.iceberg_table import Comparison, compare, parse_metadata, read_table
from components._ensure.table_schema import SchemaError, TableSchemaProvider, add_columns_statement, run_statement
from components._ensure.table_visible import TableVisibleProvider, wait_until_visible

AT = {"name": "at", "type": "timestamptz", "required": True}
WHO = {"name": "who", "type": "string", "required": False}
SIZE = {"name": "size", "type": "long", "required": False}
TABLE = {"columns": [AT, WHO], "partition": ["day(at)"], "sort": ["who asc"]}
PLACE = {
    "table_bucket_arn": "arn:aws:s3tables:us-east-1:123456789012:bucket/lake",
    "namespace": "ns",
    "table_name": "t",
    "athena_catalog": "s3tablescatalog/lake",
    "athena_workgroup": "w",
    "region": "us-east-1",
}
PROPS: dict[str, Any] = {**PLACE, **TABLE}
VISIBLE = {"catalog_id": "1:s3tablescatalog/lake", "namespace": "ns", "table_name": "t", "region": "us-east-1"}
SEEN = {"CatalogId": "1:s3tablescatalog/lake", "DatabaseName": "ns", "Name": "t"}


def metadata(*columns: dict[str, Any]) -> dict[str, Any]:
    """Return a metadata file of the table, with an older schema besides the current one."""
    fields = [{"id": number, **column} for number, column in enumerate(columns, start=1)]
    return {
        "current-schema-id": 1,
        "schemas": [{"schema-id": 0, "fields": []}, {"schema-id": 1, "fields": fields}],
        "default-spec-id": 0,
        "partition-specs": [{"spec-id": 0, "fields": [{"source-id": 1, "transform": "day", "name": "at_day"}]}],
        "default-sort-order-id": 1,
        "sort-orders": [
            {"order-id": 0, "fields": []},
            {
                "order-id": 1,
                "fields": [{"source-id": 2, "transform": "identity", "direction": "asc", "null-order": "nulls-first"}],
            },
        ],
    }


class Aws:
    """Stubbed clients of every service that a table needs."""

    def __init__(self) -> None:
        keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
        services = ("athena", "glue", "s3", "s3tables")
        self.stubs = {service: Stubber(boto3.client(service, "us-east-1", **keys)) for service in services}
        for stub in self.stubs.values():
            stub.activate()

    def client(self, service: str, _props: dict[str, Any] | None = None) -> Any:
        return self.stubs[service].client

    def has_table(self, *columns: dict[str, Any], compressed: bool = False) -> None:
        location = {"tableBucketARN": PLACE["table_bucket_arn"], "namespace": "ns", "name": "t"}
        answer = {
            "versionToken": "v",
            "metadataLocation": "s3://warehouse/metadata/1.json",
            "warehouseLocation": "s3://w",
        }
        self.stubs["s3tables"].add_response("get_table_metadata_location", answer, location)
        content = json.dumps(metadata(*columns)).encode()
        content = gzip.compress(content) if compressed else content
        body = StreamingBody(io.BytesIO(content), len(content))
        self.stubs["s3"].add_response("get_object", {"Body": body}, {"Bucket": "warehouse", "Key": "metadata/1.json"})

    def has_no_table(self) -> None:
        self.stubs["s3tables"].add_client_error("get_table_metadata_location", "NotFoundException")

    def runs(self, statement: str, *states: str, reason: str = "") -> None:
        request = {
            "QueryString": statement,
            "QueryExecutionContext": {"Catalog": "s3tablescatalog/lake", "Database": "ns"},
            "WorkGroup": "w",
        }
        self.stubs["athena"].add_response("start_query_execution", {"QueryExecutionId": "q"}, request)
        for state in states:
            status = {"State": state, **({"StateChangeReason": reason} if reason else {})}
            answer = {"QueryExecution": {"Status": status}}
            self.stubs["athena"].add_response("get_query_execution", answer, {"QueryExecutionId": "q"})


@pytest.fixture
def aws() -> Iterator[Aws]:
    clients = Aws()
    yield clients
    for stub in clients.stubs.values():
        stub.assert_no_pending_responses()


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def schema_provider(aws: Aws) -> TableSchemaProvider:
    provider = TableSchemaProvider()
    provider.client = aws.client  # type: ignore[method-assign,assignment]
    return provider


def visible_provider(aws: Aws) -> TableVisibleProvider:
    provider = TableVisibleProvider()
    provider.client = aws.client  # type: ignore[method-assign,assignment]
    return provider


def test_metadata_is_read_as_the_table_is_now() -> None:
    assert parse_metadata(metadata(AT, WHO)) == TABLE


@pytest.mark.parametrize("compressed", [False, True])
def test_a_tables_metadata_file_is_found_and_read(aws: Aws, compressed: bool) -> None:
    aws.has_table(AT, WHO, compressed=compressed)
    assert read_table(aws.client("s3tables"), aws.client("s3"), PROPS) == TABLE


def test_a_table_that_is_not_there_is_none(aws: Aws) -> None:
    aws.has_no_table()
    assert read_table(aws.client("s3tables"), aws.client("s3"), PROPS) is None


def definition(*columns: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**TABLE, "columns": list(columns), **changes}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (definition(AT, WHO), Comparison([], [])),
        (definition(WHO, AT), Comparison([], [])),
        (definition(AT, WHO, SIZE), Comparison([SIZE], [])),
        (definition(SIZE, AT, WHO), Comparison([SIZE], [])),
        (definition(AT), Comparison([], ["column who is in the table but not in its definition"])),
        (
            definition(AT, WHO, {**SIZE, "required": True}),
            Comparison([], ["column size is new and required: only optional columns can be added to a table"]),
        ),
        (
            definition(AT, WHO, {"name": "end", "type": "timestamptz", "required": False}),
            Comparison([], ["column end is new and of type timestamptz, which Athena cannot add to a table"]),
        ),
        (
            definition(AT, {**WHO, "type": "int"}),
            Comparison([], ["column who has type 'string' in the table, 'int' in its definition"]),
        ),
        (
            definition(AT, {**WHO, "required": True}),
            Comparison([], ["column who has required False in the table, True in its definition"]),
        ),
        (
            definition(AT, WHO, partition=["day(who)"]),
            Comparison([], ["the table's partition is ['day(at)'], its definition says ['day(who)']"]),
        ),
        (
            definition(AT, WHO, sort=[]),
            Comparison([], ["the table's sort is ['who asc'], its definition says []"]),
        ),
    ],
    ids=[
        "same",
        "reordered",
        "added",
        "added-first",
        "removed",
        "added-required",
        "added-not-addable",
        "type",
        "required",
        "partition",
        "sort",
    ],
)
def test_a_table_is_held_against_its_definition(wanted: dict[str, Any], expected: Comparison) -> None:
    assert compare(wanted, TABLE) == expected


def test_columns_are_added_by_athenas_names_of_their_types() -> None:
    types = ["long", "int", "string", "boolean", "double", "decimal(10,2)", "date"]
    columns = [{"name": f"c{number}", "type": kind} for number, kind in enumerate(types)]
    assert add_columns_statement("t", columns) == (
        "ALTER TABLE `t` ADD COLUMNS (`c0` bigint, `c1` int, `c2` string, `c3` boolean, `c4` double,"
        " `c5` decimal(10,2), `c6` date)"
    )


def test_a_statement_is_waited_for(aws: Aws) -> None:
    clock = Clock()
    aws.runs("X", "QUEUED", "RUNNING", "SUCCEEDED")
    run_statement(aws.client("athena"), "X", PROPS, sleep=clock.sleep, clock=clock)
    assert clock.now == 2


def test_a_statement_that_fails_tells_why(aws: Aws) -> None:
    aws.runs("X", "FAILED", reason="no such table")
    with pytest.raises(SchemaError, match="Athena query q is FAILED: no such table: X"):
        run_statement(aws.client("athena"), "X", PROPS)


def test_a_statement_that_never_ends_is_given_up(aws: Aws) -> None:
    clock = Clock()
    aws.runs("X", *["RUNNING"] * 301)
    with pytest.raises(SchemaError, match="Athena query q is RUNNING: no reason given: X"):
        run_statement(aws.client("athena"), "X", PROPS, sleep=clock.sleep, clock=clock)
    assert clock.now == 300


def test_a_new_table_needs_no_statement(aws: Aws) -> None:
    aws.has_table(AT, WHO)
    made = schema_provider(aws).create(dict(PROPS))
    assert (made.id, made.outs) == ("ns.t", PROPS)


def test_a_new_column_is_added_in_place_and_looked_for(aws: Aws) -> None:
    aws.has_table(AT, WHO)
    aws.runs("ALTER TABLE `t` ADD COLUMNS (`size` bigint)", "SUCCEEDED")
    aws.has_table(AT, WHO, SIZE)
    news = {**PROPS, "columns": [AT, WHO, SIZE]}
    assert schema_provider(aws).update("ns.t", PROPS, dict(news)).outs == news


def test_a_column_that_athena_said_it_added_and_did_not_is_an_error(aws: Aws) -> None:
    aws.has_table(AT, WHO)
    aws.runs("ALTER TABLE `t` ADD COLUMNS (`size` bigint)", "SUCCEEDED")
    aws.has_table(AT, WHO)
    with pytest.raises(SchemaError, match="Athena added columns to table t, but the table lacks them"):
        schema_provider(aws).update("ns.t", PROPS, {**PROPS, "columns": [AT, WHO, SIZE]})


def test_a_table_that_cannot_be_brought_to_its_definition_is_left_alone(aws: Aws) -> None:
    aws.has_table(AT, WHO)
    with pytest.raises(SchemaError, match="table t cannot be changed: column who is in the table but not in its defin"):
        schema_provider(aws).update("ns.t", PROPS, {**PROPS, "columns": [AT, SIZE]})


def test_a_table_that_is_gone_cannot_be_brought_anywhere(aws: Aws) -> None:
    aws.has_no_table()
    with pytest.raises(SchemaError, match=r"table ns.t is not in arn:aws:s3tables:.*/lake"):
        schema_provider(aws).create(dict(PROPS))


def test_a_preview_names_everything_that_cannot_be_done(aws: Aws) -> None:
    aws.has_table(AT, WHO)
    news = {**PROPS, "columns": [{**AT, "type": "date"}, SIZE]}
    failures = schema_provider(aws).check(PROPS, news).failures
    assert [(failure.property, failure.reason) for failure in failures] == [
        ("columns", "column who is in the table but not in its definition"),
        ("columns", "column at has type 'timestamptz' in the table, 'date' in its definition"),
    ]


def test_a_preview_lets_new_columns_new_tables_and_the_unknown_pass(aws: Aws) -> None:
    provider = schema_provider(aws)
    aws.has_table(AT, WHO)
    assert provider.check(PROPS, {**PROPS, "columns": [AT, WHO, SIZE]}).failures == []
    aws.has_no_table()
    assert provider.check({}, dict(PROPS)).failures == []
    assert provider.check({}, {**PROPS, "table_name": rpc.UNKNOWN}).failures == []
    # Pulumi's host for dynamic providers hands on objects, not the text of its wire.
    assert provider.check({}, {**PROPS, "table_bucket_arn": Unknown()}).failures == []


def test_a_preview_that_may_not_look_says_so_in_one_line(aws: Aws) -> None:
    aws.stubs["s3tables"].add_client_error("get_table_metadata_location", "AccessDeniedException", "not you")
    (failure,) = schema_provider(aws).check({}, dict(PROPS)).failures
    assert failure.property == "table_name"
    assert failure.reason == (
        "table ns.t cannot be looked at (An error occurred (AccessDeniedException) when calling the"
        " GetTableMetadataLocation operation: not you): whoever deploys needs s3tables:GetTableMetadataLocation and"
        " s3tables:GetTableData on it"
    )


@pytest.mark.parametrize(
    ("news", "changes"),
    [
        (PROPS, False),
        ({**PROPS, "columns": [WHO, AT]}, False),
        ({**PROPS, "columns": [AT, WHO, SIZE]}, True),
        ({**PROPS, "table_name": "u"}, True),
        ({**PROPS, "table_bucket_arn": rpc.UNKNOWN}, True),
        ({**PROPS, "table_bucket_arn": Unknown()}, True),
    ],
    ids=["same", "reordered", "column", "table", "unknown", "unknown-object"],
)
def test_a_changed_definition_is_a_change(news: dict[str, Any], changes: bool) -> None:
    assert TableSchemaProvider().diff("ns.t", {**PROPS, "__provider": "x"}, news).changes is changes


def test_a_refresh_sees_a_column_that_somebody_dropped(aws: Aws) -> None:
    provider = schema_provider(aws)
    wanted = {**PROPS, "columns": [AT, WHO, SIZE]}
    aws.has_table(AT, WHO)
    read = provider.read("ns.t", dict(wanted))
    assert (read.id, read.outs) == ("ns.t", PROPS)
    assert provider.diff("ns.t", read.outs or {}, wanted).changes is True


def test_a_refresh_sees_that_the_table_is_gone(aws: Aws) -> None:
    aws.has_no_table()
    assert schema_provider(aws).read("ns.t", dict(PROPS)).id is None


def test_waiting_ends_when_glue_sees_the_table(aws: Aws) -> None:
    clock = Clock()
    for _ in range(3):
        aws.stubs["glue"].add_client_error("get_table", "EntityNotFoundException", expected_params=SEEN)
    aws.stubs["glue"].add_response("get_table", {"Table": {"Name": "t"}}, SEEN)
    wait_until_visible(aws.client("glue"), VISIBLE, sleep=clock.sleep, clock=clock)
    assert clock.now == 15


def test_a_source_that_does_not_answer_yet_is_waited_for(aws: Aws) -> None:
    clock = Clock()
    for error in ("FederationSourceRetryableException", "OperationTimeoutException", "ResourceNotReadyException"):
        aws.stubs["glue"].add_client_error("get_table", error, expected_params=SEEN)
    aws.stubs["glue"].add_response("get_table", {"Table": {"Name": "t"}}, SEEN)
    wait_until_visible(aws.client("glue"), VISIBLE, sleep=clock.sleep, clock=clock)
    assert clock.now == 15


def test_waiting_is_given_up_after_a_quarter_of_an_hour(aws: Aws) -> None:
    clock = Clock()
    for _ in range(181):
        aws.stubs["glue"].add_client_error("get_table", "EntityNotFoundException")
    with pytest.raises(
        TimeoutError, match=r"Glue does not see table ns\.t in catalog 1:s3tablescatalog/lake after 900 s"
    ):
        wait_until_visible(aws.client("glue"), VISIBLE, sleep=clock.sleep, clock=clock)
    assert clock.now == 900


def test_denied_is_not_waited_for(aws: Aws) -> None:
    aws.stubs["glue"].add_client_error("get_table", "AccessDeniedException")
    with pytest.raises(aws.client("glue").exceptions.AccessDeniedException):
        visible_provider(aws).create(dict(VISIBLE))


def test_the_wait_is_a_resource_that_is_gone_when_the_table_is(aws: Aws) -> None:
    provider = visible_provider(aws)
    seen = {"Table": {"Name": "t"}}
    for _ in range(3):
        aws.stubs["glue"].add_response("get_table", seen, SEEN)
    made = provider.create(dict(VISIBLE))
    assert (made.id, made.outs) == ("1:s3tablescatalog/lake/ns/t", VISIBLE)
    assert provider.update(made.id, {}, dict(VISIBLE)).outs == VISIBLE
    assert provider.read(made.id, dict(VISIBLE)).outs == VISIBLE
    assert provider.diff(made.id, VISIBLE, VISIBLE).changes is False
    assert provider.diff(made.id, VISIBLE, {**VISIBLE, "table_name": "u"}).changes is True
    aws.stubs["glue"].add_client_error("get_table", "EntityNotFoundException")
    assert provider.read(made.id, dict(VISIBLE)).id is None
