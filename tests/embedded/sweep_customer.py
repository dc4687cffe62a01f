"""What customers call: each function does its work once, and is asked again."""

import uuid
from datetime import UTC, datetime, timedelta

from billing.records import PeriodRecord
from billing.rollup_store import UsageItem, UsageItems
from rating.period import Period
from tests.embedded.permissions_kit import Function
from tests.embedded.security_kit import event
from tests.embedded.sweep_billing import FIRST, TENANT, Months
from tests.embedded.sweep_exercises import OfFunction
from tests.embedded.sweep_kit import Deployment
from tools.billing.stack import BillingStack
from tools.lake import Lake


class Asked(OfFunction):
    """What a customer asks for, each time on another day: of another day an answer is another one."""

    def __init__(self, deployment: Deployment, part: str, path: str, months: Months, *, line: bool = False) -> None:
        super().__init__(deployment, part)
        number = months.invoice()
        places = {"number": number} if "{number}" in path else {}
        self._asked = [(path, {**places, "line": months.line()} if line else places)]
        if line:
            self._asked.append((f"{path}/rows", self._asked[0][1]))
        if part == "customer-invoices":
            self._asked.append(("/invoices", {}))
        self._behind, self._day = Function(deployment.outputs, self.function, TENANT), FIRST.end

    def work(self) -> list[str]:
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
