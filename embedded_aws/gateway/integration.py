"""How a method calls its Lambda function: whether it may, within which limits, and what its errors become."""

import asyncio
import re
import time
from typing import Any

from embedded_aws import hooks, iam
from embedded_aws.gateway.exchange import Exchange, current

_API = hooks.use("ministack.services.apigateway_v1", "_call_lambda_raw", "_gw_error")
_LAMBDA = hooks.use(
    "ministack.services.lambda_svc",
    "_emit_lambda_metrics",
    "_execute_function_with_config_scope",
    "_execution_record_for_config",
    "_get_base_func_record_for_ref",
    "_get_func_record_for_ref_in_scope",
)
_CONCURRENCY = hooks.use("ministack.core.concurrency", "run_reentrant")

SERVICE = "apigateway.amazonaws.com"
DEFAULT_TIMEOUT_MS = 29_000
RESPONSE_KEYS = frozenset({"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"})
"""All that a proxy response may have; anything else makes it malformed."""

_NO_PERMISSION = "Execution failed due to configuration error: Invalid permissions on Lambda function"
_MALFORMED = "Execution failed due to configuration error: Malformed Lambda proxy response"
_abandoned: set[asyncio.Future[Any]] = set()  # calls that go on after their request has timed out


class IntegrationFaultError(Exception):
    """An integration did not answer; what the client is told instead.

    Attributes:
        response_type: the gateway response.
        message: for the client.
        status: of the response, where the type's own does not fit.
    """

    def __init__(self, response_type: str, message: str, status: int) -> None:
        super().__init__(message)
        self.response_type, self.message, self.status = response_type, message, status

    def gateway_error(self) -> Any:
        """Give it as ministack's gateway errors are; `status` goes with it."""
        error = _API._gw_error(self.response_type, self.message)
        error.status = self.status
        return error


def install() -> None:
    """Replace how ministack's data plane calls a function."""
    unchecked = _API._call_lambda_raw

    async def call(
        function_ref: str, event: dict[str, Any], *, account_id: str | None = None, region: str | None = None
    ) -> Any:
        exchange = current()
        if exchange is None:
            return await unchecked(function_ref, event, account_id=account_id, region=region)
        return await _call(exchange, function_ref, event)

    _API._call_lambda_raw = call


async def _call(exchange: Exchange, function_ref: str, event: dict[str, Any]) -> tuple[dict[str, Any], None]:
    """Invoke the function; gives ministack's record of the execution.

    Raises:
        IntegrationFaultError: it may not be invoked, is not there, failed, or answered too late or not as it must.
    """
    account, region = exchange.scope or ("", "")
    record, config, name = _LAMBDA._get_func_record_for_ref_in_scope(function_ref, account_id=account, region=region)
    if record is None or config is None or not _permitted(exchange, function_ref):
        exchange.integration_error = _NO_PERMISSION
        raise IntegrationFaultError("API_CONFIGURATION_ERROR", "Internal server error", 500)
    # The function sees the ARN by which it was called, with the alias.
    execution = _LAMBDA._execution_record_for_config(record, {**config, "FunctionArn": function_ref})
    timeout = float(exchange.integration.get("timeoutInMillis") or DEFAULT_TIMEOUT_MS) / 1000
    started = time.time()
    running = asyncio.ensure_future(
        _CONCURRENCY.run_reentrant(
            _LAMBDA._execute_function_with_config_scope, execution, event, thread_name="execute-api"
        )
    )
    await asyncio.wait({running}, timeout=timeout)
    elapsed = (time.time() - started) * 1000
    exchange.integration_latency = int(elapsed)
    if not running.done():
        _abandoned.add(running)
        running.add_done_callback(_abandoned.discard)
        raise IntegrationFaultError("INTEGRATION_TIMEOUT", "Endpoint request timed out", 504)
    result: dict[str, Any] = running.result()
    failed, throttled = bool(result.get("error")), bool(result.get("throttle"))
    _LAMBDA._emit_lambda_metrics(name, duration_ms=elapsed, error=failed, throttle=throttled)
    if exchange.integration.get("type") == "AWS_PROXY":
        _check_answer(exchange, result)
    return result, None


