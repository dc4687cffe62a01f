"""One call of the reconciler: which hours it looks at, and what it writes of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from billing.at_once import at_once
from billing.dynamo import Item
from billing.moments import moment_text
from billing.reconciliation import is_accepted, is_checked, is_open
from rating.period import Period
from reconciliation.balance import AFTER, BALANCED, BEFORE, Balance, balance
from reconciliation.failures import Failures
from reconciliation.gathering import failures_of, figures_of_hours
from reconciliation.hours import HOUR, Window
from reconciliation.metrics import put_metrics
from reconciliation.parts import Parts
from reconciliation.request import Request
from reconciliation.totals import totals_of

DAILY_HOUR = 4
"""Of the day, UTC: the run of this hour looks further back."""
PERIOD_SLACK = timedelta(hours=48)
"""How long after the grace's end a period is still checked as a whole each day: its final run may have been refused."""
WRITERS = 8
"""How many items are written at a time."""


def reconcile(parts: Parts, event: Any) -> dict[str, Any]:
    """Check the hours that an event asks for.

    Args:
        parts: the adapters.
        event: `{"scheduled_time"}` for the hourly run, with `period`, or `from` and `to`, for an operator's.

    Returns:
        `{"sources": {<source>: {<state>: <number of hours>}}, "hours": [{"source", "hour", "state", "missing",
        "unexplained", "failed"}]}`: the hours that were checked, and those that do not balance.

    Raises:
        RequestError: the event asks for nothing that can be checked.
        MetricError, QueryError, ResultError: what is to be known is not told; no hour is written.
    """
    return _Run(parts, Request.parse(event)).run()


@dataclass
class _Run:
    parts: Parts
    request: Request
    known: dict[str, dict[datetime, Item]] = field(default_factory=dict)
    """By source, the items of the hours from the beginning of the previous month on."""
    failures: dict[str, Failures] = field(default_factory=dict)
    checked: dict[str, dict[datetime, Item]] = field(default_factory=dict)
    """By source, the items that were written."""

    def run(self) -> dict[str, Any]:
        lately = Window(self._previous.start, self.request.closed)
        for source in self.parts.settings.sources:
            self.known[source.role] = self.parts.items.hours(source.role, lately)
            self.failures[source.role] = failures_of(self.parts, source, self.request.now)
        windows = {role: window for role in self.known if len(window := self._window(self.known[role]))}
        balances = self._balances(windows)
        for role in self.known:
            self.checked[role] = self._write(role, balances.get(role, []))
            for period in self._periods() if role in windows else ():
                self._write_period(role, period)
        self._put_metrics()
        return self._answer()

    def _balances(self, windows: Mapping[str, Window]) -> dict[str, list[tuple[datetime, Balance]]]:
        """Return what every hour's balance says.

        The hours beside a window are looked at, too: they may have what its first or last ones lack.
        """
        wider = {
            role: Window(window.start, min(window.end + AFTER * HOUR, self.request.closed))
            for role, window in windows.items()
        }
        figures = figures_of_hours(self.parts, wider, self.failures)
        found = {}
        for role, window in windows.items():
            before = self.parts.items.figures_before(role, window.start, BEFORE)
            balances = balance(figures[role], self.parts.settings.tolerance, before)
            found[role] = list(zip(window, balances, strict=False))
        return found

    @property
    def _previous(self) -> Period:
        return Period.of(self.request.closed).previous

    @property
    def _checks_previous(self) -> bool:
        if self.request.window is not None or self.request.now.hour != DAILY_HOUR:
            return False
        if self.request.now <= self._previous.end + self.parts.settings.grace + PERIOD_SLACK:
            return True
        # One that was never checked after its end is not finalized: a new deployment's first one, or one that failed.
        period = self._previous
        return not all(is_checked(self.parts.items.period(role, period), period) for role in self.known)

    def _window(self, known: Mapping[datetime, Item]) -> Window:
        """Return the hours to look at: those asked for, or from the first on that does not balance.

        Each hour the recent ones are looked through for it, once a day all of this month and the previous one: an
        hour of weeks ago balances once its records were replayed. There, what somebody accepted is left alone.
        """
        if self.request.window:
            return self.request.window
        closed, recent = self.request.closed, self.request.closed - self.parts.settings.recheck
        if self._checks_previous:
            return Window(self._previous.start, closed)
        first = self._previous.start if self.request.now.hour == DAILY_HOUR else recent
        for hour in Window(first, closed):
            item = known.get(hour)
            if item is None or not (item["state"] == BALANCED or (hour < recent and is_accepted(item))):
                return Window(hour, closed)
        return Window(closed, closed)

    def _periods(self) -> list[Period]:
        """Return the periods that are checked as a whole."""
        if self.request.period:
            return [self.request.period]
        return [self._previous] if self._checks_previous else []

    def _write(self, role: str, balances: Sequence[tuple[datetime, Balance]]) -> dict[datetime, Item]:
        late = self.request.now - self.parts.settings.late

        def put(one: tuple[datetime, Balance]) -> Item:
            hour, found = one
            state = found.state(may_be_late=hour + HOUR > late)
            return self.parts.items.put_hour(role, hour, found, state, self.request.now)

        return {hour: item for (hour, _), item in at_once(put, balances, WRITERS)}

    def _write_period(self, role: str, period: Period) -> None:
        hours = Window(period.start, min(period.end, self.request.closed))
        items = [self.checked[role][hour] for hour in hours]
        self.parts.items.put_period(role, period, totals_of(items), self.request.now)

    def _put_metrics(self) -> None:
        """Put what alarms look at: of all hours that are open, whether this run looked at them or an earlier one."""
        values: list[tuple[str, str, int]] = []
        for role, failures in self.failures.items():
            lately = {hour: item for hour, item in self.checked[role].items() if hour >= self._previous.start}
            items = [item for item in {**self.known[role], **lately}.values() if is_open(item)]
            values += [
                (role, "Missing", sum(item["missing"] for item in items)),
                (role, "Unexplained", sum(item["unexplained"] for item in items)),
                (role, "OpenHours", len(items)),
                (role, "FailedRecords", failures.records),
                (role, "FailedObjects", failures.objects),
            ]
            newest = self.checked[role].get(self.request.closed - HOUR)
            if newest:
                values += [
                    (role, "SourceCount", newest["figures"]["counted"]),
                    (role, "Rows", newest["figures"]["rows"]),
                ]
        put_metrics(self.parts.cloudwatch, self.parts.settings.metric_namespace, self.request.now, values)

    def _answer(self) -> dict[str, Any]:
        states = {role: Counter(item["state"] for item in items.values()) for role, items in self.checked.items()}
        return {
            "sources": {role: dict(sorted(counts.items())) for role, counts in states.items()},
            "hours": [
                {
                    "source": role,
                    "hour": moment_text(hour),
                    **{name: item[name] for name in ("state", "missing", "unexplained", "failed")},
                }
                for role, items in self.checked.items()
                for hour, item in items.items()
                if item["state"] != BALANCED
            ],
        }
