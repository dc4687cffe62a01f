"""Faults that are set on demand: what each does, that it is counted, and that nothing strikes once it is cleared."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import urllib3

from embedded_aws.clock import CLOCK
from embedded_aws.faults import FAULTS, Fault, Kind
from embedded_aws.gateway.lost_lines import LostLines
from embedded_aws.server import EmbeddedAws
from tests.embedded.firehose_kit import COPY, Stream, refusal, row
from tests.embedded.gateway_api import Api
from tests.embedded.gateway_kit import client, invoke, make_function, unique

AT_ONCE = {"BufferIntervalInSeconds": "0", "NumberOfRetries": "1"}


def call(aws: EmbeddedAws, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    url = f"{aws.url}/_embedded/{path}"
    answer = urllib3.request(method, url, body=None if body is None else json.dumps(body))
    return answer.status, answer.json()


def shown(aws: EmbeddedAws, name: str) -> dict[str, Any]:
    _, answer = call(aws, "GET", "faults")
    [fault] = [one for one in answer["faults"] if one["name"] == name]
    return dict(fault)


@pytest.fixture
def fault(aws: EmbeddedAws) -> Iterator[Any]:
    """Set a fault of its own name; all are cleared after the test."""
    names: list[str] = []

    def set_fault(kind: str, target: str, **options: Any) -> str:
        names.append(unique("fault"))
        given = {"name": names[-1], "kind": kind, "target": target, **options}
        status, answer = call(aws, "POST", "faults", {"seed": 1, "set": [given]})
        assert status == 200, answer
        return names[-1]

    yield set_fault
    status, _ = call(aws, "POST", "faults", {"clear": names})
    assert status == 200


def clear(aws: EmbeddedAws, name: str) -> dict[str, Any]:
    call(aws, "POST", "faults", {"clear": [name]})
    return shown(aws, name)


def test_a_crash_is_a_failed_invocation_and_the_next_one_works(aws: EmbeddedAws, fault: Any) -> None:
    function = make_function(aws, "def handler(event, context): return 'well'")
    name = fault("crash", function, count=1)
    body, error = invoke(aws, function)
    assert (body["errorType"], error) == ("InjectedFaultError", "Unhandled")
    assert invoke(aws, function) == ("well", None)
    assert shown(aws, name)["struck"] == 1


def test_a_timeout_is_one_without_the_wait(aws: EmbeddedAws, fault: Any) -> None:
    function = make_function(aws, "def handler(event, context): return 'well'", Timeout=900)
    fault("timeout", function, count=1)
    body, error = invoke(aws, function)
    assert (body["errorType"], error) == ("Sandbox.Timedout", "Unhandled")
    assert body["errorMessage"].endswith("Error: Task timed out after 900.00 seconds")
    found = client(aws, "cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="Duration",
        Dimensions=[{"Name": "FunctionName", "Value": function}],
        StartTime=CLOCK.now() - timedelta(minutes=5),
        EndTime=CLOCK.now() + timedelta(minutes=5),
        Period=3600,
        Statistics=["Maximum"],
    )
    assert max(point["Maximum"] for point in found["Datapoints"]) == 900_000
    assert invoke(aws, function) == ("well", None)


def test_a_kill_ends_the_process_in_mid_call(aws: EmbeddedAws, fault: Any) -> None:
    source = """
        import os, time
        def handler(event, context):
            time.sleep(event)
            return os.getpid()
    """
    function = make_function(aws, source)
    process, _ = invoke(aws, function, 0)
    fault("kill", function, count=1)
    body, error = invoke(aws, function, 30)
    assert (body["errorType"], error) == ("Runtime.ExitError", "Unhandled")
    assert body["errorMessage"].endswith("Runtime exited with error: signal 9")
    assert invoke(aws, function, 0)[0] != process


def test_a_kill_may_come_when_all_is_done_and_only_the_answer_is_lost(
    aws: EmbeddedAws, fault: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    function = make_function(aws, "def handler(event, context): return open(event, 'w').write('done')")
    fault("kill", function, count=1)
    monkeypatch.setattr(FAULTS, "choose", max)
    body, _ = invoke(aws, function, str(tmp_path / "mark"))
    assert (body["errorType"], (tmp_path / "mark").read_text()) == ("Runtime.ExitError", "done")


@pytest.mark.parametrize("seed", range(4))
def test_nonsense_of_a_transform_ends_in_the_error_bucket(aws: EmbeddedAws, fault: Any, seed: int) -> None:
    stream = Stream(aws, COPY, parameters=AT_ONCE)
    function = stream.function_arn.split(":")[6]
    fault("nonsense", function)
    FAULTS.seed(seed)
    stream.put(row(1), row(2))
    stream.flush()
    assert stream.rows() == []
    assert sorted(one["id"] for one in stream.raw()) == ["r00001", "r00002"]
    assert set(stream.codes()) <= {"Lambda.FunctionError", "Lambda.MissingRecordId", "Lambda.DuplicatedRecordId"}


def test_a_bucket_that_takes_nothing_holds_the_records_until_it_does(aws: EmbeddedAws, fault: Any) -> None:
    stream = Stream(aws)
    name = fault("s3", stream.bucket)
    put = client(aws, "s3").put_object
    assert refusal(put, Bucket=stream.bucket, Key="k", Body=b"")[0] == "InternalError"
    stream.put(b"no row")
    stream.flush(timeout=0.5)
    assert (stream.errors(), aws.firehose.report().streams[stream.name].undelivered) == ([], 1)
    assert clear(aws, name)["struck"] >= 3
    stream.flush()
    assert (len(stream.errors()), aws.firehose.report().streams[stream.name].undelivered) == (1, 0)


def test_a_failed_commit_is_tried_again_and_then_put_aside(aws: EmbeddedAws, fault: Any) -> None:
    patient = Stream(aws, settings={"RetryOptions": {"DurationInSeconds": 60}})
    fault("commit", patient.table.table, count=2)
    patient.put(row(1))
    patient.flush()
    assert (patient.ids(), patient.errors()) == (["r00001"], [])
    hasty = Stream(aws)
    fault("commit", hasty.table.table)
    hasty.put(row(1))
    hasty.flush()
    assert (hasty.ids(), hasty.codes()) == ([], ["Iceberg.CommitFailed"])


def test_a_throttled_stream_refuses_records_and_batches_or_part_of_them(aws: EmbeddedAws, fault: Any) -> None:
    stream = Stream(aws)
    name = fault("throttle", stream.name)
    record = {"Data": json.dumps(row(0)).encode()}
    put = client(aws, "firehose").put_record
    assert refusal(put, DeliveryStreamName=stream.name, Record=record) == (
        "ServiceUnavailableException",
        "Slow down.",
    )
    taken = refused = 0
    for number in range(4):
        records = [{"Data": json.dumps(row(number * 10 + one)).encode()} for one in range(10)]
        try:
            answer = stream.firehose.put_record_batch(DeliveryStreamName=stream.name, Records=records)
        except stream.firehose.exceptions.ServiceUnavailableException:
            refused += 10
            continue
        errors = [one for one in answer["RequestResponses"] if "ErrorCode" in one]
        assert len(errors) == answer["FailedPutCount"]
        assert all(one["ErrorCode"] == "ServiceUnavailableException" for one in errors)
        refused, taken = refused + len(errors), taken + 10 - len(errors)
    clear(aws, name)
    stream.flush()
    assert taken > 0
    assert refused > taken
    assert len(stream.rows()) == taken
    assert stream.metric("ThrottledRecords") >= refused + 1


def test_a_batch_delivered_twice_is_counted_once(aws: EmbeddedAws, fault: Any) -> None:
    stream = Stream(aws)
    name = fault("duplicate", stream.name, count=2)
    stream.put(row(1), row(2))
    stream.flush()
    assert stream.ids() == ["r00001", "r00001", "r00002", "r00002"]
    counts = aws.firehose.report().streams[stream.name]
    assert (counts.received, counts.rows, shown(aws, name)["struck"]) == (2, 2, 2)


def test_records_held_back_keep_their_arrival_and_go_on_when_released(aws: EmbeddedAws, fault: Any) -> None:
    stream = Stream(aws)
    name = fault("hold", stream.name)
    before = CLOCK.now()
    try:
        CLOCK.set(datetime(2026, 10, 5, 14, tzinfo=UTC))
        stream.put(b"held")
        CLOCK.set(datetime(2026, 10, 5, 18, 30, tzinfo=UTC))
        stream.flush(timeout=0.3)
        assert (stream.errors(), aws.firehose.report().streams[stream.name].undelivered) == ([], 1)
        assert clear(aws, name)["struck"] == 1
        stream.flush()
        [[key, [record]]] = stream.objects().items()
    finally:
        CLOCK.set(before)
    arrived = datetime.fromtimestamp(record["arrivalTimestamp"] / 1000, UTC)
    assert (arrived - datetime(2026, 10, 5, 14, tzinfo=UTC)).total_seconds() < 60
    # The object's name bears the clock's time, by which an operator looks for it.
    assert f"{stream.name}-1-2026-10-05-18-30-" in key


def test_a_chance_is_the_same_for_the_same_seed() -> None:
    def struck(seed: int) -> list[bool]:
        FAULTS.seed(seed)
        FAULTS.set(Fault("chance", Kind.COMMIT, "some-table", probability=0.5))
        return [FAULTS.strike("some-table", Kind.COMMIT) is not None for _ in range(40)]

    try:
        assert struck(7) == struck(7)
        assert struck(7) != struck(8)
        assert 5 < sum(struck(7)) < 35
        assert FAULTS.strike("other-table", Kind.COMMIT) is None
        assert FAULTS.strike("some-table", Kind.THROTTLE) is None
    finally:
        FAULTS.clear("chance")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"sets": []}, "faults: seed, clear and set are known, not ['sets']"),
        ({"set": ["all"]}, "a fault must be an object, not 'all'"),
        ({"set": [{"name": "n", "kind": "rain", "target": "t"}]}, "kind: one of crash, timeout, nonsense, kill"),
        ({"set": [{"name": "n", "kind": "crash"}]}, "target: must be text, not None"),
        (
            {"set": [{"name": "n", "kind": "crash", "target": "t", "probability": 0}]},
            "probability: above 0 and at most",
        ),
        ({"set": [{"name": "n", "kind": "crash", "target": "t", "count": 0}]}, "count: a whole number of at least 1"),
        ({"set": [{"name": "n", "kind": "crash", "target": "t", "when": 1}]}, "a fault has name, kind, target,"),
    ],
)
def test_a_fault_that_is_none_is_refused(aws: EmbeddedAws, body: Any, message: str) -> None:
    _, before = call(aws, "GET", "faults")
    status, answer = call(aws, "POST", "faults", body)
    assert status == 400
    assert answer["message"].startswith(message)
    assert call(aws, "GET", "faults")[1] == before


def test_a_line_that_no_stream_takes_is_kept(aws: EmbeddedAws, fault: Any) -> None:
    stream = Stream(aws, prefix="amazon-apigateway-lost")
    api = Api(aws)
    api.log_to(stream.arn, '{"id":"$context.extendedRequestId","status":"$context.status"}\n')
    name = fault("throttle", stream.name)
    lost = api.get()
    clear(aws, name)
    api.get()
    _, answer = call(aws, "GET", "lost-lines")
    [line] = [one for one in answer["lines"] if one["destination"] == stream.arn]
    assert json.loads(line["line"]) == {"id": lost.headers["x-amz-apigw-id"], "status": "401"}
    assert "ServiceUnavailableException" in line["refusal"]
    assert answer["lost"][stream.arn] == 1
    _, answer = call(aws, "DELETE", "lost-lines")
    assert (answer["lines"], answer["lost"][stream.arn]) == ([], 1)


def test_lost_lines_are_kept_up_to_a_bound() -> None:
    lines = LostLines(most=2)
    for number in range(3):
        lines.add("arn", f"line {number}", "busy")
    found = lines.shown()
    assert [one["line"] for one in found["lines"]] == ["line 1", "line 2"]
    assert found["lost"] == {"arn": 3}


def test_what_a_stream_holds_can_be_delivered_over_http(aws: EmbeddedAws) -> None:
    never = {"BufferingHints": {"SizeInMBs": 128, "IntervalInSeconds": 900}}
    stream = Stream(aws, settings=never)
    stream.put(row(1))
    _, before = call(aws, "GET", "firehose")
    assert before["streams"][stream.name]["undelivered"] == 1
    status, answer = call(aws, "POST", "firehose/flush", {"streams": [stream.name], "timeout": 20})
    assert (status, answer["streams"][stream.name]["undelivered"]) == (200, 0)
    assert stream.ids() == ["r00001"]
    assert call(aws, "POST", "firehose/flush", {"streams": "all"})[0] == 400
