"""The deployed reconciler: records go wrong on their way, hours are reconciled, a replay mends what it can."""

import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from billing.moments import moment_text
from billing.reconciliation import acceptance, read_reconciliation
from cloud_events import time_text
from embedded_aws.clock import CLOCK
from embedded_aws.faults import FAULTS, Fault, Kind
from embedded_aws.server import EmbeddedAws
from error_bucket import ErrorBucket, Marks, is_done
from metering.records import API_REQUESTS, USAGE_EVENTS
from rating.period import Period
from tests.embedded.gateway_kit import request
from tools import late
from tools.billing.stack import BillingStack
from tools.embedded import Embedded
from tools.outputs import StackOutputs
from tools.people import signed_in

REQUESTS, EVENTS = API_REQUESTS.role, USAGE_EVENTS.role
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@dataclass
class Deployment:
    """The deployed program in a month of its own, of which only the first hours have passed."""

    aws: EmbeddedAws
    outputs: StackOutputs
    period: Period

    @property
    def first(self) -> datetime:
        """The hour in which all happens."""
        return self.period.start + 2 * HOUR

    def reconcile(self, now: datetime, **asked: str) -> dict[str, Any]:
        """Call the function at a moment."""
        CLOCK.set(now)
        answer = (
            self.outputs.session()
            .client("lambda")
            .invoke(
                FunctionName=self.outputs.reconciler_function_name,
                Payload=json.dumps({"scheduled_time": moment_text(now), **asked}),
            )
        )
        content = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, content
        return dict(content)

    def item(self, source: str, hour: str = "") -> dict[str, Any]:
        """Read an item of the reconciliation table, that of the hour in which all happens if no other."""
        key = (source, hour or moment_text(self.first))
        return dict(BillingStack(self.outputs).parts.store.reconciliation.get(key) or {})

    def deliver(self) -> None:
        """Have the streams deliver what they hold."""
        self.aws.firehose.flush(self.outputs.delivery_stream_name, self.outputs.usage_events_stream_name, timeout=60)

    def put(self, stream: str, *records: bytes) -> None:
        entries = [{"Data": record} for record in records]
        answer = self.outputs.session().client("firehose").put_record_batch(DeliveryStreamName=stream, Records=entries)
        assert answer["FailedPutCount"] == 0

    def metric(self, source: str, name: str) -> float:
        """Read the last value of a metric that the function put."""
        now = CLOCK.now()
        found = (
            self.outputs.session()
            .client("cloudwatch")
            .get_metric_statistics(
                Namespace=json.loads(self.outputs.reconciliation_settings)["metric_namespace"],
                MetricName=name,
                Dimensions=[{"Name": "Source", "Value": source}],
                StartTime=now - 30 * MINUTE,
                EndTime=now + MINUTE,
                Period=60,
                Statistics=["Maximum"],
            )
        )
        return float(max(found["Datapoints"], key=lambda point: point["Timestamp"])["Maximum"])

    def bucket(self, source: str) -> ErrorBucket:
        names = {REQUESTS: self.outputs.error_bucket_name, EVENTS: self.outputs.usage_events_error_bucket_name}
        return ErrorBucket(self.outputs.session().client("s3"), names[source])

    def marks(self) -> Marks:
        return Marks(self.outputs.session().client("dynamodb"), self.outputs.actions_table_name)

    def put_aside(self, source: str) -> tuple[int, int]:
        """Count objects and records that were put aside and not replayed, those of other tests included."""
        bucket = self.bucket(source)
        marks = self.marks().of(bucket.name)
        keys = [one.key for one in bucket.objects() if not is_done(marks, one.key)]
        return len(keys), sum(1 for key in keys for _ in bucket.records(key))


@pytest.fixture(scope="module")
def deployment(aws: EmbeddedAws, outputs: StackOutputs) -> Iterator[Deployment]:
    before, began = CLOCK.now(), time.monotonic()
    yield Deployment(aws, outputs, Period.of(before).next.next.next.next)
    CLOCK.set(before + timedelta(seconds=time.monotonic() - began))


