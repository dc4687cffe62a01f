"""The operator's commands against the deployed program, each in the operator's role."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.server import EmbeddedAws
from tests.embedded.command_kit import PROJECT, environment
from tests.embedded.operate_kit import Do, ErrorObjects, error_objects, typing
from tests.unit.tools.operate_kit import event, log_line
from tools.lake import Lake
from tools.operate.stack import OperatorStack
from tools.outputs import StackOutputs

MARCH = datetime(2025, 3, 1, tzinfo=UTC)
NOT_RECONCILED = "of api-requests must be reconciled to be accepted, is not; see `reconcile`"
WHO = "arn:aws:iam::000000000000:root"


@pytest.fixture(scope="module")
def stack(outputs: StackOutputs) -> OperatorStack:
    return OperatorStack(outputs)


@pytest.fixture
def do(stack: OperatorStack, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Do:
    return typing(stack, capfd, monkeypatch)


@pytest.fixture
def errors(outputs: StackOutputs, request: pytest.FixtureRequest) -> Iterator[ErrorObjects]:
    yield from error_objects(outputs, request.param)


def in_march(key: str, day: int, tenant: str) -> bytes:
    """Give an access-log line of a day of March 2025."""
    epoch = int(MARCH.replace(day=day, hour=12).timestamp() * 1000)
    return log_line(key, request_time_epoch=str(epoch), tenant_id=tenant)


def rows(outputs: StackOutputs, *keys: str) -> tuple[int, int]:
    found = Lake(outputs).count(keys, MARCH)
    return found.rows, found.distinct_keys


@pytest.mark.parametrize("errors", ["2020-01-01T01"], indirect=True)
def test_what_failed_becomes_rows_and_what_fails_again_is_told_apart(
    do: Do, aws: EmbeddedAws, outputs: StackOutputs, errors: ErrorObjects
) -> None:
    errors.put("one", in_march("op-a", 1, "op-acme"), b"{", in_march("op-b", 1, "op-acme"))
    times = {"time": "2025-03-01T09:00:00Z", "tenantid": "op-acme"}
    errors.put("two", event("op-e", **times), event("op-f", type="unknown", **times), events=True)
    dry = do(f"replay {errors.window}")
    assert [(one["source"], one["records"], one["put"], one["never"]) for one in dry["sources"]] == [
        ("api-requests", 2, 0, {"NotJson": 1}),
        ("usage-events", 2, 0, {}),
    ]
    assert (rows(outputs, "op-a", "op-b"), dry["action_id"]) == ((0, 0), None)
    # What fails again may be there at once, or later: the exit code tells which.
    done = do(f"replay {errors.window} --apply --wait 0.01 --reason", "they had timed out", code=None)
    assert [(one["put"], one["done_before"]) for one in done["sources"]] == [(2, 0), (2, 0)]
    aws.firehose.flush()
    assert rows(outputs, "op-a", "op-b") == (2, 2)
    again = do(f"replay --status {done['action_id']}", code=1)
    [place] = again.pop("objects")
    assert place.startswith(f"s3://{outputs.usage_events_error_bucket_name}/errors/processing-failed/")
    codes = {"Lambda.ProcessingFailedStatus": 1}
    assert again == {
        "action_id": done["action_id"],
        "state": "done",
        "put": 4,
        "failed": 1,
        "codes": codes,
        "others": 3,
    }
    repeated = do(f"replay {errors.window} --apply --reason", "again")
    assert [(one["put"], one["done_before"]) for one in repeated["sources"]] == [(0, 1), (0, 1)]
    actions = {one["id"]: one for one in do("actions")}
    kept = actions[done["action_id"]]
    assert {name: kept[name] for name in ("by", "command", "reason", "state")} == {
        "by": WHO,
        "command": "replay",
        "reason": "they had timed out",
        "state": "done",
    }
    assert kept["result"]["sources"] == done["sources"]
    assert do(f"actions {done['action_id']}") == kept


@pytest.mark.parametrize("errors", ["2020-01-01T02"], indirect=True)
def test_a_replay_that_is_killed_is_gone_on_with(
    do: Do, aws: EmbeddedAws, outputs: StackOutputs, errors: ErrorObjects, tmp_path: Path
) -> None:
    keys = [f"op-killed-{number}" for number in range(60)]
    for key in keys:
        errors.put(key, in_march(key, 2, "op-killed"))
    file = tmp_path / "outputs.json"
    file.write_text(json.dumps(asdict(outputs)))
    line = f"replay --source api-requests {errors.window} --apply --reason killed --outputs {file}"
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "tools.operate", *line.split()], cwd=PROJECT, env=environment(tmp_path)
    )
    try:
        marks = OperatorStack(outputs, as_caller=True).marks
        own = {key for _, key in errors.keys}

        def states() -> list[tuple[str, int]]:
            every = marks.of(outputs.error_bucket_name).values()
            return [(mark.state, mark.put) for mark in every if mark.key in own]

        end = time.monotonic() + 30
        while states().count(("done", 1)) < 5:
            assert time.monotonic() < end
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait()
    left: list[tuple[str, int]] = []
    while left != (left := states()):
        time.sleep(0.2)  # what was on its way when the process was killed may still arrive
    done = left.count(("done", 1))
    [killed] = [one for one in do("actions") if one["reason"] == "killed"]
    assert (killed["state"], "result" in killed) == ("started", False)
    assert done < len(keys)
    found = do(f"replay --source api-requests {errors.window} --apply --reason", "go on")["sources"][0]
    assert (found["put"], found["done_before"], found["resumed"]) == (
        len(keys) - sum(put for _, put in left),
        done,
        len(left) - done,
    )
    assert set(states()) == {("done", 1)}
    aws.firehose.flush()
    assert rows(outputs, *keys)[1] == len(keys)


def test_lines_that_were_never_delivered_are_backfilled(
    do: Do, aws: EmbeddedAws, outputs: StackOutputs, tmp_path: Path
) -> None:
    file, events = tmp_path / "lines.txt", tmp_path / "events.ndjson"
    lines = [in_march(f"op-back-{number}", 3, "op-back") for number in range(3)]
    file.write_bytes(b"".join([*lines, b"\n", b"no line\n"]))
    told = do(f"backfill {file} --source api-requests --apply --reason x", code=2)
    assert told == (
        f"error: {file}: every line must be a record that can be a row, 1 are none (NotJson 1), in lines 5; "
        "mend them, or leave them out by --skip-invalid"
    )
    dry = do(f"backfill {file} --source api-requests --skip-invalid")
    assert (dry["lines"], dry["invalid"], dry["in_table"], dry["put"]) == (
        3,
        [{"number": 5, "reason": "NotJson"}],
        0,
        0,
    )
    done = do(f"backfill {file} --source api-requests --skip-invalid --apply --reason", "a stage without its stream")
    assert done == {**dry, "action_id": done["action_id"], "put": 3, "months": done["months"]}
    assert [(one["month"], one["lines"]) for one in done["months"]] == [("2025-03", 3)]
    aws.firehose.flush()
    assert rows(outputs, *(f"op-back-{number}" for number in range(3))) == (3, 3)
    repeated = do(f"backfill {file} --source api-requests --skip-invalid --apply --reason", "again")
    assert (repeated["in_table"], repeated["put"]) == (3, 0)
    own = {"time": "2025-03-03T09:00:00Z", "tenantid": "op-back"}
    events.write_bytes(event("op-1", **own) + b"\n" + event("op-2", type="unknown", **own))
    found = do(f"backfill {events} --source usage-events --skip-invalid")
    assert (found["lines"], found["invalid"]) == (1, [{"number": 2, "reason": "UnknownEventType"}])
    [action] = [one for one in do("actions") if one["id"] == done["action_id"]]
    assert action["arguments"] == {
        "file": str(file),
        "sha256": done["digest"],
        "source": "api-requests",
        "skip_invalid": True,
    }


def test_records_are_taken_out_of_the_count_and_put_back(do: Do, aws: EmbeddedAws, tmp_path: Path) -> None:
    file = tmp_path / "lines.txt"
    file.write_bytes(b"".join(in_march(f"op-void-{day}", day, "op-void") for day in (4, 5, 5 + 1)))
    do(f"backfill {file} --source api-requests --apply --reason", "for the test")
    aws.firehose.flush()
    selection = "--source api-requests --tenant op-void --from 2025-03-05T00:00:00Z --to 2025-04-01T00:00:00Z"
    first, second = "--at 2098-01-01T00:00:00Z", "--at 2098-01-02T00:00:00Z"  # after other tests' final bills
    dry = do(f"void {selection} {first}")
    days = [{"tenant_id": "op-void", "day": f"2025-03-0{day}", "records": 1} for day in (5, 6)]
    assert (dry["records"], dry["days"], dry["action_id"]) == (2, days, None)
    done = do(f"void {selection} {first} --apply --reason", "sent by mistake")
    assert (done["records"], done["left"]) == (2, 0)
    assert counted(do) == (3, 2, 1)
    assert do(f"void {selection} {first}")["records"] == 0
    by_key = do(f"void --source api-requests --key op-void-4 --key none {first} --apply --reason", "and this")
    assert by_key["records"] == 1
    back = do(f"unvoid --source api-requests --action {done['action_id']} {second} --apply --reason", "it was right")
    assert (back["records"], back["left"], counted(do)) == (2, 0, (3, 1, 2))
    [action] = [one for one in do("actions") if one["id"] == done["action_id"]]
    assert action["arguments"] == {
        "source": "api-requests",
        "tenant": "op-void",
        "from": "2025-03-05T00:00:00Z",
        "to": "2025-04-01T00:00:00Z",
    }
    assert (action["result"]["records"], len(action["result"]["queries"])) == (2, 1)


def counted(do: Do) -> tuple[int, int, int]:
    found = do("explain op-void 2025-03 --at 2098-01-03T00:00:00Z")["sources"]["api-requests"]
    return found["records"], found["void"], found["counted"]


def test_an_hour_is_accepted_by_name(do: Do, outputs: StackOutputs) -> None:
    table = outputs.session().resource("dynamodb").Table(outputs.reconciliation_table_name)
    open_hour = {"source": "api-requests", "state": "missing", "missing": 3, "unexplained": 0, "figures": {"rows": 1}}
    hours = [f"2025-02-03T0{hour}:00:00Z" for hour in range(3)]
    for hour in hours:
        item = {**open_hour, "hour": hour, "checked_at": "2025-02-03T12:00:00Z", "checks": 1}
        table.put_item(Item={**item, "state": "balanced", "missing": 0} if hour == hours[2] else item)
    assert [one["hour"] for one in do("hours --period 2025-02 --open", code=1)] == hours[:2]
    dry = do(f"accept --hour {hours[0]} --source api-requests")
    told = [{"hour": hours[0], "state": "missing", "missing": 3, "unexplained": 0}]
    assert dry == {"action_id": None, "source": "api-requests", "hours": told, "changed": []}
    done = do(f"accept --hour {hours[0]} --source api-requests --apply --reason", "a test")
    assert done["hours"] == told
    [accepted] = [one["accepted"] for one in do("hours --period 2025-02", code=1) if "accepted" in one]
    at = accepted.pop("at")
    assert at.endswith("Z")
    whose = {"by": WHO, "reason": "a test", "action_id": done["action_id"]}
    assert accepted == {**whose, "missing": 3, "unexplained": 0}
    again = do(f"accept --hour {hours[0]} --source api-requests", code=2)
    accepted_by = (
        f"error: hour {hours[0]} of api-requests must be missing or unexplained to be accepted, is accepted by"
    )
    assert again == f"{accepted_by} {WHO}"
    assert [one["hour"] for one in do("accept --period 2025-02 --source api-requests")["hours"]] == [hours[1]]
    do("accept --period 2025-02 --source api-requests --apply --reason", "a test")
    assert do("hours --period 2025-02 --open") == []


@pytest.mark.parametrize("errors", ["2020-01-01T03"], indirect=True)
def test_a_look_tells_what_is_wrong(do: Do, stack: OperatorStack, outputs: StackOutputs, errors: ErrorObjects) -> None:
    before = do("status", code=None)
    errors.put("one", in_march("op-s", 1, "op-status"))
    table = outputs.session().resource("dynamodb").Table(outputs.reconciliation_table_name)
    hour = stack.at - timedelta(days=40)
    name = f"{hour:%Y-%m-%dT%H}:00:00Z"
    item = {"source": "usage-events", "hour": name, "state": "unexplained", "missing": 0, "unexplained": 1}
    table.put_item(Item={**item, "figures": {}, "checked_at": name, "checks": 1})
    found = do("status", code=1)
    table.delete_item(Key={"source": "usage-events", "hour": name})
    assert found["error_objects"]["api-requests"] == before["error_objects"]["api-requests"] + 1
    assert found["open_hours"]["usage-events"] == before["open_hours"]["usage-events"] + 1
    assert {"alarms", "dead_letters", "error_objects", "open_hours", "unfinalized"} == set(found)


def test_only_alarms_that_are_on_and_of_this_deployment_are_told(do: Do, outputs: StackOutputs) -> None:
    cloudwatch = outputs.session().client("cloudwatch")
    pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmTypes=["MetricAlarm"])
    own = [
        alarm for page in pages for alarm in page["MetricAlarms"] if outputs.alarm_topic_arn in alarm["AlarmActions"]
    ]
    alarm = own[0]["AlarmName"]
    cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="a test")
    [told] = [one for one in do("status", code=1)["alarms"] if one["name"] == alarm]
    cloudwatch.set_alarm_state(AlarmName=alarm, StateValue=own[0]["StateValue"], StateReason="the test is over")
    assert told["why"] == "a test"


def test_hours_are_reconciled_out_of_turn(do: Do) -> None:
    found = do("reconcile --from 2025-02-10T00:00:00Z --to 2025-02-10T02:00:00Z")
    assert found == {"sources": {"api-requests": {"balanced": 2}, "usage-events": {"balanced": 2}}, "hours": []}
    assert "both ends of the range" in do("reconcile --from 2025-02-10T00:00:00Z", code=2)
    [kept] = [one for one in do("actions") if one["arguments"].get("from") == "2025-02-10T00:00:00Z"]
    assert (kept["command"], kept["by"], kept["state"]) == ("reconcile", WHO, "done")


def test_hours_to_come_are_not_reconciled(do: Do, stack: OperatorStack) -> None:
    hour = "2097-02-10T00:00:00Z"
    told = do("reconcile --at 2097-02-10T02:00:00Z --from 2097-02-10T00:00:00Z --to 2097-02-10T01:00:00Z", code=2)
    assert told.startswith("error: reconcile: --at: must not be ahead, or hours that have not happened yet would be")
    assert told.endswith("Z, got 2097-02-10T02:00:00Z")
    assert "--to: must not be after" in do(f"reconcile --from 2097-02-10T00:00:00Z --to {hour}", code=2)
    assert list(stack.store.reconciled_hours("api-requests", hour, hour)) == []


def test_the_role_does_not_let_operators_change_what_happened(stack: OperatorStack, outputs: StackOutputs) -> None:
    key = {"pk": {"S": "ACTION"}, "sk": {"S": "x"}}
    with pytest.raises(ClientError, match="AccessDenied"):
        stack.s3.put_object(Bucket=outputs.error_bucket_name, Key="x", Body=b"")
    with pytest.raises(ClientError, match="AccessDenied"):
        stack.s3.delete_object(Bucket=outputs.error_bucket_name, Key="x")
    with pytest.raises(ClientError, match="AccessDenied"):
        stack.dynamodb.delete_item(TableName=outputs.actions_table_name, Key=key)
    with pytest.raises(ClientError, match="AccessDenied"):
        stack.dynamodb.put_item(TableName=outputs.invoices_table_name, Item=key)
    functions, transform = stack.session.client("lambda"), outputs.usage_events_transform_function_name
    assert functions.get_function(FunctionName=transform, Qualifier="live")["Configuration"]["FunctionName"]
    with pytest.raises(ClientError, match="AccessDenied"):
        functions.get_function(FunctionName=transform)  # the newest code need not be the live one


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("replay --source logs", 'error: source must be one of api-requests, usage-events, got "logs"'),
        ("replay --apply", "error: replay --apply: --reason must say why this is done, is missing"),
        ("replay --wait 5", "error: --wait is for --apply: nothing is put in a dry run, got 5"),
        ("replay --status none", 'error: action must be one that `actions` lists, got "none"'),
        (
            "void --source api-requests",
            "error: void: name one of: keys, by --key, or a --tenant with --from and --to",
        ),
        (
            "void --source api-requests --tenant a --from 2025-03-01T00:00:00Z",
            "error: --from and --to: both ends of the range must be named, one is missing",
        ),
        (
            "void --source api-requests --tenant a",
            "error: --tenant: the range must be named by --from and --to, is missing",
        ),
        (
            "void --source usage-events --key a",
            "error: --key of usage-events must have tenant_id, source, id, got 1 values",
        ),
        ("unvoid --source api-requests --action none", 'error: action must be one that `actions` lists, got "none"'),
        (
            "accept --hour 2025-02-28T00:00:00Z --source api-requests",
            f"error: hour 2025-02-28T00:00:00Z {NOT_RECONCILED}",
        ),
        (
            "accept --hour 2025-02-28T00:10:00Z --source api-requests",
            "error: hour must be a full one, such as 2026-10-05T14:00:00Z, got 2025-02-28T00:10:00Z",
        ),
    ],
)
def test_what_cannot_be_done_says_why(do: Do, line: str, message: str) -> None:
    assert do(line, code=2) == message


def test_dry_runs_write_nothing(do: Do, outputs: StackOutputs) -> None:
    before = everything(outputs)
    do("replay --until 2021-01-01T00:00:00Z")
    selection = "--source api-requests --tenant op-void --from 2025-03-01T00:00:00Z --to 2025-04-01T00:00:00Z"
    do(f"void {selection} --at 2098-01-04T00:00:00Z")
    do(f"unvoid {selection} --at 2098-01-04T00:00:00Z")
    assert everything(outputs) == before


def everything(outputs: StackOutputs) -> Any:
    dynamodb = outputs.session().client("dynamodb")
    names = (outputs.actions_table_name, outputs.reconciliation_table_name, outputs.invoices_table_name)
    [tombstones] = Lake(outputs).query(f"SELECT count(*) AS n FROM {outputs.tombstones_table}")  # noqa: S608 - ours
    return [dynamodb.scan(TableName=name)["Items"] for name in names], tombstones["n"]
