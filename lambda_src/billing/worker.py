"""The worker: takes tasks off the queue. What it cannot do ends on the dead-letter queue with the reason."""

import logging
from typing import Any

from billing.candidates import rate_candidates
from billing.drafts import rate_drafts
from billing.inputs import Run, TenantInput
from billing.issue import after_batch, issue_batch, number_run
from billing.parts import Parts
from billing.tasks import Task, TaskError, read_message
from invoicing.keys import run_input

logger = logging.getLogger(__name__)


def work(parts: Parts, event: dict[str, Any]) -> dict[str, Any]:
    """Do the tasks of an SQS event.

    A task that fails comes again; when it has come as often as the queue allows, it is buried with the reason. A
    message that is no task is buried at once.

    Returns:
        The messages that are to come again, as `ReportBatchItemFailures` wants it.
    """
    failed = [record["messageId"] for record in event["Records"] if not _try(parts, record)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def do(parts: Parts, task: Task) -> None:
    """Do one task; doing it again changes nothing."""
    match task.task:
        case "rate":
            _rate(parts, task)
        case "number":
            number_run(parts, task.run_id, task.attempt)
        case "issue":
            issue_batch(parts, task.run_id, task.attempt, task.batch)
        case "sweep":
            logger.info("swept %d events", parts.outbox.sweep())


def _try(parts: Parts, record: dict[str, Any]) -> bool:
    """Do the task of a message; return whether the message is done with."""
    try:
        task = read_message(record["body"])
    except TaskError as error:
        logger.error("message %s is no task", record["messageId"])  # noqa: TRY400 - the buried message says it all
        parts.tasks.bury(str(error), message=record["body"])
        return True
    if task is None:
        return True
    try:
        do(parts, task)
    except Exception as error:
        logger.exception("task %s", task)
        if int(record["attributes"]["ApproximateReceiveCount"]) < parts.tasks.most_receives():
            return False
        parts.tasks.bury(f"{type(error).__name__}: {error}", task=task.to_json())
    return True


def _rate(parts: Parts, task: Task) -> None:
    progress = parts.runs.attempt(task.run_id, task.attempt, "rate")
    payload = parts.documents.read_json(run_input(task.run_id, task.attempt, task.batch))
    run = Run.from_json(payload["run"])
    if run.kind == "final" and not _is_rating(parts, run):
        logger.info("run %s is not rating any more", run.run_id)
        return
    if task.batch not in progress.done:
        tenants = [TenantInput.from_json(one) for one in payload["tenants"]]
        if run.kind == "final":
            rate_candidates(parts, run, task.attempt, tenants)
        else:
            rate_drafts(parts, run, tenants)
        progress = parts.runs.batch_done(task.run_id, task.attempt, "rate", task.batch)
    if run.kind == "final":
        after_batch(parts, progress)


def _is_rating(parts: Parts, run: Run) -> bool:
    lock = parts.runs.final()
    return lock is not None and lock.run_id == run.run_id and lock.state == "rating"
