"""The main job, done once for real: traffic, rows, failures, usage, balance. Shared by demo and smoke."""

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from tools import error_records, malformed, report, traffic
from tools.balance import BalanceLine, Figures, balance
from tools.error_records import ErrorRecord
from tools.event_check import EventCheck
from tools.lake import MOST_IDS, Lake
from tools.outputs import StackOutputs
from tools.people import User, signed_in
from tools.traffic import Answer
from tools.usage_events import Sent

TENANTS = ("acme", "globex")
POLL_SECONDS = 1.0
WARM_UP_POLL_SECONDS = 3.0


@dataclass(frozen=True)
class Plan:
    """How a run is done.

    Attributes:
        requests: how many requests are sent, 1 to 5000.
        users_per_tenant: how many users each of the two tenants has.
        whole_table: balance against every row of the table (a stack that is all ours) instead of our own requests'.
        warm_up_seconds: how long a fresh deployment may refuse a good request before the traffic starts.
        deadline_seconds: how long delivery may take after the last request.
        expired: gives an expired token of a user; None sends no such request.
        bill: bills the usage and shows it, once all is delivered; takes the usage events that were sent, and gives what
            is to be balanced. None bills nothing.
        event_types: of the usage events that are sent as well.
        events_on_stream: whether they are also put on the stream, as a trusted backend.
    """

    requests: int
    users_per_tenant: int
    whole_table: bool
    warm_up_seconds: float
    deadline_seconds: float
    expired: Callable[[User], str] | None = None
    bill: Callable[[Sequence[Sent]], Sequence[BalanceLine]] | None = None
    event_types: frozenset[str] = frozenset()
    events_on_stream: bool = False

    def __post_init__(self) -> None:
        can_send(self.requests)


def can_send(requests: int) -> None:
    """Check a number of requests; commands do it before anything is made.

    Raises:
        ValueError: so many cannot be sent and found again.
    """
    if not 1 <= requests <= MOST_IDS:
        raise ValueError(f"requests: 1 to {MOST_IDS}, got {requests}")


@dataclass(frozen=True)
class Run:
    """One run against a stack."""

    outputs: StackOutputs
    plan: Plan
    console: Console
    run_id: str
    since: datetime

    def go(self) -> bool:
        """Do the whole job and print it.

        Returns:
            Whether everything adds up.
        """
        plan = self.plan
        events = EventCheck(
            self.outputs, self.run_id, self.since, plan.event_types, plan.events_on_stream, plan.whole_table
        )
        answers = self._traffic(events)
        put = malformed.put(self.outputs, malformed.records(self.run_id))
        ids = [answer.extended_request_id for answer in answers if answer.extended_request_id]
        sent = Figures(
            # Batches of events are requests, too; among others' rows they are not looked for.
            sent=len(answers) + (events.requests if plan.whole_table else 0),
            unanswered=len(answers) - len(ids),
            unexpected=sum(not answer.as_it_should_be for answer in answers),
            rows=0,
            distinct_keys=0,
            malformed_put=put,
            malformed_found=0,
        )
        figures, failed = self._await_delivery(sent, ids, events)
        self._print(answers, ids, failed, events.requests)
        events.show(self.console)
        lines = [*balance(figures), *events.lines(), *(plan.bill(events.sent) if plan.bill else ())]
        self.console.print(report.balance(lines))
        return all(line.holds for line in lines)

    def _traffic(self, events: EventCheck) -> list[Answer]:
        with (
            self.console.status("signing up users"),
            signed_in(self.outputs, TENANTS, self.plan.users_per_tenant, self.run_id) as users,
        ):
            answers = self._warm_up(users[0])
            calls = traffic.plan(users, self.plan.requests - len(answers), self.plan.expired)
            with _progress(self.console) as progress:
                task = progress.add_task(f"{len(users)} users of {len(TENANTS)} tenants call the API", total=len(calls))
                for answer in traffic.send(self.outputs.rest_api_url, calls):
                    answers.append(answer)
                    progress.advance(task)
            with self.console.status("sending usage events"):
                events.send(users)
        return answers

    def _warm_up(self, user: User) -> list[Answer]:
        """Wait until a fresh deployment answers: its permissions take a moment to reach every host of AWS.

        What is sent here are requests like all others: they count, but a refusal is no surprise.
        """
        answers: list[Answer] = []
        [call] = traffic.plan([user], 1, None)
        end = time.monotonic() + self.plan.warm_up_seconds
        while time.monotonic() < end and len(answers) < self.plan.requests - 1:
            [answer] = traffic.send(self.outputs.rest_api_url, [call])
            if answer.status == call.expected_status:
                return [*answers, answer]
            if answer.status is not None:
                answers.append(replace(answer, call=replace(call, kind="warm-up", expected_status=answer.status)))
            time.sleep(WARM_UP_POLL_SECONDS)
        return answers

    def _await_delivery(
        self, sent: Figures, ids: Sequence[str], events: EventCheck
    ) -> tuple[Figures, list[ErrorRecord]]:
        """Wait until what was sent is found, or the deadline has passed; gives what is there then."""
        lake, end = Lake(self.outputs), time.monotonic() + self.plan.deadline_seconds
        wanted = sent.sent + sent.malformed_put + events.wanted
        with _progress(self.console) as progress:
            task = progress.add_task("delivered rows and failed records", total=wanted)
            while True:
                count = lake.count(self._scope(ids), self.since)
                failed = error_records.read(self.outputs, self.since, lambda raw: self.run_id.encode() in raw)
                found = replace(sent, rows=count.rows, distinct_keys=count.distinct_keys, malformed_found=len(failed))
                there = found.rows + found.malformed_found + events.look()
                progress.update(task, completed=there)
                if there >= wanted or time.monotonic() >= end:
                    return found, failed
                time.sleep(POLL_SECONDS)

    def _scope(self, ids: Sequence[str]) -> Sequence[str] | None:
        return None if self.plan.whole_table or not ids else ids

    def _print(
        self, answers: Sequence[Answer], ids: Sequence[str], failed: Sequence[ErrorRecord], batches: int
    ) -> None:
        usages = Lake(self.outputs).usage(self._scope(ids), self.since)
        reasons = error_records.transform_reasons(self.outputs, self.since)
        show = self.console.print
        show()  # each table ends with an empty line of its own
        show(report.calls(answers, batches))
        show(report.usage(usages))
        show(report.failures(failed, reasons))
        # Whole lines, so that they can be copied: the terminal wraps them, if it must.
        show(report.addresses(self.outputs.error_bucket_name, failed), soft_wrap=True, highlight=False)
        show()


def run(outputs: StackOutputs, plan: Plan, console: Console) -> bool:
    """Run the main job against a stack; prints what happens.

    Returns:
        Whether everything adds up.
    """
    return Run(outputs, plan, console, f"run-{uuid.uuid4().hex[:12]}", datetime.now(UTC)).go()


def _progress(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )
