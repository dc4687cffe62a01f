"""Asynchronous invocations: the queue before a function, its retries, and where the outcome goes.

The settings are those of the very alias, version or bare function that was invoked. AWS waits minutes before a retry,
here it is a moment; the number of attempts is AWS's.
"""

import logging
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from embedded_aws import hooks, iam
from embedded_aws.activity import spawn
from embedded_aws.clock import CLOCK
from embedded_aws.lambda_runtime import destinations
from embedded_aws.lambda_runtime.environment import ENDING
from embedded_aws.lambda_runtime.invocations import FunctionArn, NoFunctionError, configuration, execute
from embedded_aws.lambda_runtime.variables import assume_role

_LAMBDA = hooks.use(
    "ministack.services.lambda_svc",
    "_event_invoke_config",
    "_functions",
    "_invoke_depth",
    "_put_event_invoke_config",
    "invoke_async_with_retry",
)
_RESPONSES = hooks.use("ministack.core.responses", "error_response_json")
_LOG = logging.getLogger(__name__)

RETRY_SECONDS = (0.1, 0.2)
"""How long to wait before the first retry and the second; AWS waits one minute and two."""
DEFAULT_RETRIES, DEFAULT_AGE_SECONDS = 2, 21_600


@dataclass
class AsyncEvent:
    """An event that waits for its function.

    Attributes:
        request_id: the invocation's, the same over all attempts.
        attempts: how often the function was tried; throttled tries do not count.
        depth: how many functions led to this one, one calling the next.
    """

    function: FunctionArn
    payload: Any
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    arrived: datetime = field(default_factory=CLOCK.now)
    since: float = field(default_factory=time.monotonic)
    attempts: int = 0
    depth: int = 0


def install() -> None:
    """Replace how ministack invokes asynchronously; check the settings as AWS does."""
    put = _LAMBDA._put_event_invoke_config

    def put_config(name: str, qualifier: str | None, data: dict[str, Any]) -> Any:
        problem = _problem(name, data) if name in _LAMBDA._functions else None
        if problem is not None:
            return _RESPONSES.error_response_json("InvalidParameterValueException", problem, 400)
        return put(name, qualifier, data)

    _LAMBDA._put_event_invoke_config = put_config
    _LAMBDA.invoke_async_with_retry = lambda function, event: accept(
        FunctionArn((function.get("config") or function)["FunctionArn"]), event
    )


def accept(function: FunctionArn, payload: Any) -> str:
    """Take an event for a function; gives the invocation's request id at once.

    Args:
        function: with the alias or version, whose settings count.
        payload: any JSON value.
    """
    event = AsyncEvent(function, payload, depth=_LAMBDA._invoke_depth.get())
    spawn(f"asynchronous invocation of {function.name}", (function.account, function.region), lambda: _run(event))
    return event.request_id


def settings(function: FunctionArn) -> dict[str, Any]:
    """Give what is configured for asynchronous invocations by this ARN; empty if nothing is."""
    record = _LAMBDA._functions.get(function.name) or {}
    found: dict[str, Any] | None = _LAMBDA._event_invoke_config(record, function.qualifier)
    return found or {}


def _run(event: AsyncEvent) -> None:
    """Try until the function succeeds, its retries are used up or the event is too old; then tell the destination."""
    result: dict[str, Any] | None = None
    _LAMBDA._invoke_depth.set(event.depth)
    while True:
        configured = settings(event.function)
        retries = configured.get("MaximumRetryAttempts", DEFAULT_RETRIES)
        age = configured.get("MaximumEventAgeInSeconds", DEFAULT_AGE_SECONDS)
        try:
            tried = execute(event.function, event.payload, event.request_id)
        except NoFunctionError:
            _LOG.warning("%s: deleted, an event for it is dropped", event.function.text)
            return
        if ENDING.is_set():
            _LOG.error("%s: the server stops, request %s is lost", event.function.text, event.request_id)
            return
        if not tried.get("throttle"):
            result, event.attempts = tried, event.attempts + 1
            if not tried.get("error"):
                _tell("OnSuccess", "Success", event, configured, result)
                return
            if event.attempts > retries:
                _tell("OnFailure", "RetriesExhausted", event, configured, result)
                return
        wait = RETRY_SECONDS[min(event.attempts, len(RETRY_SECONDS)) - 1]
        if time.monotonic() + wait - event.since > age:
            _tell("OnFailure", "EventAgeExceeded", event, configured, result)
            return
        ENDING.wait(wait)


def _tell(
    kind: str, condition: str, event: AsyncEvent, configured: dict[str, Any], result: dict[str, Any] | None
) -> None:
    """Send the outcome where the settings, or the function's dead-letter queue, say."""
    arn = ((configured.get("DestinationConfig") or {}).get(kind) or {}).get("Destination")
    config = configuration(event.function)
    if arn:
        destinations.send(event.function, arn, _record(event, condition, result))
    dead_letter = (config.get("DeadLetterConfig") or {}).get("TargetArn")
    if kind == "OnFailure" and dead_letter:
        message = (result or {}).get("body") or {}
        attributes = {
            "RequestID": event.request_id,
            "ErrorCode": "200",
            "ErrorMessage": str(message.get("errorMessage", condition))[:1024],
        }
        destinations.dead_letter(event.function, dead_letter, event.payload, attributes)


def _record(event: AsyncEvent, condition: str, result: dict[str, Any] | None) -> dict[str, Any]:
    """Word the record that a destination gets, as AWS does."""
    arn = event.function.text
    record: dict[str, Any] = {
        "version": "1.0",
        "timestamp": CLOCK.now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "requestContext": {
            "requestId": event.request_id,
            "functionArn": arn if event.function.qualifier else f"{arn}:$LATEST",
            "condition": condition,
            "approximateInvokeCount": event.attempts,
        },
        "requestPayload": event.payload,
    }
    if result is not None:
        context = {"statusCode": 200, "executedVersion": result["version"]}
        if result.get("error"):
            context["functionError"] = result.get("function_error") or "Unhandled"
        record |= {"responseContext": context, "responsePayload": result.get("body")}
    return record


def _problem(name: str, data: dict[str, Any]) -> str | None:
    """Say what AWS refuses of a function's settings for asynchronous invocations."""
    for key, low, high in (("MaximumRetryAttempts", 0, 2), ("MaximumEventAgeInSeconds", 60, DEFAULT_AGE_SECONDS)):
        value = data.get(key)
        if value is not None and not low <= value <= high:
            return f"{key}: must be from {low} to {high}: {value}"
    for kind in ("OnSuccess", "OnFailure"):
        arn = ((data.get("DestinationConfig") or {}).get(kind) or {}).get("Destination")
        if arn is None:
            continue
        action = destinations.ACTIONS.get(arn.split(":")[2])
        if action is None:
            return f"The destination ARN {arn} is invalid."
        try:
            iam.require(assume_role(_LAMBDA._functions[name]["config"]), action, arn)
        except iam.AccessDeniedError:
            return (
                f"The provided destination config DestinationConfig({kind}={arn}) is invalid. The function's execution "
                f"role does not have permissions to call {action.split(':')[1]} on {arn}"
            )
    return None
