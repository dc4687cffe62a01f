"""A query's way through Athena: started once, stopped, its results in a file and in pages."""

# ruff: noqa: S608 - the queries name this module's own table

import threading
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from botocore.exceptions import ClientError

from embedded_aws.athena import engine, executions
from embedded_aws.server import EmbeddedAws
from tests.embedded.athena_kit import Lake

ROWS = [
    {
        "key": "a",
        "time": datetime(2026, 11, 22, 10, tzinfo=UTC),
        "bytes": 7,
        "price": Decimal("2.01"),
        "billable": True,
    },
    {"key": "b", "time": datetime(2026, 11, 21, 23, 30, tzinfo=UTC), "bytes": None, "price": None, "billable": False},
]


@pytest.fixture(scope="module")
def lake(aws: EmbeddedAws) -> Lake:
    made = Lake.make(aws, "executions")
    made.append(ROWS)
    return made


def test_results_are_a_quoted_csv_where_the_workgroup_says(lake: Lake) -> None:
    found = lake.query("SELECT key, bytes, 'say \"x\"' AS said FROM {table} ORDER BY key")
    assert found.location == f"s3://{lake.results}/answers/{found.id}.csv"
    content = lake.client("s3").get_object(Bucket=lake.results, Key=f"answers/{found.id}.csv")["Body"].read()
    assert content == b'"key","bytes","said"\n"a","7","say ""x"""\n"b",,"say ""x"""\n'


def test_results_come_in_pages_with_the_header_once(lake: Lake) -> None:
    found = lake.query("SELECT n FROM unnest(sequence(1, 5)) AS s(n) ORDER BY n")
    pages = lake.client("athena").get_paginator("get_query_results")
    sizes = [
        [row["Data"][0]["VarCharValue"] for row in page["ResultSet"]["Rows"]]
        for page in pages.paginate(QueryExecutionId=found.id, PaginationConfig={"PageSize": 4})
    ]
    assert sizes == [["n", "1", "2", "3"], ["4", "5"]]


def test_a_result_whose_file_is_gone_is_gone(lake: Lake) -> None:
    found = lake.query("SELECT 1")
    lake.client("s3").delete_object(Bucket=lake.results, Key=f"answers/{found.id}.csv")
    with pytest.raises(ClientError, match="Could not find results"):
        lake.client("athena").get_query_results(QueryExecutionId=found.id)


def test_a_query_has_at_most_262144_bytes(lake: Lake) -> None:
    frame = "SELECT '' AS a"
    text = "é" * ((262_144 - len(frame)) // 2)
    assert lake.rows(frame.replace("''", f"'{text}'")) == [[text]]
    with pytest.raises(ClientError, match="less than or equal to 262144"):
        lake.start(frame.replace("''", f"'{text}x'"))


def test_parameters_and_prepared_statements(lake: Lake) -> None:
    sql = "SELECT key FROM {table} WHERE key = ? AND time >= ?"
    parameters = ["'a'", "TIMESTAMP '2026-11-22 00:00:00 UTC'"]
    assert lake.rows(sql, ExecutionParameters=parameters) == [["a"]]
    statement = sql.replace("{table}", lake.name)
    athena = lake.client("athena")
    athena.create_prepared_statement(StatementName="by_key", WorkGroup=lake.workgroup, QueryStatement=statement)
    assert lake.rows("EXECUTE by_key", ExecutionParameters=parameters) == [["a"]]
    assert lake.rows("EXECUTE by_key USING 'b', TIMESTAMP '2026-11-21 00:00:00 UTC'") == [["b"]]


def test_a_stopped_query_stays_cancelled(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    ended, go_on, run = threading.Event(), threading.Event(), executions._Query.run
    monkeypatch.setattr(engine, "select", lambda *_: (go_on.wait(30), engine.Result([], b"", 0))[1])
    monkeypatch.setattr(executions._Query, "run", lambda query: (run(query), ended.set()))
    athena = lake.client("athena")
    query_id = lake.start("SELECT 1")
    athena.stop_query_execution(QueryExecutionId=query_id)
    go_on.set()
    assert ended.wait(30)
    status = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"]
    assert status["State"] == "CANCELLED"
    with pytest.raises(ClientError, match="Final query state: CANCELLED"):
        athena.get_query_results(QueryExecutionId=query_id)


def test_a_request_token_starts_one_query(lake: Lake) -> None:
    first = lake.start("SELECT 1", ClientRequestToken="t" * 40)
    assert lake.start("SELECT 1", ClientRequestToken="t" * 40) == first
    for other in ({"sql": "SELECT 2"}, {"sql": "SELECT 1", "QueryExecutionContext": {"Database": "other"}}):
        with pytest.raises(ClientError, match="Idempotent parameters do not match"):
            lake.start(**other, ClientRequestToken="t" * 40)


def test_named_queries_are_kept(lake: Lake) -> None:
    athena = lake.client("athena")
    made = athena.create_named_query(
        Name="usage", Database="usage", QueryString=f"SELECT count(*) FROM {lake.name}", WorkGroup=lake.workgroup
    )["NamedQueryId"]
    saved = athena.get_named_query(NamedQueryId=made)["NamedQuery"]
    assert lake.rows(saved["QueryString"]) == [["2"]]


def test_boto3_sees_no_time_of_the_hosts_zone(lake: Lake) -> None:
    query_id = lake.start("SELECT 1")
    athena = lake.client("athena")
    submitted = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"]["SubmissionDateTime"]
    assert abs((datetime.now(UTC) - submitted).total_seconds()) < 60
