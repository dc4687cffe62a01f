"""What each role of the deployed program is for, done once: what is seen when it fails, and that nothing is lost."""

import json
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError
from ministack.core import lambda_runtime

from billing.records import PeriodRecord
from billing.rollup_store import UsageItem, UsageItems
from rating.period import Period
from tests.embedded.gateway_kit import request
from tests.embedded.permissions_kit import Function, invoke
from tests.embedded.security_kit import event
from tests.embedded.sweep_billing import FIRST, FUNCTIONS, LATER, TENANT, Months
from tests.embedded.sweep_kit import Deployment
from tools import error_records
from tools.billing.stack import BillingStack
from tools.lake import Lake

PUT_ASIDE = "Lambda.ProcessingFailedStatus"
"""What Firehose says of a record that the transform refuses."""


class Exercise(ABC):
    """The work of a role."""

    @abstractmethod
    def work(self) -> list[str]:
        """Do all of the work once; give what is seen of a failure, nothing if there is none."""

    @abstractmethod
    def whole(self) -> None:
        """With all permissions back, go on as the program does by itself; fails if anything is lost."""

    def speaks(self) -> bool:
        """Tell whether what is to be logged is logged."""
        return True


class OfFunction(Exercise):
    """The work of a function, whose log tells what fails."""

    def __init__(self, deployment: Deployment, part: str) -> None:
        self.deployment, self.part = deployment, part
        names = [one["FunctionName"] for one in deployment.client("lambda").list_functions()["Functions"]]
        group = deployment.log_group(part)
        [self.function] = [
            name
            for name in names
            if deployment.client("lambda").get_function_configuration(FunctionName=name)["LoggingConfig"]["LogGroup"]
            == group
        ]

    def speaks(self) -> bool:
        """Call the function with what is no event of any kind: it complains of that."""
        lambda_runtime.reset()  # a new environment has a log stream to make
        before = len(self.deployment.lines(self.part, self.deployment.since))
        invoke(self.deployment.outputs, self.function, 1)
        return len(self.deployment.lines(self.part, self.deployment.since)) > before

    def complaints(self, since: datetime) -> list[str]:
        return self.deployment.complaints(self.part, since)


class Speaking(OfFunction):
    """A function that needs nothing but its log."""

    def work(self) -> list[str]:
        return []

    def whole(self) -> None:
        assert self.speaks() or self.part == "customer-portal"


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

    def work(self) -> list[str]:
        self._since, good, malformed = datetime.now(UTC), f"good-{uuid.uuid4()}", f"malformed-{uuid.uuid4()}"
        self._put.append((good, malformed))
        self.deployment.client("firehose").put_record_batch(
            DeliveryStreamName=self.stream, Records=[{"Data": self._record(good)}, {"Data": malformed.encode()}]
        )
        self.deployment.aws.firehose.flush(timeout=3)  # what is held lets no flush end
        told = [line for line in self.deployment.lines(self.part, self._since) if PUT_ASIDE not in line]
        stuck = self.deployment.aws.firehose.report().streams[self.stream].stuck
        return [*told, *([stuck] if stuck else [])]

    def speaks(self) -> bool:
        return bool(self.deployment.lines(self.part, self._since))

    def whole(self) -> None:
        self.deployment.aws.firehose.flush()
        found = error_records.read(self.deployment.outputs, self.deployment.since, lambda _raw: True, self.bucket)
        aside = [record.raw for record in found]
        for good, malformed in self._put:
            assert aside.count(malformed.encode()) == 1, "a malformed record is lost, or there twice"
            assert self._rows(good) + aside.count(self._record(good)) == 1, "a record is lost, or there twice"

    def _record(self, key: str) -> bytes:
        now = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        if self._of_events:
            sent = event(key, tenantid=TENANT, time=now.isoformat().replace("+00:00", "Z"))
            return json.dumps(sent).encode()
        line = {"v": "1", "request_time_epoch": str(int(now.timestamp() * 1000)), "extended_request_id": key}
        return json.dumps({**line, "request_id": key, "status": "200"}).encode()

    def _rows(self, key: str) -> int:
        outputs = self.deployment.outputs
        table, column = (outputs.events_table, "id") if self._of_events else (outputs.table, "extended_request_id")
        return len(Lake(outputs).query(f"SELECT {column} FROM {table} WHERE {column} = '{key}'"))  # noqa: S608 - ours


class Billed(OfFunction):
    """A month, from its rows to its invoice; by the schedule, the planner, the worker and the rollup together."""

    def __init__(self, deployment: Deployment, part: str, months: Months) -> None:
        super().__init__(deployment, part)
        self._months = months

    def work(self) -> list[str]:
        self.deployment.letters()
        since = datetime.now(UTC)
        self._months.use()
        self._months.run()
        complaints = [line for part in FUNCTIONS for line in self.deployment.complaints(part, since)]
        return [*self.deployment.letters(), *complaints]

    def whole(self) -> None:
        self.deployment.letters()
        self._months.run()
        assert self.deployment.letters() == []
        self._months.check()


class RolledUp(OfFunction):
    """What a new tenant used so far, which is more than its plan's soft limit: an item, and two events that say so."""

    def __init__(self, deployment: Deployment, part: str, months: Months) -> None:
        super().__init__(deployment, part)
        self._months = months
        self._tenants: list[str] = []

    def work(self) -> list[str]:
        self.deployment.letters()
        self._tenants.append(self._months.newcomer())
        since = datetime.now(UTC)
        self._call()
        return [*self.deployment.letters(), *self.complaints(since)]

    def whole(self) -> None:
        self.deployment.letters()
        self._call()
        assert self.deployment.letters() == []
        for tenant in self._tenants:
            self._months.check_rolled_up(tenant)

    def _call(self) -> None:
        event = {"as_of": f"{LATER}-20T12:05:00Z", "period": str(LATER)}
        self.deployment.client("lambda").invoke(
            FunctionName=self.function, Qualifier="live", InvocationType="Event", Payload=json.dumps(event).encode()
        )
        self.deployment.settle()


class Reconciled(OfFunction):
    """The hours up to now, in which there are rows, and records that were put aside."""

    def __init__(self, deployment: Deployment, part: str, streams: list[Streamed]) -> None:
        super().__init__(deployment, part)
        self._streams = streams
        self._hour = datetime.now(UTC).replace(minute=20, second=0, microsecond=0)

    def work(self) -> list[str]:
        self.deployment.letters()
        for stream in self._streams:
            stream.work()
        since = datetime.now(UTC)
        self._fire()
        return [*self.deployment.letters(), *self.complaints(since)]

    def whole(self) -> None:
        self.deployment.letters()
        self._fire()
        assert self.deployment.letters() == []
        assert self._items() > 0

    def _fire(self) -> None:
        self._hour += timedelta(hours=1)
        outputs = self.deployment.outputs
        body = {
            "Name": outputs.reconciliation_schedule_name,
            "GroupName": outputs.reconciliation_schedule_group_name,
            "ScheduledTime": f"{self._hour:%Y-%m-%dT%H:%M:%SZ}",
        }
        url = f"{self.deployment.aws.url}/_embedded/scheduler/fire"
        assert request(url, method="POST", data=json.dumps(body).encode()).status == 200
        self.deployment.settle()

    def _items(self) -> int:
        table = self.deployment.outputs.reconciliation_table_name
        found = self.deployment.client("dynamodb").scan(TableName=table)["Items"]
        checked = f"{self._hour:%Y-%m-%dT%H}"
        return sum(item["checked_at"]["S"].startswith(checked) for item in found)


