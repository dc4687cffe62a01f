"""What schedules call: a month billed, usage rolled up, hours reconciled."""

import itertools
import json
from datetime import UTC, datetime, timedelta

from tests.embedded.gateway_kit import request
from tests.embedded.sweep_billing import FUNCTIONS, LATER, Months
from tests.embedded.sweep_exercises import OfFunction
from tests.embedded.sweep_kit import Deployment
from tests.embedded.sweep_streams import Streamed


class Billed(OfFunction):
    """A month, from its rows to its invoice; by the schedule, the planner, the worker and the rollup together."""

    def __init__(self, deployment: Deployment, part: str, months: Months) -> None:
        super().__init__(deployment, part)
        self._months = months

    def prepare(self) -> None:
        """Begin the next month, once the one before is billed; an environment knows the catalogs that it has read."""
        self.whole()
        super().prepare()
        self._months.use()

    def work(self) -> list[str]:
        self.deployment.letters()
        since = datetime.now(UTC)
        waiting = self._months.run()
        complaints = [line for part in FUNCTIONS for line in self.deployment.complaints(part, since)]
        return [*waiting, *self.deployment.letters(), *complaints]

    def whole(self) -> None:
        if self._months.open:
            assert self.work() == []
            self._months.check()


class RolledUp(OfFunction):
    """What new tenants used so far, which is more than their plan's soft limit: an item, and two events that say so."""

    def __init__(self, deployment: Deployment, part: str, months: Months) -> None:
        super().__init__(deployment, part)
        self._months = months
        self._tenants: list[str] = []

    def prepare(self) -> None:
        """Add a tenant that no rollup has seen."""
        super().prepare()
        self._tenants.append(self._months.newcomer())

    def work(self) -> list[str]:
        self.deployment.letters()
        since = datetime.now(UTC)
        self._call()
        return [*self.deployment.letters(), *self.complaints(since)]

    def whole(self) -> None:
        assert self.work() == []
        for tenant in self._tenants:
            self._months.check_rolled_up(tenant)

    def _call(self) -> None:
        event = {"as_of": f"{LATER}-20T12:05:00Z", "period": str(LATER)}
        self.deployment.client("lambda").invoke(
            FunctionName=self.function, Qualifier="live", InvocationType="Event", Payload=json.dumps(event).encode()
        )
        self.deployment.settle()


class Reconciled(OfFunction):
    """The hours up to now, in which there are rows, and records that were put aside.

    It is called for minutes of the next hour, one after the other: CloudWatch takes metrics of the next two hours.
    """

    _minutes = itertools.count()

    def __init__(self, deployment: Deployment, part: str, streams: list[Streamed]) -> None:
        super().__init__(deployment, part)
        self._streams = streams
        self._time = datetime.now(UTC)

    def prepare(self) -> None:
        """Have rows, and records that are put aside, which no call has seen."""
        super().prepare()
        for stream in self._streams:
            assert stream.work() == []

    def work(self) -> list[str]:
        self.deployment.letters()
        since = datetime.now(UTC)
        self._fire()
        return [*self.deployment.letters(), *self.complaints(since)]

    def whole(self) -> None:
        assert self.work() == []
        assert self._items() > 0

    def _fire(self) -> None:
        next_hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        self._time = next_hour + timedelta(minutes=next(self._minutes))
        outputs = self.deployment.outputs
        body = {
            "Name": outputs.reconciliation_schedule_name,
            "GroupName": outputs.reconciliation_schedule_group_name,
            "ScheduledTime": f"{self._time:%Y-%m-%dT%H:%M:%SZ}",
        }
        url = f"{self.deployment.aws.url}/_embedded/scheduler/fire"
        assert request(url, method="POST", data=json.dumps(body).encode()).status == 200
        self.deployment.settle()

    def _items(self) -> int:
        table = self.deployment.outputs.reconciliation_table_name
        found = self.deployment.client("dynamodb").scan(TableName=table)["Items"]
        checked = f"{self._time:%Y-%m-%dT%H:%M}"
        return sum(item.get("checked_at", {"S": ""})["S"].startswith(checked) for item in found)
