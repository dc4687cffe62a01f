"""Commands about runs: start one and wait for its bills; see what nobody could handle."""

import json
import time
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.config import Config

from billing.moments import moment_text
from billing.records import BILL, Head
from rating.period import Period
from tools.billing import sheet
from tools.billing.output import Output
from tools.billing.stack import ALIAS, BillingStack

POLL_SECONDS = 0.5
PLANNER_SECONDS = 900
"""Lambda's longest time for a function, which is the planner's."""
SHOWN_DOCUMENTS = 5
"""Bills of a dry run that are shown in full; more are listed."""
_PEEK_SECONDS = 5
_EMPTY_PEEKS = 3


class RunError(RuntimeError):
    """A run could not be started, or did not come to its end in time."""


class FutureRunError(ValueError):
    """A run for a time to come would finalize months that are not over."""


def run(stack: BillingStack, arguments: Namespace, out: Output) -> int:
    """Run billing and wait for its bills.

    Returns:
        1 if a tenant's bill failed, or a month that is due was refused.

    Raises:
        FutureRunError: it is for a time to come, and no dry run.
    """
    if arguments.as_of and arguments.as_of > stack.at and not arguments.dry_run:
        rule = f"must not be after the command's time, {moment_text(stack.at)}, but in a dry run"
        raise FutureRunError(f"--as-of: {rule}; got {moment_text(arguments.as_of)}")
    now = moment_text(arguments.as_of or stack.at)
    wanted = {"tenants": arguments.tenant, "period": arguments.period and str(arguments.period)}
    event = {"as_of": now, **{name: value for name, value in wanted.items() if value}}
    if arguments.dry_run:
        bills = invoke_planner(stack, {**event, "dry_run": True})["bills"]
        _show_dry_run(out, now, bills)
        return 1 if any(bill["outcome"] == "failed" for bill in bills) else 0
    waiting = _Waiting(stack, time.monotonic() + arguments.timeout)
    runs, refused = [], []
    answer = invoke_planner(stack, event)
    while True:
        runs += answer["runs"]
        refused += answer["refused"]
        waiting.for_runs(answer["runs"])
        if not any(one["kind"] == "final" for one in answer["runs"]):
            break
        # The worker asks for the next due month as well; asking twice changes nothing.
        answer = invoke_planner(stack, {"scheduled_time": now, "continued": True})
    results = [result for one in runs for result in _results(stack, one)]
    _show_runs(out, now, runs, results, refused)
    return 1 if refused or any(result["outcome"] == "failed" for result in results) else 0


def dead_letters(stack: BillingStack, _: Namespace, out: Output) -> int:
    """Show what waits on the dead-letter queue; it stays there.

    Returns:
        1 if anything waits.
    """
    found = list(_peek(stack))
    rows = [(one["sent"], one["reason"], json.dumps(one["about"], ensure_ascii=False)) for one in found]
    out.show(sheet.listing("Dead letters", ("since", "reason", "about"), rows), found)
    return 1 if found else 0


def invoke_planner(stack: BillingStack, event: dict[str, Any]) -> dict[str, Any]:
    """Call the planner and return its answer.

    Args:
        stack: whose planner.
        event: as the planner takes it.

    Raises:
        RunError: the planner failed; with its message.
    """
    config = Config(read_timeout=PLANNER_SECONDS + 30, retries={"total_max_attempts": 1})
    functions: Any = stack.session.client("lambda", config=config)
    response = functions.invoke(
        FunctionName=stack.outputs.billing_planner_function_name, Qualifier=ALIAS, Payload=json.dumps(event).encode()
    )
    answer = json.loads(response["Payload"].read())
    if "FunctionError" in response:
        raise RunError(f"planner: {answer.get('errorType', 'error')}: {answer.get('errorMessage', answer)}")
    found: dict[str, Any] = answer
    return found


@dataclass(frozen=True)
class _Waiting:
    """Waits for runs until a deadline."""

    stack: BillingStack
    deadline: float

    def for_runs(self, runs: list[dict[str, Any]]) -> None:
        for one in runs:
            while not self._is_done(one):
                if time.monotonic() >= self.deadline:
                    raise RunError(
                        f"run {one['run_id']} is not done yet; see `dead-letters`, or wait longer: --timeout"
                    )
                time.sleep(POLL_SECONDS)

    def _is_done(self, one: dict[str, Any]) -> bool:
        if one["kind"] == "draft":
            return self.stack.parts.runs.attempt(one["run_id"], one["attempt"], "rate").is_complete
        lock = self.stack.parts.runs.final()
        return lock is None or lock.run_id != one["run_id"] or lock.state == "done"