class Asked(OfFunction):
    """What a customer asks for, each time on another day: of another day an answer is another one."""

    def __init__(self, deployment: Deployment, part: str, path: str, *, line: bool = False) -> None:
        super().__init__(deployment, part)
        invoices = BillingStack(deployment.outputs).store.tenant(TENANT).invoices
        places = {"number": invoices[0].number} if "{number}" in path else {}
        self._asked = [(path, {**places, "line": "1"} if line else places)]
        if line:
            self._asked.append((f"{path}/rows", self._asked[0][1]))
        if part == "customer-invoices":
            self._asked.append(("/invoices", {}))
        self._behind, self._day = Function(deployment.outputs, self.function, TENANT), FIRST.end

    def work(self) -> list[str]:
        lambda_runtime.reset()
        self._day += timedelta(days=1)
        since = datetime.now(UTC)
        answers = [self._behind.ask(path, self._day, **places) for path, places in self._asked]
        refused = [f"{status} {body}" for status, body in answers if status != 200]
        assert all(TENANT not in text for text in refused)
        # Without the line in the log nobody but the customer would know.
        return [*refused, *self.complaints(since)] if refused else []

    def whole(self) -> None:
        assert self.work() == []


class Guarded(OfFunction):
    """The product: a tenant who is over its limit is refused."""

    def __init__(self, deployment: Deployment, part: str, path: str, meter: str) -> None:
        super().__init__(deployment, part)
        self._path, self._meter = path, meter

    def work(self) -> list[str]:
        lambda_runtime.reset()
        since, over = datetime.now(UTC), f"over-{uuid.uuid4().hex[:8]}"
        limited = Function(self.deployment.outputs, self.function, over)
        self._limit(over)
        body = event(over) if self._path == "/events" else None
        assert limited.ask(self._path, body=body)[0] in {429, 200, 202}
        return self.complaints(since)

    def whole(self) -> None:
        assert self.work() == []

    def _limit(self, tenant_id: str) -> None:
        items = UsageItems(self.deployment.client("dynamodb"), self.deployment.outputs.usage_table_name)
        over = [{"meter": self._meter, "limit": "1", "used": "1"}]
        moment = "2025-01-01T00:00:00Z"
        items.put(UsageItem(tenant_id, Period.of(datetime.now(UTC)), moment, moment, over, b""))


class Taken(Guarded):
    """The intake of events: one is stored, one of a final month is refused, and one of a tenant over its limit."""

    def __init__(self, deployment: Deployment, part: str) -> None:
        super().__init__(deployment, part, "/events", "usage_events")
        self._intake = Function(deployment.outputs, self.function, TENANT)
        self._sent: list[str] = []
        final = PeriodRecord(Period(2025, 5), "closed", "2025-06-04T06:00:00Z")
        BillingStack(deployment.outputs).store.invoices.put(final.to_item())

    def work(self) -> list[str]:
        limited, since, key = super().work(), datetime.now(UTC), f"taken-{uuid.uuid4()}"
        status, body = self._intake.ask("/events", body=event(key))
        stored = status == 202
        assert stored or body["results"][0]["retry"], "an event is refused that is to be sent again"
        self._sent.append(key)
        self._intake.ask("/events", body=event(f"late-{key}", time="2025-05-20T00:00:00Z"))
        complaints = [
            line for line in self.complaints(since) if not ('"rejected": 1' in line and '"unstored": 0' in line)
        ]
        return [*limited, *([] if stored else [f"{status} {body}"]), *complaints]

    def whole(self) -> None:
        for key in self._sent:  # whoever sends is told to send again
            assert self._intake.ask("/events", body=event(key))[0] == 202
        self.deployment.aws.firehose.flush()
        listed = ", ".join(f"'{key}'" for key in self._sent)
        sql = f"SELECT DISTINCT id FROM {self.deployment.outputs.events_table} WHERE id IN ({listed})"  # noqa: S608
        assert {row["id"] for row in Lake(self.deployment.outputs).query(sql)} == {*self._sent}


class Assumed(Exercise):
    """Somebody who takes a role and does with it all that it is for."""

    def __init__(
        self, deployment: Deployment, role_arn: str, calls: Callable[[Any, Deployment], list[Callable[[], Any]]]
    ) -> None:
        self.deployment, self._arn, self._calls = deployment, role_arn, calls

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
        lambda: session.client("lambda").get_function(FunctionName=outputs.usage_events_transform_function_name),
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
