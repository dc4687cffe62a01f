"""Streams, and whoever takes a role: what they do once, and that nothing is lost."""

import json
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from error_bucket import identity
from metering.records import API_REQUESTS, USAGE_EVENTS
from tests.embedded.security_kit import event
from tests.embedded.sweep_billing import TENANT
from tests.embedded.sweep_exercises import Exercise
from tests.embedded.sweep_kit import Deployment
from tools import error_records
from tools.lake import Lake

PUT_ASIDE = "Lambda.ProcessingFailedStatus"
"""What Firehose says of a record that the transform refuses."""


class Streamed(Exercise):
    """A stream: a good record becomes a row, a malformed one goes to the error bucket."""

    def __init__(self, deployment: Deployment, part: str) -> None:
        self.deployment, self.part, outputs = deployment, part, deployment.outputs
        self._of_events = part == "events-ingest"
        self.stream, self.bucket = (
            (outputs.usage_events_stream_name, outputs.usage_events_error_bucket_name)
            if self._of_events
            else (outputs.delivery_stream_name, outputs.error_bucket_name)
        )
        self._since = datetime.now(UTC)
        self._put: list[tuple[str, str]] = []

    def prepare(self) -> None:
        """Each work brings its records with it."""

    def rest(self) -> None:
        """Let the error bucket have what it did not take."""
        assert self.deployment.deliver(self.stream) == ""

    def work(self) -> list[str]:
        self._since, good, malformed = datetime.now(UTC), f"good-{uuid.uuid4()}", f"malformed-{uuid.uuid4()}"
        self._put.append((good, malformed))
        self.deployment.client("firehose").put_record_batch(
            DeliveryStreamName=self.stream, Records=[{"Data": self._record(good)}, {"Data": malformed.encode()}]
        )
        stuck = self.deployment.deliver(self.stream)
        told = [line for line in self.deployment.lines(self.part, self._since) if PUT_ASIDE not in line]
        return [*told, *([stuck] if stuck else [])]

    def speaks(self) -> bool:
        return bool(self.deployment.lines(self.part, self._since))

    def whole(self) -> None:
        self.rest()
        found = error_records.read(self.deployment.outputs, self.deployment.since, lambda _raw: True, self.bucket)
        aside, table = [record.raw for record in found], USAGE_EVENTS if self._of_events else API_REQUESTS
        # By their keys: of a failed commit the row is kept, not the record as it was put.
        keys = [would_be.key[-1] for raw in aside if (would_be := identity(table.role, raw))]
        rows = self._rows()
        for good, malformed in self._put:
            assert aside.count(malformed.encode()) == 1, "a malformed record is lost, or there twice"
            assert rows.count(good) + keys.count(good) == 1, "a record is lost, or there twice"

    def _record(self, key: str) -> bytes:
        now = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        if self._of_events:
            sent = event(key, tenantid=TENANT, time=now.isoformat().replace("+00:00", "Z"))
            return json.dumps(sent).encode()
        line = {"v": "1", "request_time_epoch": str(int(now.timestamp() * 1000)), "extended_request_id": key}
        return json.dumps({**line, "request_id": key, "status": "200"}).encode()

    def _rows(self) -> list[str | None]:
        """Give the keys of the rows of what was put."""
        outputs = self.deployment.outputs
        table, column = (outputs.events_table, "id") if self._of_events else (outputs.table, "extended_request_id")
        put = ", ".join(f"'{good}'" for good, _ in self._put)
        sql = f"SELECT {column} AS put FROM {table} WHERE {column} IN ({put})"  # noqa: S608 - our own keys
        return [row["put"] for row in Lake(outputs).query(sql)]


class Assumed(Exercise):
    """Somebody who takes a role and does with it all that it is for."""

    def __init__(
        self,
        deployment: Deployment,
        role_arn: str,
        calls: Callable[[Any, Deployment], list[Callable[[], Any]]],
        *streams: Streamed,
    ) -> None:
        self.deployment, self._arn, self._calls, self._streams = deployment, role_arn, calls, streams

    def prepare(self) -> None:
        """Have records that are put aside; nothing is used up by the calls."""
        for stream in self._streams:
            assert stream.work() == []

    def rest(self) -> None:
        """Nothing is under way after a call."""

    def work(self) -> list[str]:
        keys = self.deployment.client("sts").assume_role(RoleArn=self._arn, RoleSessionName="sweep")["Credentials"]
        session = self.deployment.aws.session(
            access_key=keys["AccessKeyId"], secret_key=keys["SecretAccessKey"], token=keys["SessionToken"]
        )
        return [refusal for call in self._calls(session, self.deployment) if (refusal := _refusal(call))]

    def whole(self) -> None:
        assert self.work() == []


