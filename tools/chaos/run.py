"""A chaos run, from the first request to the last check."""

import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

from rich.console import Console

from billing.moments import moment_text
from rating.period import Period
from tools.billing.stack import BillingStack
from tools.chaos import checks
from tools.chaos.clients import Caller, Order, send
from tools.chaos.injection import Injector
from tools.chaos.plan import LONG, Plan
from tools.chaos.repair import Repair
from tools.chaos.results import Results
from tools.chaos.sightings import Timeline
from tools.chaos.tally import Tally
from tools.chaos.tenants import Tenants
from tools.chaos.world import World, world

SLOT = timedelta(minutes=5)
_FIRST_SLOT = timedelta(minutes=25)
"""Of an hour; before it the hour's reconciliation runs, as its schedule has it."""
_RECONCILES = timedelta(minutes=20)
_HOUR = timedelta(hours=1)
_MOMENT = timedelta(seconds=2)


Send = Callable[[list[Order]], list[Tally]]
"""Carries orders out, and gives what came of each."""


class TooSlowError(RuntimeError):
    """The requests of a slot took longer than it is on the embedded clock: its metrics would lie in the next one."""


@dataclass
class Run:
    """One run in one embedded AWS.

    Attributes:
        plan: what happens.
        world: in which.
        folder: for files.
        console: to print on.
        final: whether the month is lived through until its bills are final.
    """

    plan: Plan
    world: World
    folder: Path
    console: Console
    final: bool
    tally: Tally = field(default_factory=Tally)
    timeline: Timeline = field(default_factory=Timeline)

    def __post_init__(self) -> None:
        self.injector = Injector(self.world)
        self.repair = Repair(self.world, self.folder, self._say)
        self.billing = BillingStack(self.world.outputs)
        self.tenants = Tenants(self.billing, self.plan.size.tenants)
        self.period = Period.of(datetime.now(UTC)).next
        self._roles = {name: role for role, name in self.world.exports["alarm_names"].items()}
        self._roles[self.world.outputs.usage_at_risk_alarm_name] = "usage-data-at-risk"
        self._started = time.monotonic()
        self._sending = 0.0

    def go(self) -> Results:
        """Do all of it; gives what came of it."""
        start = self.period.start + timedelta(days=9, hours=6)
        self._set_clock(start)
        self.tenants.add(start, self.period.first_day)
        self.world.controls.seed_faults(self.plan.seed)
        hour = start
        with _clients(self.plan.size.processes) as carry_out:
            for number in range(self.plan.size.rounds):
                self._round(carry_out, number, hour)
                hour += _HOUR
                if number < self.plan.size.rounds - 1:
                    self._hour_passes(hour)
        for _ in range(self.plan.size.hours_before_repair):
            self._hour_passes(hour)
            hour += _HOUR
        repaired_at = self._repair(hour)
        hour += _HOUR
        for _ in range(2):
            self._hour_passes(hour, since=start)
            hour += _HOUR
        self._bill(hour)
        return checks.results(self, repaired_at)

    @property
    def rate(self) -> float:
        """Requests answered per second while clients were sending."""
        return self.tally.answered / self._sending if self._sending else 0.0

    @property
    def seconds(self) -> float:
        """How long the run has taken."""
        return time.monotonic() - self._started

    def _round(self, carry_out: Send, number: int, hour: datetime) -> None:
        """Send an hour's requests, slot by slot, while faults come and go."""
        callers = self.tenants.callers()
        for index in range(self.plan.size.slots):
            slot, at = number * self.plan.size.slots + index, hour + _FIRST_SLOT + SLOT * index + _MOMENT
            self._look(at)
            self.injector.end(self.plan.ending(slot), at)
            self.injector.begin(self.plan.starting(slot), at)
            self._send(carry_out, callers, slot, self.plan.share(slot), at)
            self.injector.flush()
            if (now := self.world.now()) >= at + SLOT - 2 * _MOMENT:
                raise TooSlowError(
                    f"slot {slot + 1} took {now - at}, and has {SLOT}: fewer requests, or a faster machine"
                )
            self._say(
                f"{at:%H:%M} slot {slot + 1}/{self.plan.slots}: {self.tally.answered} answered,"
                f" {self.rate:.0f} a second, {self.tally.waiting} events wait"
            )
        self._drain(carry_out, number + 1, hour + _FIRST_SLOT + SLOT * self.plan.size.slots)

    def _send(self, carry_out: Send, callers: list[Caller], slot: object, requests: int, at: datetime) -> None:
        """Have the processes of clients send a slot's requests."""
        started = time.monotonic()
        size, orders = self.plan.size, []
        for number in range(size.processes):
            names = set(self.tenants.names[number :: size.processes])
            orders.append(
                Order(
                    base_url=self.world.outputs.rest_api_url,
                    callers=[caller for caller in callers if caller.tenant in names],
                    requests=requests * (number + 1) // size.processes - requests * number // size.processes,
                    threads=size.threads,
                    seed=f"{self.plan.seed}-{slot}-{number}",
                    time=moment_text(at.replace(microsecond=0)),
                    folder=self.folder / "answered",
                    pending={tenant: events for tenant, events in self.tally.pending.items() if tenant in names},
                )
            )
        self.tally.add(carry_out(orders))
        self._sending += time.monotonic() - started

    def _drain(self, carry_out: Send, rounds: int, at: datetime) -> None:
        """End a round's short faults, and let the events that still wait be sent again."""
        self._look(at)
        slot = rounds * self.plan.size.slots
        self.injector.end([one for one in self.plan.faults if one.end <= slot and one.kind not in LONG], at)
        if self.tally.waiting:
            self._send(carry_out, self.tenants.callers(), f"drain-{rounds}", 0, at)
            self.injector.flush()

    def _hour_passes(self, hour: datetime, since: datetime | None = None) -> None:
        """Live into an hour: alarms are evaluated on the way, and the reconciliation runs at its time.

        Args:
            hour: its beginning.
            since: the first hour to be reconciled; None for those that the hourly run looks at.
        """
        for minutes in (0, 5, 10, 15):
            self._look(hour + timedelta(minutes=minutes))
        self._set_clock(hour + _RECONCILES)
        self.repair.reconcile(within=(since, hour) if since else None)
        self._look(hour + _RECONCILES + timedelta(minutes=1))

    def _repair(self, hour: datetime) -> datetime:
        """Mend what is still broken, then do what an operator does."""
        at = hour + _MOMENT
        self._look(at)
        self.injector.end(self.plan.faults, at)
        self.repair.deliver()
        self.repair.fill_in()
        self.repair.replay_all()
        self._look(at + SLOT)
        return at

    def _bill(self, hour: datetime) -> None:
        """Have the month billed."""
        at = hour + _MOMENT
        if self.final:
            at = self.period.end + self.billing.parts.settings.grace + _HOUR
            self._set_clock(at)
            self.repair.reconcile(period=self.period)
        self._set_clock(at + _MOMENT)
        outputs = self.world.outputs
        self.world.controls.fire(f"{outputs.billing_schedule_group_name}/{outputs.billing_schedule_name}", at)
        self.world.controls.settle(300)

    def _set_clock(self, at: datetime) -> None:
        self.world.controls.set_clock(at)

    def _look(self, at: datetime) -> None:
        """Set the clock, and see what the alarms say."""
        self._set_clock(at)
        states = self.world.controls.evaluate_alarms()
        self.timeline.add(at, {self._roles.get(name, name): state for name, state in states.items()})

    def _say(self, text: str) -> None:
        self.console.print(f"[dim]{self.seconds:6.0f} s[/] {text}", highlight=False, soft_wrap=True)


@contextmanager
def _clients(processes: int) -> Iterator[Send]:
    """Give what carries orders out, one at a time in this process, or all at once in processes of their own."""
    if processes == 1:
        yield lambda orders: [send(order) for order in orders]
        return
    with get_context("spawn").Pool(processes, _leave_interrupts) as pool:  # ends them at once, whatever they do
        yield lambda orders: pool.map(send, orders)


def _leave_interrupts() -> None:
    """Let Ctrl-C be the run's own business, which ends its clients."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def chaos(plan: Plan, console: Console, *, final: bool) -> Iterator[Run]:
    """Start an embedded AWS for a run, and end it.

    Args:
        plan: what happens.
        console: to print on.
        final: whether the month is lived through until its bills are final.
    """
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    try:
        with world(folder / "embedded-aws.log") as made:
            yield Run(plan, made, folder, console, final)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