def _results(stack: BillingStack, one: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what a run made of each tenant."""
    about = {"period": one["period"], "kind": one["kind"]}
    if one["kind"] == "draft":
        items = stack.scan("#sk = :head", head=f"{BILL}{one['period']}")
        heads = sorted(map(Head.of, items), key=lambda head: head.tenant_id)
        for head in heads:
            if head.run == one["run_id"]:
                yield {**about, **_of_head(head), "outcome": "draft", "reason": None}
        return
    lock = stack.parts.runs.final()
    attempt = (lock and lock.run_id == one["run_id"] and lock.attempt) or one["attempt"]
    for candidate in stack.parts.runs.candidates(one["run_id"], attempt):
        known = {"tenant_id": candidate.tenant_id, "number": None, "total": None, "currency": None}
        if candidate.outcome == "issue":
            issued = stack.store.head(candidate.tenant_id, Period.parse(one["period"]))
            known = _of_head(issued) if issued else known
        yield {**about, **known, "outcome": candidate.outcome, "reason": candidate.reason}


def _of_head(head: Head) -> dict[str, Any]:
    return {"tenant_id": head.tenant_id, "number": head.number, "total": head.total, "currency": head.currency}


def _show_runs(
    out: Output, now: str, runs: list[dict[str, Any]], results: list[dict[str, Any]], refused: list[dict[str, Any]]
) -> None:
    rows = [
        (
            one["period"],
            one["tenant_id"],
            _TOLD[one["outcome"]],
            one["number"],
            one["total"],
            one["currency"],
            one["reason"],
        )
        for one in results
    ]
    rows += [(one["period"], None, "not finalized", None, None, None, one["reason"]) for one in refused]
    columns = ("month", "tenant", "outcome", "number", "total", "", "why")
    out.show(
        sheet.listing(f"Billing run of {now}", columns, rows, figures=("total",)),
        {"as_of": now, "runs": runs, "results": results, "refused": refused},
    )


def _show_dry_run(out: Output, now: str, bills: list[dict[str, Any]]) -> None:
    documents = [bill["document"] for bill in bills if bill["document"]]
    rows = [
        (bill["period"], bill["tenant_id"], _TOLD[bill["outcome"]], *_total(bill["document"]), bill["reason"])
        for bill in bills
    ]
    columns = ("month", "tenant", "outcome", "total", "", "why")
    listed = sheet.listing(f"Dry run of {now}: nothing is written", columns, rows, figures=("total",))
    shown = map(sheet.document, documents) if len(documents) <= SHOWN_DOCUMENTS else ()
    out.show(sheet.together(*shown, listed), bills)


_TOLD = {"issue": "invoice", "held": "on hold", "skip": "nothing to bill", "failed": "failed", "draft": "draft"}


def _total(document: dict[str, Any] | None) -> tuple[str | None, str | None]:
    return (document["total"], document["currency"]) if document else (None, None)


def _peek(stack: BillingStack) -> Iterator[dict[str, Any]]:
    """Yield the messages of the dead-letter queue; each is hidden for some seconds, then there again."""
    queues: Any = stack.session.client("sqs")
    url, seen, empty = stack.outputs.billing_dead_letter_queue_url, set[str](), 0
    while empty < _EMPTY_PEEKS:
        answer = queues.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=_PEEK_SECONDS, AttributeNames=["SentTimestamp"]
        )
        new = [one for one in answer.get("Messages", []) if one["MessageId"] not in seen]
        empty = 0 if new else empty + 1
        for message in new:
            seen.add(message["MessageId"])
            yield _letter(message)


def _letter(message: dict[str, Any]) -> dict[str, Any]:
    """Tell a message: ours have a reason; Lambda's and Scheduler's say it in their own ways."""
    sent = sheet.from_epoch(int(message["Attributes"]["SentTimestamp"]) / 1000)
    try:
        content = json.loads(message["Body"])
    except ValueError:
        content = None
    if not isinstance(content, dict):
        return {"sent": sent, "reason": "not a message of ours", "about": message["Body"]}
    if "requestContext" in content:  # an asynchronous call of the planner that failed for good
        failure = content.get("responsePayload") or {}
        reason = failure.get("errorMessage") or content["requestContext"].get("condition")
        return {"sent": sent, "reason": f"planner: {reason}", "about": content.get("requestPayload")}
    reason = content.pop("reason", "the queue gave it up, or a call that was not taken")
    return {"sent": sent, "reason": reason, "about": content}
