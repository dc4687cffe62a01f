"""The usage events of a run: sent, looked for in table and error bucket, shown, balanced."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rich.console import Console

from tools import error_records, event_balance, event_traffic, report
from tools.balance import BalanceLine
from tools.error_records import ErrorRecord
from tools.event_balance import EventFigures
from tools.lake import Lake
from tools.outputs import StackOutputs
from tools.people import User
from tools.usage_events import API, STREAM, Sent, source_of


@dataclass
class EventCheck:
    """The usage events of one run.

    Attributes:
        types: of the events that are sent; none if empty.
        on_stream: whether they are put on the stream as well.
        whole_table: whether all rows of the table are the run's.
        sent: what has been sent.
        requests: how many requests the events took that went through the API.
    """

    outputs: StackOutputs
    run_id: str
    since: datetime
    types: frozenset[str]
    on_stream: bool
    whole_table: bool
    sent: list[Sent] = field(default_factory=list)
    requests: int = 0
    _found: EventFigures = field(default_factory=EventFigures)
    _failed: list[ErrorRecord] = field(default_factory=list)

    def send(self, users: Sequence[User]) -> None:
        """Send each tenant's events, as its first user and, if wanted, as a trusted backend."""
        if not self.types:
            return
        self.sent, self.requests = event_traffic.through_api(self.outputs, users, self.run_id, self.types)
        if self.on_stream:
            tenants = sorted({user.tenant for user in users})
            self.sent += event_traffic.on_stream(self.outputs, tenants, self.run_id, self.types)

    @property
    def wanted(self) -> int:
        """How many rows and failed records the events must become."""
        return event_balance.rows_wanted(self.sent) + event_balance.failures_wanted(self.sent)

    def look(self) -> int:
        """Look for them; returns how many rows and failed records are there by now."""
        if not self.sent:
            return 0
        sources = None if self.whole_table else [source_of(self.run_id, way) for way in (API, STREAM)]
        count = Lake(self.outputs).count_events(sources, self.since)
        bucket = self.outputs.usage_events_error_bucket_name
        self._failed = error_records.read(self.outputs, self.since, lambda raw: self.run_id.encode() in raw, bucket)
        self._found = EventFigures(count.rows, count.distinct_keys, len(self._failed))
        return count.rows + len(self._failed)

    def show(self, console: Console) -> None:
        """Print what was sent, and why records failed."""
        if not self.sent:
            return
        console.print(report.events(self.sent))
        if not self.on_stream:
            return
        function = self.outputs.usage_events_transform_function_name
        reasons = error_records.transform_reasons(self.outputs, self.since, function)
        console.print(report.failures(self._failed, reasons, "usage events"))
        addresses = report.addresses(self.outputs.usage_events_error_bucket_name, self._failed)
        console.print(addresses, soft_wrap=True, highlight=False)
        console.print()

    def lines(self) -> list[BalanceLine]:
        """Return the balance of what was sent and what was found."""
        return event_balance.balance(self.sent, self._found)
