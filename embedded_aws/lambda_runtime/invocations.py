"""How services run a function by its ARN: the version behind an alias, under a request id of the caller's choice."""

import time
import uuid
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from embedded_aws import hooks, iam
from embedded_aws.lambda_runtime.variables import assume_role

_LAMBDA = hooks.use(
    "ministack.services.lambda_svc",
    "_emit_lambda_metrics",
    "_execute_function_with_config_scope",
    "_execution_record_for_config",
    "_get_func_record_for_ref_in_scope",
)

chosen_id: ContextVar[str | None] = ContextVar("chosen_id", default=None)
"""The request id of the invocations in this context, where its service chooses it."""


class NoFunctionError(LookupError):
    """There is no function, version or alias of an ARN."""

    def __init__(self, arn: str) -> None:
        super().__init__(f"Function not found: {arn}")


@dataclass(frozen=True)
class FunctionArn:
    """`arn:<partition>:lambda:<region>:<account>:function:<name>[:<qualifier>]`."""

    text: str

    @property
    def region(self) -> str:
        """The Region of the function."""
        return self.text.split(":")[3]

    @property
    def account(self) -> str:
        """The account of the function."""
        return self.text.split(":")[4]

    @property
    def name(self) -> str:
        """The function's name."""
        return self.text.split(":")[6]

    @property
    def qualifier(self) -> str | None:
        """Version or alias; None if there is none."""
        return [*self.text.split(":"), ""][7] or None


def configuration(arn: FunctionArn) -> dict[str, Any]:
    """Give the configuration of the version that an ARN stands for now.

    Raises:
        NoFunctionError: there is none.
    """
    return _record(arn)[1]


def execution_role(arn: FunctionArn) -> iam.Principal:
    """Give the role with which the function behind an ARN acts now.

    Raises:
        NoFunctionError: there is none.
        iam.AccessDeniedError: Lambda may not assume it.
    """
    return assume_role(configuration(arn))


def execute(arn: FunctionArn, event: Any, request_id: str | None = None) -> dict[str, Any]:
    """Run the function behind an ARN and wait for it; it is counted in the function's metrics.

    Args:
        arn: with the version or alias, which the function sees.
        event: any JSON value.
        request_id: the invocation's id; a new one if None.

    Returns:
        ministack's record of the execution: `body`, `error`, `throttle`, `function_error`, and the `version` that ran.

    Raises:
        NoFunctionError: there is none.
    """
    record, config = _record(arn)
    execution = _LAMBDA._execution_record_for_config(record, {**config, "FunctionArn": arn.text})
    started = time.monotonic()
    token = chosen_id.set(request_id or str(uuid.uuid4()))
    try:
        result: dict[str, Any] = _LAMBDA._execute_function_with_config_scope(execution, event)
    finally:
        chosen_id.reset(token)
    failed, throttled = bool(result.get("error")), bool(result.get("throttle"))
    if not throttled:  # ministack has counted that
        milliseconds = (time.monotonic() - started) * 1000
        _LAMBDA._emit_lambda_metrics(arn.name, duration_ms=milliseconds, error=failed, throttle=False)
    return {**result, "version": config["Version"]}


def _record(arn: FunctionArn) -> tuple[dict[str, Any], dict[str, Any]]:
    record, config, _ = _LAMBDA._get_func_record_for_ref_in_scope(arn.text, account_id=arn.account, region=arn.region)
    if record is None or config is None:
        raise NoFunctionError(arn.text)
    return record, config
