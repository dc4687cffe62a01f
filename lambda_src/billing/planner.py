"""The planner: which runs a moment asks for, and their batches for the workers."""

import logging
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from billing.chunks import in_chunks
from billing.dry_run import dry_run
from billing.gathering import Gathering
from billing.inputs import TENANTS_PER_BATCH, Run
from billing.issue import after_batch
from billing.moments import moment_text
from billing.new_run import ON_HOLD, is_early, late_of, refusal_of, run_of
from billing.parts import Parts
from billing.periods import due, missing_periods, overdue, to_draft
from billing.records import FinalRun, PeriodRecord
from billing.requests import Request
from billing.tasks import Task
from invoicing.keys import run_input
from rating.period import Period

logger = logging.getLogger(__name__)


@dataclass
class Planning:
    """One call of the planner for a moment, and what came of it."""

    parts: Parts
    request: Request
    runs: list[dict[str, Any]] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    opened: list[Period] = field(default_factory=list)
    """Periods that nobody knew of before this call."""

    def plan(self) -> dict[str, Any]:
        """Start the runs that the moment asks for.

        Returns:
            `{"runs": [{"run_id", "attempt", "period", "kind", "tenants", "batches"}],
            "refused": [{"period", "reason"}], "bills": []}`.
        """
        if not self.request.continued:
            self.parts.tasks.send([Task("sweep")])
        self.parts.catalogs.keep_today()
        self.opened = missing_periods(self.parts.store.periods(), self.request.now)
        for period in self.opened:
            self.parts.store.add_period(period)
        records = self.parts.store.periods()
        if not self.request.continued:
            for record in to_draft(records, self.request.now):
                if self.request.period in {None, record.period}:
                    self._start(run_of(self.parts, self.request.now, "draft", record.period, records), records)
        if not self.request.is_partial:
            self._finalize(records)
            if self.parts.call_rollup and not self.request.continued:
                self.parts.call_rollup({"as_of": moment_text(self.request.now)})
            self._tell(records)
        return {"runs": self.runs, "refused": self.refused, "bills": []}

    def _tell(self, records: Sequence[PeriodRecord]) -> None:
        """Log one line of how many bills are in which state: metrics are made of it."""
        counts = {
            "final": sum(record.issued for record in records),
            "left": sum(record.left for record in records),
            "refused": len(self.refused),
            "unfinalized": len(self._unfinalized(records)),
        }
        if not self.request.continued:
            counts["draft"] = sum(run["tenants"] for run in self.runs if run["kind"] == "draft")
        logger.info("bills: %s", counts, extra=counts)

    def _unfinalized(self, records: Sequence[PeriodRecord]) -> list[PeriodRecord]:
        """Return the periods that ought to have had a final run; this call may have begun it, and the next one sees."""
        late = overdue(records, self.request.now, self.parts.settings.grace)
        return [record for record in late if record.cutoff is None and record.period not in self.opened]

    def _finalize(self, records: Sequence[PeriodRecord]) -> None:
        """Start the final run of the earliest due period, or let the one in flight go on."""
        now = moment_text(self.request.now)
        lock = self.parts.runs.final()
        if lock and lock.state == "numbered":
            self._resume(lock, now)
            return
        for record in due(records, self.request.now, self.parts.settings.grace):
            run = run_of(self.parts, self.request.now, "final", record.period, records)
            if is_early(self.parts, run, self.opened):
                continue
            if reason := self._refusal(run):
                self.refused.append({"period": str(record.period), "reason": reason})
                continue
            claim = FinalRun(
                run.run_id,
                run.period,
                now,
                moment_text(run.cutoff),
                f"{now}#{run.period}",
                "rating",
                continue_at=now,
            )
            if self.parts.runs.claim(claim):
                self._start(run, records)
            else:
                self.refused.append({"period": str(record.period), "reason": "another final run is in flight"})
            return

    def _refusal(self, run: Run) -> str | None:
        """Return why a period is not finalized; a reason that nobody has chosen is buried, too."""
        reason = refusal_of(self.parts, run)
        if reason and reason != ON_HOLD:
            logger.error("run %s is refused: %s", run.run_id, reason)
            self.parts.tasks.bury(f"period {run.period} is not finalized: {reason}", run_id=run.run_id)
        return reason

    def _resume(self, lock: FinalRun, now: str) -> None:
        """Let a run that has its numbers come to its end; the planner is called again after it."""
        self.parts.runs.continue_at(lock.run_id, now)
        self.parts.tasks.send([Task("number", lock.run_id, lock.attempt or "")])
        self.refused.append({"period": str(lock.period), "reason": f"run {lock.run_id} goes on first"})

    def _start(self, run: Run, records: Sequence[PeriodRecord]) -> None:
        """Send a run's batches. Each try is an attempt of its own: batches of two are never mixed."""
        attempt = uuid.uuid4().hex
        refused: list[str] = []

        def refuse(reason: str) -> None:
            refused.append(reason)
            self.parts.tasks.bury(reason, run_id=run.run_id)

        gathering = Gathering(self.parts, run, late_of(self.parts, run, records), self.request.tenants, refuse=refuse)
        counts = [0]
        batches = self.parts.tasks.send(self._batches(run, attempt, gathering, counts))
        progress = self.parts.runs.all_sent(run.run_id, attempt, "rate", batches=batches, refused=len(refused))
        if run.kind == "final":
            after_batch(self.parts, progress)
        self.runs.append(
            {
                "run_id": run.run_id,
                "attempt": attempt,
                "period": str(run.period),
                "kind": run.kind,
                "tenants": counts[0],
                "batches": batches,
            }
        )

    def _batches(self, run: Run, attempt: str, gathering: Gathering, counts: list[int]) -> Iterator[Task]:
        """Write the payload of every batch, and yield its task."""
        for batch, tenants in enumerate(in_chunks(gathering.tenants(), TENANTS_PER_BATCH)):
            payload = {"run": run.to_json(), "tenants": [tenant.to_json() for tenant in tenants]}
            self.parts.documents.write_json(run_input(run.run_id, attempt, batch), payload)
            counts[0] += len(tenants)
            yield Task("rate", run.run_id, attempt, batch)


def plan(parts: Parts, event: Any) -> dict[str, Any]:
    """Answer an event of the planner.

    Returns:
        As of `Planning.plan`, or of `dry_run`.

    Raises:
        RequestError: the event is not one that it knows.
    """
    request = Request.parse(event)
    return dry_run(parts, request) if request.dry_run else Planning(parts, request).plan()
