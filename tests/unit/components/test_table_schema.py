"""Tables are brought to their definition in place or not at all."""

from typing import Any

import pytest
from pulumi.output import Unknown
from pulumi.runtime import rpc

from components._ensure.table_schema import SchemaError, TableSchemaProvider, add_columns_statement, run_statement
from tests.unit.components.table_kit import AT, PROPS, SIZE, WHO, Aws, Clock


def schema_provider(aws: Aws) -> TableSchemaProvider:
    provider = TableSchemaProvider()
    provider.client = aws.client  # type: ignore[method-assign,assignment]
    return provider


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
