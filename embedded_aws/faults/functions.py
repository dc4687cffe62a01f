"""Faults of functions: invocations that crash, end over their time, answer nonsense or are killed in mid-call."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from embedded_aws.faults.book import FAULTS, Fault, Kind

if TYPE_CHECKING:
    from embedded_aws.lambda_runtime.environment import Environment

_OF_FUNCTIONS = (Kind.CRASH, Kind.TIMEOUT, Kind.NONSENSE, Kind.KILL)
_MOMENTS = [0.0, 0.001, 0.003, 1.0]
"""Seconds that a process may work at a call before it is killed; the functions here take a few milliseconds."""


def install() -> None:
    """Put the faults around every invocation."""
    from embedded_aws.lambda_runtime import environment  # noqa: PLC0415 - it imports ministack's modules

    environment.Environment.invoke = _struck(environment.Environment.invoke)  # type: ignore[method-assign]


def _struck(invoke: Any) -> Any:
    def invoked(self: "Environment", event: Any, request_id: str, function_arn: str) -> Any:
        fault = FAULTS.strike(self.name, *_OF_FUNCTIONS)
        if fault is None:
            return invoke(self, event, request_id, function_arn)
        if fault.kind is Kind.KILL:
            return _killed(self, invoke, event, request_id, function_arn)
        return _ended(self, fault, event, request_id)

    return invoked


def _killed(environment: "Environment", invoke: Any, event: Any, request_id: str, function_arn: str) -> Any:
    """Begin the invocation for real, and kill its process at some moment of it: at once, or as it answers."""
    environment.fuse = FAULTS.choose(_MOMENTS)
    return invoke(environment, event, request_id, function_arn)


def _ended(environment: "Environment", fault: Fault, event: Any, request_id: str) -> Any:
    """Give the end of an invocation that was never begun."""
    from embedded_aws.lambda_runtime.environment import Outcome  # noqa: PLC0415 - see above

    stamp = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
    if fault.kind is Kind.NONSENSE:
        return Outcome(_nonsense(event), log=[], memory=40, seconds=0.001)
    if fault.kind is Kind.TIMEOUT:
        seconds = float(environment.config["Timeout"])
        # It is not waited for, but counts as long as it would have lasted.
        kind, text = "Sandbox.Timedout", f"RequestId: {request_id} Error: Task timed out after {seconds:.2f} seconds"
    else:
        seconds, kind, text = 0.001, "InjectedFaultError", "the function was told to crash"
    failure = {"errorType": kind, "errorMessage": text}
    return Outcome(failure, failed=True, log=[f"{stamp} {request_id} {text}"], memory=40, seconds=seconds)


def _nonsense(event: Any) -> Any:
    """Give one of the answers that no caller can use; of a transform's, also those of the right form."""
    records = event.get("records") if isinstance(event, dict) else None
    ids = [record.get("recordId", "") for record in records or [] if isinstance(record, dict)]
    strangers = [{"recordId": f"no-{one}", "result": "Ok", "data": "e30="} for one in ids]
    twice = [{"recordId": one, "result": "Dropped"} for one in ids] * 2
    marked = [{"recordId": one, "result": "Maybe", "data": "e30="} for one in ids]
    return FAULTS.choose(
        [
            "nonsense",
            {"records": "none"},
            {"records": strangers},
            {"records": twice},
            {"records": marked},
        ]
    )
