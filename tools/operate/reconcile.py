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


class ReconcileError(RuntimeError):
    """The reconciler failed; with its message."""


def reconcile(
    stack: OperatorStack, *, period: Period | None = None, within: tuple[datetime, datetime] | None = None
) -> dict[str, Any]:
    """Have hours reconciled now, and return the reconciler's answer. A repetition changes nothing.

    Args:
        stack: whose.
        period: a whole month.
        within: the first hour and the one after the last; without this and a month, those of the hourly run.

    Raises:
        ReconcileError: it failed.
    """
    event = {"scheduled_time": moment_text(stack.at)}
    if period:
        event["period"] = str(period)
    if within:
        event["from"], event["to"] = map(moment_text, within)
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
