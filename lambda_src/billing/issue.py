"""Numbers and issue: the candidates of a complete attempt become invoices, each once, in the order of tenants.

A run gets all its numbers in one transaction, which fixes the attempt, too. From then on everything follows from what
is written: a run that dies goes on with the same candidates, the same order and the same numbers.
"""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from billing import events
from billing.chunks import in_chunks
from billing.moments import parse_moment
from billing.parts import Parts
from billing.records import Attempt, FinalRun, Head, InvoiceRecord
from billing.tasks import Task
from invoicing.document import finalized
from invoicing.keys import final_stem, run_issue
from invoicing.numbers import invoice_number
from rating.period import Period

logger = logging.getLogger(__name__)

ISSUES_PER_BATCH = 200
"""More than are rated at once: numbering is one call, which writes the payloads of all batches of a run."""


def number_run(parts: Parts, run_id: str, attempt: str) -> None:
    """Give a run whose attempt is complete its numbers, unless it has them, and send out what is to be issued."""
    lock = parts.runs.final()
    if lock is None or lock.run_id != run_id:
        logger.info("run %s was replaced", run_id)
        return
    if lock.state == "rating":
        lock = _with_numbers(parts, lock, attempt)
    if lock is None or lock.run_id != run_id or lock.attempt != attempt:
        logger.info("run %s goes on with another attempt", run_id)
        return
    if lock.state == "numbered":
        count = parts.tasks.send(_issue_batches(parts, lock))
        after_batch(parts, parts.runs.all_sent(run_id, attempt, "issue", batches=count))
    else:
        go_on(parts, run_id)


def issue_batch(parts: Parts, run_id: str, attempt: str, batch: int) -> None:
    """Issue the invoices of a batch, and lead the run to its end if it was the last one."""
    progress = parts.runs.attempt(run_id, attempt, "issue")
    if batch not in progress.done:
        payload = parts.documents.read_json(run_issue(run_id, attempt, batch))
        issue_time = parse_moment(payload["run_time"])
        settled = [_settle(parts, issue_time, item) for item in payload["items"]]
        parts.outbox.publish(events.finalized(head, parts.documents).key for head in settled if head.number)
        progress = parts.runs.batch_done(run_id, attempt, "issue", batch)
    after_batch(parts, progress)


def after_batch(parts: Parts, progress: Attempt) -> None:
    """Do what follows from a stage of an attempt, if all its batches are done."""
    if not progress.is_complete:
        return
    if progress.stage == "rate":
        parts.tasks.send([Task("number", progress.run_id, progress.attempt)])
        return
    lock = parts.runs.final()
    if lock and lock.run_id == progress.run_id and lock.state == "numbered":
        parts.runs.finish(lock)
    go_on(parts, progress.run_id)


def go_on(parts: Parts, run_id: str) -> None:
    """Call the planner for the next due period, once a run has come to its end."""
    lock = parts.runs.final()
    if lock and lock.run_id == run_id and lock.state == "done" and lock.continue_at:
        parts.call_planner({"scheduled_time": lock.continue_at, "continued": True})
        parts.runs.continue_at(run_id, None)


def _with_numbers(parts: Parts, lock: FinalRun, attempt: str) -> FinalRun | None:
    progress = parts.runs.attempt(lock.run_id, attempt, "rate")
    if not progress.is_complete:
        raise RuntimeError(f"attempt {attempt} of run {lock.run_id} must be complete to be numbered, is {progress}")
    outcomes = [0, progress.refused]
    for candidate in parts.runs.candidates(lock.run_id, attempt):
        outcomes[0] += candidate.outcome == "issue"
        outcomes[1] += candidate.outcome in {"held", "failed"}
    count, left = outcomes
    numbered = parts.runs.number(
        lock,
        attempt=attempt,
        prefix=parts.settings.invoice_prefix,
        year=parse_moment(lock.run_time).year,
        count=count,
        left=left,
    )
    return numbered or parts.runs.final()


def _issue_batches(parts: Parts, lock: FinalRun) -> Iterator[Task]:
    """Write the payload of every batch of issues, the same at each try, and yield its task."""
    attempt = lock.attempt or ""
    for batch, items in enumerate(in_chunks(_issues(parts, lock), ISSUES_PER_BATCH)):
        payload = {"run_time": lock.run_time, "items": items}
        parts.documents.write_json(run_issue(lock.run_id, attempt, batch), payload)
        yield Task("issue", lock.run_id, attempt, batch)


def _issues(parts: Parts, lock: FinalRun) -> Iterator[dict[str, Any]]:
    block = lock.block or {}
    n = block["first"]
    for candidate in parts.runs.candidates(lock.run_id, lock.attempt or ""):
        item = {"tenant_id": candidate.tenant_id, "candidate": candidate.location}
        if candidate.outcome == "issue":
            yield {**item, "number": invoice_number(block["prefix"], block["year"], n)}
            n += 1
        elif candidate.outcome == "skip":
            yield {**item, "number": None}
    if n != block["first"] + block["count"]:
        raise RuntimeError(
            f"run {lock.run_id} must issue {block['count']} numbers, got {n - block['first']} candidates"
        )


def _settle(parts: Parts, run_time: datetime, item: dict[str, Any]) -> Head:
    """Issue or skip one bill: documents first, then its state, so that no state names what is not there."""
    proposal = parts.documents.read_json(item["candidate"])
    draft, number = Head.of(proposal["head"]), item["number"]
    frozen = [Head.of(one) for one in proposal["frozen"]]
    if number is None:
        head = replace(draft, state="skipped")
        parts.store.settle(head, invoice=None, event=None, frozen=frozen)
        return head
    document = finalized(proposal["document"], number, run_time.date())
    stem = final_stem(draft.period, draft.tenant_id, number)
    midnight = datetime.combine(run_time.date(), time(), UTC)
    parts.documents.write_final(
        stem,
        document,
        lock_mode=parts.settings.object_lock_mode,
        retain_until=midnight + timedelta(days=parts.settings.retention_days),
    )
    head = replace(draft, state="finalized", number=number, location=stem)
    event = events.finalized(head, parts.documents)
    parts.store.settle(head, invoice=_invoice(head, document), event=event, frozen=frozen)
    return head


def _invoice(head: Head, document: dict[str, Any]) -> InvoiceRecord:
    adjusted = {Period.parse(adjustment["period"]) for adjustment in document["adjustments"]}
    return InvoiceRecord(
        head.tenant_id,
        document["number"],
        head.period,
        head.revision,
        "finalized",
        head.cutoff,
        document["currency"],
        document["total"],
        head.location or "",
        document["issue_date"],
        tuple(sorted(adjusted)),
    )
