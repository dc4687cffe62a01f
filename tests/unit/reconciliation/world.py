"""A pipeline in memory: what is counted, what the stream takes, what becomes rows, and what is put aside."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from billing.lake import Answer, QueryError
from error_bucket import ErrorBucket, Marks
from metering.access_log import FIELDS
from metering.records import API_REQUESTS, USAGE_EVENTS
from reconciliation.checking import reconcile
from reconciliation.config import Settings
from reconciliation.items import Items
from reconciliation.parts import Parts
from tests.unit.billing.fake_dynamo import FakeDynamo
from tests.unit.error_bucket.fake_s3 import FakeS3, body, line
from usage.sql import TableName

REQUESTS, EVENTS = API_REQUESTS.role, USAGE_EVENTS.role
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
OF_STAGE = {"ApiName": "api", "Stage": "prod"}
ROWS_OF_STAGE = {"api_id": "a1", "stage": "prod"}
SETTINGS: dict[str, Any] = {
    "sources": {
        REQUESTS: {
            "stream": "requests",
            "error_bucket": "request-errors",
            "counted": {"namespace": "AWS/ApiGateway", "metric": "Count", "dimensions": OF_STAGE},
            "counted_rows": ROWS_OF_STAGE,
        },
        EVENTS: {
            "stream": "events",
            "error_bucket": "event-errors",
            "counted": {"namespace": "SaasMetering/r", "metric": "EventsAccepted", "dimensions": {}},
            "counted_rows": {},
        },
    },
    "stream_tolerance_percent": "0",
    "source_tolerance_percent": "0.01",
    "late_hours": 3,
    "recheck_hours": 48,
    "grace_hours": 72,
    "metric_namespace": "SaasMetering/r",
}
INCOMING = {
    REQUESTS: ("AWS/Firehose", "IncomingRecords", (("DeliveryStreamName", "requests"),)),
    EVENTS: ("AWS/Firehose", "IncomingRecords", (("DeliveryStreamName", "events"),)),
}
COUNTED = {
    REQUESTS: ("AWS/ApiGateway", "Count", tuple(sorted(OF_STAGE.items()))),
    EVENTS: ("SaasMetering/r", "EventsAccepted", ()),
}
_MOMENT = r"TIMESTAMP '([^']+) UTC'"
_QUESTION = re.compile(rf'FROM ("c"."d"."\w+")\nWHERE "(\w+)" >= {_MOMENT} AND "\w+" < {_MOMENT}(.*)\n')
_OF_STAGE = """ AND "api_id" = 'a1' AND "stage" = 'prod'"""


def at(text: str) -> datetime:
    """Give the moment of a text such as `05T14:03` of October 2026."""
    return datetime.fromisoformat(f"2026-10-{text}").replace(tzinfo=UTC)


class FakeCloudWatch:
    """Sums by metric and hour; answers a few of them at a time."""

    def __init__(self) -> None:
        self.sums: dict[Any, Counter[datetime]] = {}
        self.status = "Complete"
        self.put: list[dict[str, Any]] = []
        self.calls = 0
        self.page_size = 50

    def add(self, metric: Any, hour: datetime, number: int) -> None:
        self.sums.setdefault(metric, Counter())[hour] += number

    def get_paginator(self, operation: str) -> "FakeCloudWatch":
        assert operation == "get_metric_data"
        return self

    def paginate(
        self,
        *,
        MetricDataQueries: list[dict[str, Any]],  # noqa: N803 - AWS's names
        StartTime: datetime,  # noqa: N803
        EndTime: datetime,  # noqa: N803
        ScanBy: str,  # noqa: N803
    ) -> Iterator[dict[str, Any]]:
        assert ScanBy == "TimestampAscending"
        assert len(MetricDataQueries) <= 500
        assert StartTime < EndTime
        self.calls += 1
        for query in MetricDataQueries:
            stat = query["MetricStat"]
            assert (stat["Period"], stat["Stat"], query["ReturnData"]) == (3600, "Sum", True)
            metric = stat["Metric"]
            dimensions = tuple((one["Name"], one["Value"]) for one in metric["Dimensions"])
            sums = self.sums.get((metric["Namespace"], metric["MetricName"], dimensions), {})
            points = sorted((hour, float(number)) for hour, number in sums.items() if StartTime <= hour < EndTime)
            for start in range(0, max(len(points), 1), self.page_size):
                part = points[start : start + self.page_size]
                status = self.status if start + self.page_size >= len(points) else "PartialData"
                yield {
                    "MetricDataResults": [
                        {
                            "Id": query["Id"],
                            "StatusCode": status,
                            "Timestamps": [hour for hour, _ in part],
                            "Values": [value for _, value in part],
                        }
                    ]
                }

    def put_metric_data(self, *, Namespace: str, MetricData: list[dict[str, Any]]) -> None:  # noqa: N803
        assert len(MetricData) <= 1000
        self.put += [{"Namespace": Namespace, **one} for one in MetricData]


@dataclass
class FakeLake:
    """Rows by table: key, moment of the record, moment of arrival."""

    rows: dict[str, list[tuple[str, datetime, datetime]]] = field(default_factory=dict)
    others: set[str] = field(default_factory=set)
    """Keys of rows that are of another API."""
    asked: list[str] = field(default_factory=list)
    failing: str = ""

    def tables(self) -> list[TableName]:
        return [
            TableName("c", "d", "requests", REQUESTS, tombstones="t"),
            TableName("c", "d", "events", EVENTS, tombstones="t"),
        ]

    def ask(self, sql: str) -> Callable[[], Answer]:
        return lambda: self.query(sql)

    def query(self, sql: str) -> Answer:
        self.asked.append(sql)
        if self.failing:
            raise QueryError(f"query q failed: {self.failing}")
        found = _QUESTION.search(sql)
        assert found
        [role] = [table.role for table in self.tables() if str(table) == found[1]]
        start, end = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in found.groups()[2:4])
        by_arrival = found[2] == "ingested_at"
        assert found[5] == ("" if by_arrival else _OF_STAGE)
        hours: dict[int, list[tuple[str, datetime]]] = {}
        for key, time, arrived in self.rows.get(role, []):
            moment = arrived if by_arrival else time
            if start <= moment < end and (by_arrival or key not in self.others):
                hours.setdefault((moment - start) // HOUR, []).append((key, arrived))
        if by_arrival:
            header = ["hour", "deliveries", "keys", "arrivals"]
            rows = [[hour, len(all_), len(dict(all_)), len(set(all_))] for hour, all_ in hours.items()]
        else:
            header, rows = ["hour", "keys"], [[hour, len(dict(all_))] for hour, all_ in hours.items()]
        return Answer("q", header, iter([[str(value) for value in row] for row in rows]))


def log_line(key: str, time: datetime) -> bytes:
    """Give the access-log line of a request."""
    values = {field.log_key: "-" for field in FIELDS if field.log_key}
    values |= {"extended_request_id": key, "request_id": "r", "status": "200"}
    values |= {"request_time_epoch": str(int(time.timestamp() * 1000))}
    return json.dumps({"v": "1", **values}).encode()


def event(key: str, time: datetime) -> bytes:
    """Give the stream's record of a usage event."""
    attributes = {"specversion": "1.0", "id": key, "source": "/a", "type": "t", "tenantid": "acme"}
    return json.dumps({**attributes, "time": time.isoformat()}).encode()