def _check_answer(exchange: Exchange, result: dict[str, Any]) -> None:
    """Turn what is no proper answer of a proxy integration into the error that the client sees."""
    body: Any = result.get("body")
    if result.get("throttle"):
        exchange.integration_status = 429
        raise IntegrationFaultError("INTEGRATION_FAILURE", "Internal server error", 500)
    if result.get("error"):
        kind, text = body.get("errorType"), body.get("errorMessage")
        if kind == "RequestEntityTooLargeException":
            exchange.integration_status, exchange.integration_error = 413, text
            raise IntegrationFaultError("REQUEST_TOO_LARGE", "Request Too Long", 413)
        exchange.integration_status = 200  # Lambda's own answer: it did run the function
        exchange.integration_error = f"Lambda Customer Function Error:{text}"
        raise IntegrationFaultError("INTEGRATION_FAILURE", "Internal server error", 502)
    exchange.integration_status = 200
    if not _well_formed(body):
        exchange.integration_error = _MALFORMED
        raise IntegrationFaultError("API_CONFIGURATION_ERROR", "Internal server error", 502)
    exchange.function_status = int(body["statusCode"])


def _well_formed(answer: Any) -> bool:
    """Whether a REST API takes a function's answer: an object with a status, known keys and a text for a body."""
    return (
        isinstance(answer, dict)
        and answer.keys() <= RESPONSE_KEYS
        and re.fullmatch(r"[1-5]\d\d", str(answer.get("statusCode"))) is not None
        and isinstance(answer.get("body"), str | None)
        and isinstance(answer.get("headers"), dict | None)
        and isinstance(answer.get("multiValueHeaders"), dict | None)
    )


def _permitted(exchange: Exchange, function_ref: str) -> bool:
    """Whether the API may invoke the function: by the integration's role, else by the function's policy."""
    account, region = exchange.scope or ("", "")
    partition = function_ref.split(":")[1] if function_ref.startswith("arn:") else "aws"
    method, path = exchange.method, exchange.request.get("resource_path", "/")
    source = f"arn:{partition}:execute-api:{region}:{account}:{exchange.api_id}/{exchange.stage_name}/{method}{path}"
    role_arn = exchange.integration.get("credentials")
    if role_arn:
        try:
            role = iam.service_role(role_arn, SERVICE, {"aws:SourceArn": source}, "BackplaneAssumeRoleSession")
            iam.require(role, "lambda:InvokeFunction", function_ref)
        except iam.AccessDeniedError:
            return False
        return True
    function, _, _ = _LAMBDA._get_base_func_record_for_ref(function_ref)
    statements = ((function or {}).get("policy") or {}).get("Statement", [])
    return any(_allows(statement, function_ref, source, account) for statement in statements)


def _allows(statement: dict[str, Any], function_ref: str, source: str, account: str) -> bool:
    """Whether a statement that AddPermission made lets API Gateway invoke that very function, version or alias."""
    condition = statement.get("Condition") or {}
    source_arn = (condition.get("ArnLike") or {}).get("AWS:SourceArn", "*")
    source_account = (condition.get("StringEquals") or {}).get("AWS:SourceAccount", account)
    return (
        statement["Principal"] == {"Service": SERVICE}
        and statement["Action"] in ("lambda:InvokeFunction", "lambda:*")
        and statement["Resource"] == function_ref
        and source_account == account
        and _arn_like(source_arn, source)
    )


def _arn_like(pattern: str, arn: str) -> bool:
    """Match as IAM's ArnLike does: part by part, `*` and `?` never across a colon."""
    wanted, given = pattern.split(":", 5), arn.split(":", 5)
    if pattern == "*":
        return True
    return len(wanted) == len(given) and all(
        re.fullmatch(re.escape(part).replace(r"\*", ".*").replace(r"\?", "."), value)
        for part, value in zip(wanted, given, strict=True)
    )
