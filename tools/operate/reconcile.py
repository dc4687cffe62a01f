"""Calling the reconciler: an hourly run out of turn, a whole month, or a range of hours."""

import json
from datetime import datetime
from typing import Any

from botocore.config import Config

from billing.moments import moment_text
from rating.period import Period
from tools.operate.stack import ALIAS, OperatorStack

RECONCILER_SECONDS = 900
"""Lambda's longest time for a function."""
OUT_OF_TURN = "hours are reconciled out of turn"
"""Why, if nobody says more: it takes nothing out of the count and puts nothing into it."""


class ReconcileError(RuntimeError):
    """The reconciler failed; with its message."""


class FutureHoursError(ValueError):
    """Hours to come would be reconciled: without figures and rows they would be balanced; the message says by what."""


def reconcile(
    stack: OperatorStack,
    *,
    period: Period | None = None,
    within: tuple[datetime, datetime] | None = None,
    reason: str = OUT_OF_TURN,
) -> dict[str, Any]:
    """Have hours reconciled now, and return the reconciler's answer. A repetition changes nothing.

    Args:
        stack: whose.
        period: a whole month.
        within: the first hour and the one after the last; without this and a month, those of the hourly run.
        reason: why; the actions have it.

    Raises:
        FutureHoursError: the command's time is one to come, or the range or the month is not over, or begun, by then.
        ReconcileError: it failed.
    """
    at = stack.at
    _check_time(at, stack.now, period, within)
    asked = {"period": str(period)} if period else {}
    if within:
        asked["from"], asked["to"] = map(moment_text, within)
    with stack.action("reconcile", asked, reason, at) as action:
        answer = _answer(stack, {"scheduled_time": moment_text(at), **asked})
        action.result.update({"sources": answer["sources"], "not_balanced": len(answer["hours"])})
    return answer


def _answer(stack: OperatorStack, event: dict[str, str]) -> dict[str, Any]:
    config = Config(read_timeout=RECONCILER_SECONDS + 30, retries={"total_max_attempts": 1})
    functions: Any = stack.session.client("lambda", config=config)
    response = functions.invoke(
        FunctionName=stack.outputs.reconciler_function_name, Qualifier=ALIAS, Payload=json.dumps(event).encode()
    )
    answer = json.loads(response["Payload"].read())
    if "FunctionError" in response:
        raise ReconcileError(f"reconciler: {answer.get('errorType', 'error')}: {answer.get('errorMessage', answer)}")
    found: dict[str, Any] = answer
    return found


def _check_time(at: datetime, now: datetime, period: Period | None, within: tuple[datetime, datetime] | None) -> None:
    """Hold what is asked for to hours that are over; of a month that goes on, the reconciler takes those itself."""
    present = f"it is now {moment_text(now)}"
    if at > now:
        rule = "must not be ahead, or hours that have not happened yet would be written as balanced"
        raise FutureHoursError(f"reconcile: --at: {rule}: {present}, got {moment_text(at)}")
    told = f"{moment_text(at)}, the command's time: {present}"
    if within and within[1] > at:
        raise FutureHoursError(f"reconcile: --to: must not be after {told}, got {moment_text(within[1])}")
    if period and period.start > at:
        raise FutureHoursError(f"reconcile: --period: must have begun by {told}, got {period}")
