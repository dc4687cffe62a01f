"""The command that starts a run, waits for its bills and shows them."""

import json
import time
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from botocore.config import Config

from billing.moments import moment_text
from tools.billing import letters, outcomes, sheet
from tools.billing.outcomes import TOLD, Result
from tools.billing.stack import ALIAS, BillingStack
from tools.command.output import Output

POLL_SECONDS = 0.5
PLANNER_SECONDS = 900
"""Lambda's longest time for a function, which is the planner's."""
SHOWN_DOCUMENTS = 5
"""Bills of a dry run that are shown in full; more are listed."""


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
        RunError: there was nothing to run, the planner failed, or the run does not come to its end.
    """
    if arguments.as_of and arguments.as_of > stack.at and not arguments.dry_run:
        rule = f"must not be after the command's time, {moment_text(stack.at)}, but in a dry run"
        raise FutureRunError(f"--as-of: {rule}; got {moment_text(arguments.as_of)}")
    now = moment_text(arguments.as_of or stack.at)
    wanted = {"tenants": arguments.tenant, "period": arguments.period and str(arguments.period)}
    event = {"as_of": now, **{name: value for name, value in wanted.items() if value}}
    if arguments.dry_run:
        answer = invoke_planner(stack, {**event, "dry_run": True})
        bills, refused = answer["bills"], answer["refused"]
        _show_dry_run(out, now, bills, refused)
        return 1 if refused or any(bill["outcome"] == "failed" for bill in bills) else 0
    waiting = _Waiting(stack, time.monotonic() + arguments.timeout)
    runs, refused = [], []
    answer = invoke_planner(stack, event)
    if not answer["runs"] and not answer["refused"]:
        raise RunError(_why_nothing_runs(stack, now))
    while True:
        runs += answer["runs"]
        refused += answer["refused"]
        waiting.for_runs(answer["runs"])
        if not any(one["kind"] == "final" for one in answer["runs"]):
            break
        # The worker asks for the next due month as well; asking twice changes nothing.
        answer = invoke_planner(stack, {"scheduled_time": now, "continued": True})
    found = letters.look(stack)
    results = [result for one in runs for result in outcomes.results(stack, one, now, found)]
    billed = {result["tenant_id"] for result in results}
    results += [outcomes.without_bill(tenant) for tenant in arguments.tenant or () if tenant not in billed]
    _show_runs(out, now, runs, results, refused)
    return 1 if refused or any(result["outcome"] == "failed" for result in results) else 0


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
                    raise RunError(f"run {one['run_id']} is not done yet: {self._under_way()}")
                time.sleep(POLL_SECONDS)

    def _is_done(self, one: dict[str, Any]) -> bool:
        if one["kind"] == "draft":
            return self.stack.parts.runs.attempt(one["run_id"], one["attempt"], "rate").is_complete
        lock = self.stack.parts.runs.final()
        return lock is None or lock.run_id != one["run_id"] or lock.state == "done"

    def _under_way(self) -> str:
        """Return how much there is to do, and where to look."""
        queues: Any = self.stack.session.client("sqs")
        url = queues.get_queue_url(QueueName=self.stack.outputs.billing_queue_name)["QueueUrl"]
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = queues.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        waiting, taken = (found[name] for name in names)
        return (
            f"{waiting} tasks wait, {taken} are in work or failed and come again; see "
            "`dead-letters` and the worker's log, or wait longer: --timeout"
        )


def _why_nothing_runs(stack: BillingStack, now: str) -> str:
    begun = [one for one in stack.store.periods() if one.state == "open" and moment_text(one.period.start) <= now]
    known = ", ".join(str(one.period) for one in begun) or "none"
    return f"nothing to run at {now}: the period must be open, and begun by then; such are: {known}"


def _show_runs(
    out: Output, now: str, runs: list[dict[str, Any]], results: Sequence[Result], refused: list[dict[str, Any]]
) -> None:
    rows: list[tuple[Any, ...]] = [
        (
            one["period"],
            one["tenant_id"],
            TOLD[one["outcome"]],
            one["number"],
            sheet.figure(one["total"]),
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


def _show_dry_run(out: Output, now: str, bills: list[dict[str, Any]], refused: list[dict[str, Any]]) -> None:
    documents = [bill["document"] for bill in bills if bill["document"]]
    rows: list[tuple[Any, ...]] = [
        (bill["period"], bill["tenant_id"], TOLD[bill["outcome"]], *_total(bill["document"]), bill["reason"])
        for bill in bills
    ]
    rows += [(one["period"], None, "not finalized", None, None, one["reason"]) for one in refused]
    columns = ("month", "tenant", "outcome", "total", "", "why")
    listed = sheet.listing(f"Dry run of {now}: nothing is written", columns, rows, figures=("total",))
    shown = map(sheet.document, documents) if len(documents) <= SHOWN_DOCUMENTS else ()
    out.show(sheet.together(*shown, listed), {"as_of": now, "bills": bills, "refused": refused})


def _total(document: dict[str, Any] | None) -> tuple[str | None, str | None]:
    return (sheet.figure(document["total"]), document["currency"]) if document else (None, None)
