"""An operator's stack in memory: error buckets, streams that may refuse, the table of actions, billing's tables."""

import io
import json
import shlex
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console

from billing.lake import Answer
from events.delivery import Clock
from metering.access_log import FIELDS
from metering.records import TABLES
from rating.catalog import Catalog, parse_catalog
from tests.unit.billing.fake_aws import FakeAws
from tests.unit.error_bucket.fake_s3 import FakeS3, body, line
from tests.unit.tools.test_outputs import VALUES
from tools.command.output import Output
from tools.operate.__main__ import COMMANDS
from tools.operate.arguments import parser
from tools.operate.stack import OperatorStack
from tools.outputs import StackOutputs
from usage.sql import TableName

CATALOG = Path(__file__).parents[3] / "catalog.yaml"
AT = datetime(2026, 11, 5, 10, 15, tzinfo=UTC)
A_DAY_LATER = "2026-11-06T10:15:00Z"
WHO = "arn:aws:iam::123456789012:user/olga"
REQUESTS, EVENTS = "errors", "events-errors"
"""The error buckets."""
SETTINGS = {
    "seller": None,
    "payment_terms_days": 14,
    "grace_hours": 72,
    "late_usage_months": 3,
    "retention_days": 3650,
    "object_lock_mode": "GOVERNANCE",
    "invoice_prefix": "INV",
    "credit_note_prefix": "CN",
    "require_reconciliation": True,
}
TIMED_OUT, REFUSED = "Lambda.FunctionTimedOut", "Lambda.ProcessingFailedStatus"

Refuse = Callable[[Sequence[bytes]], Sequence[str | None]]
"""Records of a call -> for each the code with which it is refused, None if it is taken."""


@cache
def catalog() -> Catalog:
    return parse_catalog(yaml.safe_load(CATALOG.read_text()), TABLES)


def log_line(key: str, **other: str) -> bytes:
    """Give an access-log line as the stage writes it."""
    values = {"request_time_epoch": "1793876400000", "status": "200", "custom": "-", "tenant_id": "acme"}
    named = {
        one.log_key: other.get(one.log_key, values.get(one.log_key, key if one.column and one.column.required else "-"))
        for one in FIELDS
        if one.log_key
    }
    return (json.dumps({"v": "1", **named}, separators=(",", ":")) + "\n").encode()


def event(key: str, **other: Any) -> bytes:
    """Give an event as it stands on its stream."""
    named = {"specversion": "1.0", "id": key, "source": "/job", "type": "com.example.tokens", "tenantid": "acme"}
    return json.dumps({**named, "time": "2026-11-05T09:00:00Z", "data": {"value": 5}, **other}).encode()


def error_object(*raws: bytes, code: str = TIMED_OUT) -> bytes:
    """Give an object of the error bucket."""
    return body(*(line(raw, 1793876400000, code) for raw in raws))


def key(name: str, written: str = "2026-11-05-09-30-00") -> str:
    return f"errors/{name}/stream-1-{written}-{name}"


@dataclass
class FakeFirehose:
    """Streams that take what `refuse` does not."""

    refuse: Refuse = lambda records: [None] * len(records)
    taken: dict[str, list[bytes]] = field(default_factory=dict)
    calls: list[int] = field(default_factory=list)
    """Number of records of each call."""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def put_record_batch(self, *, DeliveryStreamName: str, Records: Sequence[Mapping[str, bytes]]) -> dict[str, Any]:  # noqa: N803 - AWS's names
        with self._lock:
            records = [record["Data"] for record in Records]
            assert 0 < len(records) <= 500
            assert sum(map(len, records)) <= 4 * 1024 * 1024
            self.calls.append(len(records))
            codes = self.refuse(records)
            taken = [record for record, code in zip(records, codes, strict=True) if code is None]
            self.taken.setdefault(DeliveryStreamName, []).extend(taken)
            failed = len(records) - len(taken)
            answers = [{"RecordId": "1"} if code is None else {"ErrorCode": code} for code in codes]
            return {"FailedPutCount": failed, "RequestResponses": answers}