class World:
    """The pipeline, and its reconciliation."""

    def __init__(self, **settings: Any) -> None:
        self.writes: list[str] = []
        self.dynamodb = FakeDynamo(self._writing, lambda: None)
        self.dynamodb.page_size = 100
        self.s3 = FakeS3(**{"request-errors": {}, "event-errors": {}})
        self.cloudwatch, self.lake = FakeCloudWatch(), FakeLake()
        self.numbers = 0
        self.settings = Settings.parse(json.dumps({**SETTINGS, **settings}))
        self.parts = Parts(
            self.settings,
            Items(self.dynamodb, "reconciliation"),
            Marks(self.dynamodb, "actions"),
            self.lake,
            self.cloudwatch,
            lambda name: ErrorBucket(self.s3, name),
        )

    def _writing(self, name: str) -> Callable[[], None]:
        self.writes.append(name)
        return lambda: None

    def run(self, now: datetime, **rest: Any) -> dict[str, Any]:
        return reconcile(self.parts, {"scheduled_time": now.isoformat(), **rest})

    def new_key(self) -> str:
        self.numbers += 1
        return f"k{self.numbers}"

    def count(self, role: str, time: datetime, number: int = 1) -> None:
        """Count something in front of the stream."""
        self.cloudwatch.add(COUNTED[role], time.replace(minute=0, second=0, microsecond=0), number)

    def take(self, role: str, arrived: datetime, number: int = 1) -> None:
        """Let the stream take records."""
        self.cloudwatch.add(INCOMING[role], arrived.replace(minute=0, second=0, microsecond=0), number)

    def row(self, role: str, key: str, time: datetime, arrived: datetime) -> None:
        self.lake.rows.setdefault(role, []).append((key, time, arrived))

    def good(self, role: str, time: datetime, number: int = 1) -> None:
        """Let records go all the way."""
        for _ in range(number):
            self.row(role, self.new_key(), time, time + SECOND)
        self.count(role, time, number)
        self.take(role, time + SECOND, number)

    def fail(
        self, role: str, time: datetime, number: int = 1, *, raw: bytes | None = None, arrived: datetime | None = None
    ) -> str:
        """Let records be put aside, as one object; give its key. A replay has an arrival of its own."""
        lines = []
        for _ in range(number):
            made = (log_line if role == REQUESTS else event)(self.new_key(), time)
            moment = arrived or time + SECOND
            lines.append(line(made if raw is None else raw, int(moment.timestamp() * 1000)))
        if arrived is None:
            self.count(role, time, number)
        self.take(role, arrived or time + SECOND, number)
        key = f"processing-failed/s-1-{time:%Y-%m-%d-%H-%M-%S}-{self.new_key()}"
        self.bucket(role)[key] = body(*lines)
        return key

    def bucket(self, role: str) -> dict[str, bytes]:
        return self.s3.buckets["request-errors" if role == REQUESTS else "event-errors"]

    def mark(self, role: str, key: str, *, put: int, records: int, done: bool = True) -> None:
        """Mark an object as replayed."""
        bucket = "request-errors" if role == REQUESTS else "event-errors"
        self.parts.marks.begin(bucket, key, action_id="a", at=at("06T00:00"), records=records)
        if done:
            self.parts.marks.done(bucket, key, at=at("06T00:00"), put=put)

    def aside(self, role: str, key: str) -> None:
        """Mark an object as one that somebody has looked at."""
        bucket = "request-errors" if role == REQUESTS else "event-errors"
        self.parts.marks.set_aside(bucket, key, action_id="a", at=at("06T00:00"), records=0)

    def item(self, role: str, hour: str) -> dict[str, Any]:
        """Give the item of an hour such as `05T14` of October 2026, or of another name."""
        name = f"2026-10-{hour}:00:00Z" if len(hour) == 5 else hour
        return self.dynamodb.tables["reconciliation"][role, name]

    def periods(self) -> dict[tuple[str, str], str]:
        """Give the states of the periods that were checked as a whole."""
        items = self.dynamodb.tables["reconciliation"].items()
        return {key: item["state"] for key, item in items if key[1].startswith("PERIOD#")}

    def hours(self, role: str, state: str) -> list[str]:
        """Give the names of the hours in a state."""
        items = sorted(self.dynamodb.tables["reconciliation"].items())
        return [key[1] for key, item in items if key[0] == role and item["state"] == state]

    def states(self, role: str, day: str) -> dict[int, str]:
        """Give the states of a day's hours that are not balanced."""
        items = self.dynamodb.tables["reconciliation"].items()
        of_day = {
            key[1]: item["state"] for key, item in items if key[0] == role and key[1].startswith(f"2026-10-{day}T")
        }
        return {int(hour[11:13]): state for hour, state in of_day.items() if state != "balanced"}

    def metrics(self, role: str) -> dict[str, int]:
        """Give the metrics that were put last."""
        dimensions = [{"Name": "Source", "Value": role}]
        return {one["MetricName"]: one["Value"] for one in self.cloudwatch.put if one["Dimensions"] == dimensions}