def event(at: datetime, number: int) -> dict[str, Any]:
    """One usage event that the catalog's meters count."""
    attributes = {"specversion": "1.0", "id": f"reconciled-{number}", "source": "/reconciled", "time": time_text(at)}
    return {**attributes, "type": "com.example.tokens", "data": {"value": 1, "model": "m"}}


@pytest.fixture(scope="module")
def traffic(deployment: Deployment) -> list[str]:
    """Requests and events in one hour, some of which fail; gives the answered requests' ids."""
    outputs, now = deployment.outputs, deployment.first + 10 * MINUTE
    CLOCK.set(now)
    with signed_in(outputs, ("reconciled",), 1, uuid.uuid4().hex[:8]) as [user]:
        ids = [_call(outputs, user.id_token) for _ in range(5)]
        batch = json.dumps([event(now, number) for number in range(3)]).encode()
        headers = {"Content_Type": "application/cloudevents-batch+json"}
        answer = request(f"{outputs.rest_api_url}/events", method="POST", data=batch, token=user.id_token, **headers)
        assert (answer.status, answer.body["accepted"]) == (202, 3)
        deployment.put(outputs.usage_events_stream_name, json.dumps({**event(now, 9), "tenantid": "t"}).encode(), b"?")
        deployment.put(outputs.delivery_stream_name, *late.records("reconciled", now, 3, "another-api"))
        deployment.deliver()
        transform = Fault("reconciled", Kind.CRASH, outputs.transform_function_name, 1.0, None)
        FAULTS.set(transform)
        ids += [_call(outputs, user.id_token) for _ in range(2)]
        deployment.deliver()
        FAULTS.clear(transform.name)
    return ids


def _call(outputs: StackOutputs, token: str) -> str:
    answer = request(f"{outputs.rest_api_url}/random/strings", token=token)
    assert answer.status == 200
    return answer.headers["x-amz-apigw-id"]


def test_an_hour_is_late_while_records_may_still_come(deployment: Deployment, traffic: list[str]) -> None:
    answer = deployment.reconcile(deployment.first + HOUR + 20 * MINUTE)
    hour = moment_text(deployment.first)
    assert answer["sources"] == {REQUESTS: {"balanced": 47, "late": 1}, EVENTS: {"balanced": 47, "late": 1}}
    assert answer["hours"] == [
        {"source": REQUESTS, "hour": hour, "state": "late", "missing": 2, "unexplained": 0, "failed": 2},
        {"source": EVENTS, "hour": hour, "state": "late", "missing": 1, "unexplained": 0, "failed": 1},
    ]
    assert len(set(traffic)) == 7
    assert deployment.metric(REQUESTS, "Missing") == 0
    for source in (REQUESTS, EVENTS):
        told = deployment.metric(source, "FailedObjects"), deployment.metric(source, "FailedRecords")
        assert told == deployment.put_aside(source)
    # 7 calls and one of POST /events, of which 6 are rows; 3 of another API, which the gateway counts elsewhere.
    counts = {"incoming": 11, "rows": 9, "keys": 9, "failed": 2, "counted": 8, "source_keys": 6, "source_failed": 2}
    rest = dict.fromkeys(["duplicates", "replayed", "shifted", "source_shifted", "unreadable"], 0)
    assert deployment.item(REQUESTS)["figures"] == {**counts, **rest}
    counts = {"incoming": 5, "rows": 4, "keys": 4, "failed": 1, "counted": 3, "source_failed": 0}
    assert deployment.item(EVENTS)["figures"] == {**counts, **rest}


@pytest.mark.usefixtures("traffic")
def test_what_has_not_come_is_missing_and_keeps_the_month_open(deployment: Deployment) -> None:
    deployment.reconcile(deployment.first + 5 * HOUR + 20 * MINUTE)
    found = deployment.item(REQUESTS)
    assert (found["state"], found["missing"], found["failed"], found["checks"]) == ("missing", 2, 2, 2)
    assert [deployment.metric(REQUESTS, name) for name in ("Missing", "OpenHours", "SourceCount")] == [2, 1, 0]
    assert [deployment.metric(EVENTS, name) for name in ("Missing", "OpenHours")] == [1, 1]
    assert words(deployment) == "open: 2 hours"


def words(deployment: Deployment) -> str:
    """What a bill of the month would say so far."""
    until, store = deployment.first + 5 * HOUR, BillingStack(deployment.outputs).parts.store
    return str(read_reconciliation(store, [REQUESTS, EVENTS], deployment.period, until))


@pytest.mark.usefixtures("traffic")
def test_what_is_replayed_balances_and_what_can_be_no_row_is_accepted(deployment: Deployment) -> None:
    outputs, now = deployment.outputs, deployment.first + 6 * HOUR
    CLOCK.set(now)
    bucket, marks = deployment.bucket(REQUESTS), deployment.marks()
    for one in list(bucket.objects(since=deployment.period.start)):
        assert deployment.first <= one.written < deployment.first + HOUR
        raws = [record.raw for record in bucket.records(one.key)]
        marks.begin(bucket.name, one.key, action_id="a", at=now, records=len(raws))
        deployment.put(outputs.delivery_stream_name, *raws)
        marks.done(bucket.name, one.key, at=now, put=len(raws))
    deployment.deliver()
    answer = deployment.reconcile(deployment.first + 7 * HOUR, period=str(deployment.period))
    assert answer["sources"][REQUESTS] == {"balanced": 9}
    assert deployment.item(REQUESTS)["figures"]["replayed"] == 2
    assert deployment.item(REQUESTS, f"PERIOD#{deployment.period}")["state"] == "balanced"
    table = BillingStack(outputs).parts.store.reconciliation
    accepted = acceptance(deployment.item(EVENTS), by="me", at=now, reason="it was never an event")
    table.update((EVENTS, moment_text(deployment.first)), "SET #accepted = :accepted", None, accepted=accepted)
    assert words(deployment) == "balanced, 1 hour accepted"
    deployment.reconcile(deployment.first + 8 * HOUR + 20 * MINUTE)
    assert deployment.item(EVENTS)["accepted"] == accepted
    assert [deployment.metric(role, "Missing") for role in (REQUESTS, EVENTS)] == [0, 0]


@pytest.mark.usefixtures("traffic")
def test_an_object_that_cannot_be_read_is_told_in_its_hour(deployment: Deployment) -> None:
    s3, bucket = deployment.outputs.session().client("s3"), deployment.outputs.usage_events_error_bucket_name
    key = f"errors/somebodys-1-{deployment.first:%Y-%m-%d-%H-%M-%S}-x"
    s3.put_object(Bucket=bucket, Key=key, Body=b"?")
    now = deployment.first + 9 * HOUR
    before = deployment.metric(EVENTS, "FailedObjects")
    try:
        deployment.reconcile(now, **{"from": moment_text(deployment.first), "to": moment_text(deployment.first + HOUR)})
    finally:
        s3.delete_object(Bucket=bucket, Key=key)
    found = deployment.item(EVENTS)
    assert (found["checked_at"], found["figures"]["unreadable"]) == (moment_text(now), 1)
    assert deployment.metric(EVENTS, "FailedObjects") == before + 1


@pytest.mark.usefixtures("traffic")
def test_the_schedule_calls_the_reconciler_with_its_time(deployment: Deployment) -> None:
    now = deployment.first + 10 * HOUR + 20 * MINUTE
    CLOCK.set(now)
    name = f"{deployment.outputs.reconciliation_schedule_group_name}/{deployment.outputs.reconciliation_schedule_name}"
    embedded = Embedded(deployment.outputs.endpoint_url)
    embedded.fire(name, now)
    embedded.settle(60)
    newest = deployment.item(EVENTS, moment_text(deployment.first + 9 * HOUR))
    assert (newest["state"], newest["checked_at"]) == ("balanced", moment_text(now))
    assert deployment.metric(EVENTS, "Rows") == 0