def _refusal(call: Callable[[], Any]) -> str:
    try:
        call()
    except (ClientError, RuntimeError) as error:
        return str(error)
    return ""


def backend(session: Any, deployment: Deployment) -> list[Callable[[], Any]]:
    """Give the calls of a trusted backend."""
    firehose, stream = session.client("firehose"), deployment.outputs.usage_events_stream_name
    record = {"Data": json.dumps(event(f"job-{uuid.uuid4()}", tenantid=TENANT, time="2026-11-01T00:00:00Z")).encode()}
    return [
        lambda: firehose.put_record(DeliveryStreamName=stream, Record=record),
        lambda: firehose.put_record_batch(DeliveryStreamName=stream, Records=[record]),
    ]


def operator(session: Any, deployment: Deployment) -> list[Callable[[], Any]]:
    """Give the calls of an operator, as many as the statements of the operators' policy need."""
    outputs, now = deployment.outputs, int(time.time())
    s3, firehose, tables = session.client("s3"), session.client("firehose"), session.client("dynamodb")
    buckets = (outputs.error_bucket_name, outputs.usage_events_error_bucket_name)
    streams = (outputs.delivery_stream_name, outputs.usage_events_stream_name)
    metric = {"Namespace": "AWS/Lambda", "MetricName": "Errors"}
    query = {"Id": "a", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}

    def keyed(table: str, *names: str) -> dict[str, Any]:
        return {"TableName": table, "Key": {name: {"S": "sweep"} for name in names}}

    def read(bucket: str) -> None:
        listed = deployment.client("s3").list_objects_v2(Bucket=bucket, MaxKeys=1)["Contents"]
        s3.get_object(Bucket=bucket, Key=listed[0]["Key"])

    tombstones = f'"{outputs.athena_catalog}"."{outputs.namespace}"."{outputs.tombstones_table_name}"'
    return [
        *(lambda bucket=bucket: s3.list_objects_v2(Bucket=bucket) for bucket in buckets),
        *(lambda bucket=bucket: read(bucket) for bucket in buckets),
        *(
            lambda stream=stream: firehose.put_record_batch(DeliveryStreamName=stream, Records=[{"Data": b"sweep"}])
            for stream in streams
        ),
        lambda: tables.get_item(**keyed(outputs.reconciliation_table_name, "source", "hour")),
        lambda: tables.get_item(**keyed(outputs.actions_table_name, "pk", "sk")),
        lambda: tables.get_item(**keyed(outputs.invoices_table_name, "pk", "sk")),
        lambda: session.client("lambda").invoke(
            FunctionName=outputs.reconciler_function_name, Qualifier="live", Payload=b"1"
        ),
        lambda: session.client("lambda").get_function(
            FunctionName=outputs.usage_events_transform_function_name, Qualifier="live"
        ),
        lambda: session.client("sqs").get_queue_attributes(
            QueueUrl=outputs.billing_dead_letter_queue_url, AttributeNames=["ApproximateNumberOfMessages"]
        ),
        lambda: session.client("cloudwatch").describe_alarms(AlarmNames=["sweep"]),
        lambda: session.client("cloudwatch").get_metric_data(
            MetricDataQueries=[query], StartTime=now - 600, EndTime=now
        ),
        lambda: _ask(session, deployment, f"SELECT count(*) AS n FROM {outputs.table}"),  # noqa: S608 - ours
        lambda: _ask(session, deployment, f"INSERT INTO {tombstones} SELECT * FROM {tombstones} WHERE false"),  # noqa: S608
    ]


def _ask(session: Any, deployment: Deployment, sql: str) -> None:
    athena = session.client("athena")
    query = athena.start_query_execution(QueryString=sql, WorkGroup=deployment.outputs.athena_workgroup)
    while True:
        found = athena.get_query_execution(QueryExecutionId=query["QueryExecutionId"])["QueryExecution"]["Status"]
        if found["State"] not in {"QUEUED", "RUNNING"}:
            break
        time.sleep(0.05)
    if found["State"] != "SUCCEEDED":
        raise RuntimeError(found["StateChangeReason"])
    athena.get_query_results(QueryExecutionId=query["QueryExecutionId"])
