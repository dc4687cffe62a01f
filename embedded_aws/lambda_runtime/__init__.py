"""Lambda of the embedded AWS: functions run as AWS runs them, each in a process and with a role of its own.

ministack keeps functions, versions, aliases and their pool of processes. Replaced is how one runs: in a clean
environment without this machine's variables and packages, with the role's permission to log, with AWS's limits and
error types.
"""

import functools
import json
import re
import time
from typing import Any, cast
from urllib.parse import unquote

from embedded_aws import hooks, iam
from embedded_aws.called_resource import Call, authorize_by
from embedded_aws.clock import CLOCK
from embedded_aws.lambda_runtime import asynchronous, environment, log, metrics, queue_mappings
from embedded_aws.lambda_runtime.environment import REQUEST_LIMIT, Environment
from embedded_aws.lambda_runtime.invocations import chosen_id
from embedded_aws.lambda_runtime.variables import assume_role, link_sdk
from embedded_aws.server import EmbeddedAws

_POOL = hooks.use(
    "ministack.core.lambda_runtime", "_worker_class_for", "_workers", "acquire_worker", "release_worker", "reset"
)
_LAMBDA = hooks.use(
    "ministack.services.lambda_svc",
    "_create_function",
    "_emit_lambda_logs",
    "_execute_function_warm",
    "_func_arn",
    "_functions",
    "_invoke",
    "_update_config",
)
_RESPONSES = hooks.use("ministack.core.responses", "error_response_json")

_OF_A_FUNCTION = re.compile(r"/2015-03-31/functions/([^/]+)(?:/.*)?")
ASYNC_REQUEST_LIMIT = 1_048_576
"""Bytes that an asynchronous request (`InvocationType` Event) may have."""


def install(aws: EmbeddedAws) -> None:
    """Put this part in place."""
    sdk = aws.folder / "lambda-runtime"
    link_sdk(sdk)
    other_runtime, run_other, log_other = (
        _POOL._worker_class_for,
        _LAMBDA._execute_function_warm,
        _LAMBDA._emit_lambda_logs,
    )

    def environment_for(config: dict[str, Any]) -> Any:
        return functools.partial(Environment, sdk=sdk) if _is_python(config) else other_runtime(config)

    def execute(function: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        config = function.get("config") or function
        runner = run if _is_python(config) else run_other
        return cast(dict[str, Any], runner(function, event, chosen_id.get() or request_id))

    def emit_log(function: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        if not _is_python(function.get("config") or function):  # `run` has written its own
            log_other(function, *args, **kwargs)

    _POOL._worker_class_for = environment_for
    _LAMBDA._execute_function_warm = execute
    _LAMBDA._emit_lambda_logs = emit_log
    _LAMBDA._create_function = _with_assumable_role(_LAMBDA._create_function)
    _LAMBDA._update_config = _with_role_update(_LAMBDA._update_config)
    _LAMBDA._invoke = _with_request_limit(_LAMBDA._invoke)
    metrics.install()
    asynchronous.install()
    queue_mappings.install()
    authorize_by("lambda", _called)
    aws.before_stop.callback(end)


def end(timeout: float = 2.0) -> None:
    """End all functions' processes, also in mid-invocation, and start no more.

    Args:
        timeout: seconds to wait for interrupted invocations to give their answers.
    """
    environment.ENDING.set()
    deadline = time.monotonic() + timeout
    workers = [worker for workers in list(_POOL._workers.values()) for worker in workers]
    for worker in workers:
        if isinstance(worker, Environment):
            worker.interrupt()
    while any(worker.in_use for worker in workers) and time.monotonic() < deadline:
        time.sleep(0.01)
    _POOL.reset()


def run(function: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
    """Run one invocation of a function or version, as ministack's executors do.

    Args:
        function: ministack's record: `config` and `code_zip`.
        event: any JSON value.
        request_id: the invocation's id.

    Returns:
        `body`, `log` and, for an error, `error` and `function_error`, as ministack's Invoke reads them.
    """
    config, code = function.get("config") or function, function.get("code_zip") or b""
    started = CLOCK.now()
    worker, _ = _POOL.acquire_worker(config["FunctionName"], config, code, qualifier=config["Version"])
    try:
        outcome = worker.invoke(event, request_id, config["FunctionArn"])
        metrics.count(config["FunctionArn"], outcome, started)
        messages = log.lines(worker.config, request_id, outcome)
        log.write(worker, messages)
    except iam.AccessDeniedError:
        return _failure("AccessDeniedException", "The role defined for the function cannot be assumed by Lambda.")
    except environment.EndingError as error:
        return _failure("ServiceException", str(error))
    finally:
        _POOL.release_worker(worker)
    result = {"body": outcome.payload, "log": "\n".join(messages)}
    return {**result, "error": True, "function_error": "Unhandled"} if outcome.failed else result


def _called(call: Call) -> str | None:
    """Give the ARN of a function that a call is about: with the version or alias, also where that stands in the query.

    AWS authorizes by that one alone since 2022.
    """
    match = _OF_A_FUNCTION.fullmatch(call.path)
    qualifier = call.query.get("Qualifier")
    if match is None or not qualifier:
        return None
    name, qualifier = unquote(match.group(1)), qualifier[0] if isinstance(qualifier, list) else qualifier
    arn = name if name.startswith("arn:") else f"arn:aws:lambda:{call.region}:{call.account}:function:{name}"
    return f"{arn}:{qualifier}"


def _is_python(config: dict[str, Any]) -> bool:
    return str(config.get("Runtime", "")).startswith("python")


def _failure(kind: str, message: str) -> dict[str, Any]:
    body = {"errorType": kind, "errorMessage": message}
    return {"body": body, "log": "", "error": True, "function_error": "Unhandled"}


def _role_error(name: str, role: str) -> Any:
    """Give Lambda's refusal of a role that it cannot assume, or None."""
    try:
        assume_role({"FunctionName": name, "FunctionArn": _LAMBDA._func_arn(name), "Role": role})
    except iam.AccessDeniedError:
        message = "The role defined for the function cannot be assumed by Lambda."
        return _RESPONSES.error_response_json("InvalidParameterValueException", message, 400)
    return None


def _with_assumable_role(create: Any) -> Any:
    def create_function(data: dict[str, Any]) -> Any:
        return _role_error(data.get("FunctionName", ""), data.get("Role", "")) or create(data)

    return create_function


def _with_role_update(update: Any) -> Any:
    def update_config(name: str, data: dict[str, Any]) -> Any:
        refused = _role_error(name, data["Role"]) if "Role" in data and name in _LAMBDA._functions else None
        return refused or update(name, data)

    return update_config


def _with_request_limit(invoke: Any) -> Any:
    async def limited(name: str, event: Any, headers: dict[str, str], *args: Any, **kwargs: Any) -> Any:
        size = int(headers.get("content-length") or len(json.dumps(event)))
        asynchronous = headers.get("x-amz-invocation-type") == "Event"
        limit = ASYNC_REQUEST_LIMIT if asynchronous else REQUEST_LIMIT
        if size > limit:
            message = f"Request must be smaller than {limit} bytes for the InvokeFunction operation"
            return _RESPONSES.error_response_json("RequestEntityTooLargeException", message, 413)
        return await invoke(name, event, headers, *args, **kwargs)

    return limited