@dataclass
class FakeSession:
    """A session of the operator's role; a service that is not there must not be asked."""

    services: dict[str, Any]

    def client(self, name: str, **_: Any) -> Any:
        return self.services[name]


@dataclass
class AskedLake:
    """A lake whose answers are set: header and rows of each."""

    given: list[tuple[list[str], list[list[str]]]]
    asked: list[str] = field(default_factory=list)

    def tables(self) -> list[TableName]:
        return [TableName("c", "d", f"table of {role}", role, tombstones="t") for role in TABLES]

    def query(self, sql: str) -> Answer:
        return self.ask(sql)()

    def ask(self, sql: str) -> Callable[[], Answer]:
        self.asked.append(sql)
        header, rows = self.given.pop(0)
        return lambda: Answer("query", header, iter(rows))


class World:
    """A stack and what it works with."""

    def __init__(
        self,
        requests: Mapping[str, bytes] | None = None,
        events: Mapping[str, bytes] | None = None,
        **settings: Any,
    ) -> None:
        self.aws = FakeAws()
        self.s3 = FakeS3(**{REQUESTS: requests or {}})
        self.s3.buckets[EVENTS] = dict(events or {})
        self.s3.page_size = 1000
        self.firehose = FakeFirehose()
        self.seconds = 0.0
        self.services = {"dynamodb": self.aws.dynamodb, "s3": self.s3, "firehose": self.firehose}
        self.outputs = StackOutputs.of({**VALUES, "billing_settings": json.dumps({**SETTINGS, **settings})})
        self.stack = self.at(AT)

    def at(self, at: datetime) -> OperatorStack:
        stack = OperatorStack(
            self.outputs,
            at,
            session=FakeSession(self.services),
            clock=Clock(lambda: self.seconds, self._sleep),
            now=lambda: AT,
        )
        stack.__dict__["who"] = WHO
        stack.__dict__["catalog"] = catalog()
        return stack

    def _sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def answers(self, *answers: tuple[list[str], list[list[str]]]) -> "AskedLake":
        """Let the lake give answers, one after the other; what is asked stands in `asked`."""
        lake = AskedLake(list(answers))
        self.stack.__dict__["lake"] = lake
        return lake

    @property
    def items(self) -> dict[tuple[str, str], dict[str, Any]]:
        """The table of actions."""
        return self.aws.dynamodb.tables["actions"]

    def marks(self, bucket: str = REQUESTS) -> dict[str, tuple[str, int, int]]:
        """State, records and records put of each marked object."""
        return {
            sk: (item["state"], item["records"], item["put"])
            for (pk, sk), item in self.items.items()
            if pk == f"REPLAY#{bucket}"
        }

    def actions(self) -> list[dict[str, Any]]:
        return self.stack.actions.all()

    def period(self, month: str, cutoff: str | None = None) -> None:
        """Let a month be known to billing; with a cutoff, finalized."""
        state = "closed" if cutoff else "open"
        item = {"pk": "PERIODS", "sk": month, "period": month, "state": state}
        self.aws.dynamodb.tables["invoices"]["PERIODS", month] = {**item, **({"cutoff": cutoff} if cutoff else {})}

    def hour(self, source: str, hour: str, state: str, missing: int = 0, **other: Any) -> None:
        """Let an hour be reconciled."""
        item = {"source": source, "hour": hour, "state": state, "missing": Decimal(missing), "unexplained": Decimal(0)}
        self.aws.dynamodb.tables["reconciliation"][source, hour] = {
            **item,
            "figures": {},
            "checked_at": hour,
            "checks": 1,
            **other,
        }


def typed(world: World, line: str, code: int = 0) -> str:
    """Give what a command shows to people, without blanks at the ends of lines."""
    told = parser("").parse_args(shlex.split(line))
    file = io.StringIO()
    assert COMMANDS[told.command](world.stack, told, Output(Console(file=file, width=100))) == code
    return "\n".join(row.strip() for row in file.getvalue().splitlines() if row.strip())
