"""execute-api: what a request to a stage goes through, from its ids to its access log line."""

import asyncio
import json
import re
import time
from typing import Any

from embedded_aws import hooks
from embedded_aws.gateway import delivery, deployments, metrics
from embedded_aws.gateway.exchange import Exchange, current, exchanging
from embedded_aws.gateway.gate import Answer, Gate, unavailable
from embedded_aws.gateway.integration import IntegrationFaultError

_APP = hooks.use(
    "ministack.app",
    "_enforce_execute_api",
    "_execute_api_authorization_type",
    "_handle_execute_api_request",
    "_parse_execute_api_url",
)
_API = hooks.use(
    "ministack.services.apigateway_v1",
    "_authorize_request_v1",
    "_build_lambda_event_v1",
    "_execute_in_scope",
    "_gateway_error_response",
    "_gw_error",
    "_invoke_lambda_custom_v1",
    "_invoke_lambda_proxy_v1",
    "_stages_v1",
    "find_api_scope",
)
_RESPONSES = hooks.use("ministack.core.responses", "get_request_client_ip", "request_scope")

PAYLOAD_LIMIT = 10 * 1024 * 1024
"""Bytes that a request's body may have."""

_AWS_HOST = re.compile(r"([a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?(?::\d+)?")
_OWN_HEADERS = frozenset({"x-amzn-requestid", "x-amz-apigw-id"})
_WITHOUT_CLAIMS = frozenset({"THROTTLED", "QUOTA_EXCEEDED"})  # AWS promises none for these: rely on none
_SERVER_ERROR = 500
GATE = Gate()
"""What every request to a REST API passes; closed at the stop."""


def install() -> None:
    """Put the steps around those of ministack."""
    _APP._parse_execute_api_url = _by_aws_name(_APP._parse_execute_api_url)
    _APP._handle_execute_api_request = _observed(_APP._handle_execute_api_request)
    _APP._enforce_execute_api = _reached(_APP._enforce_execute_api)
    _API._execute_in_scope = _from_deployment(_API._execute_in_scope)
    _API._gateway_error_response = _noted(_API._gateway_error_response)
    _API._authorize_request_v1 = _authorized(_API._authorize_request_v1)
    _API._build_lambda_event_v1 = _with_true_context(_API._build_lambda_event_v1)
    _API._invoke_lambda_proxy_v1 = _remembered(_API._invoke_lambda_proxy_v1)
    _API._invoke_lambda_custom_v1 = _remembered(_API._invoke_lambda_custom_v1)


def _by_aws_name(parse: Any) -> Any:
    """Route `{api}.execute-api.{region}.amazonaws.com/{stage}/...` too."""

    def parse_url(host: str, path: str) -> Any:
        match = _AWS_HOST.fullmatch(host)
        if match is None:
            return parse(host, path)
        stage, _, rest = path.lstrip("/").partition("/")
        return match.group(1), stage, f"/{rest}"

    return parse_url


def _observed(handle: Any) -> Any:
    """Number a request, see it through, then give it its headers, its log line and its metrics."""

    async def observed(
        host: str, path: str, method: str, headers: dict[str, str], *args: Any, **kwargs: Any
    ) -> Answer | None:
        exchange, started = Exchange(method, headers, _RESPONSES.get_request_client_ip()), time.monotonic()
        try:
            with exchanging(exchange):
                response = await handle(host, path, method, headers, *args, **kwargs)
            exchange.response_latency = int((time.monotonic() - started) * 1000)
            return await _finished(exchange, response) if exchange.admitted else response
        finally:
            if exchange.admitted:
                GATE.leave()

    return observed


async def _finished(exchange: Exchange, response: Answer) -> Answer:
    status, answered, payload = response
    exchange.status, exchange.response_length = int(status), len(payload)
    metrics.record(exchange)
    delivered = delivery.offer(exchange)
    if delivered is None:
        delivered = await asyncio.to_thread(delivery.insist, exchange)
    if GATE.closed and not delivered:
        return unavailable()  # it outlasted the stop's patience: what is not metered is not served
    kept = {name: value for name, value in answered.items() if name.lower() not in _OWN_HEADERS}
    ids = {"x-amzn-requestid": exchange.request_id, "x-amz-apigw-id": exchange.extended_request_id}
    return status, {**kept, **ids}, payload


def _reached(enforce: Any) -> Any:
    """Note which API and stage a request is for, before its caller is checked."""

    def reached(api_id: str, stage: str, method: str, path: str, *args: Any, **kwargs: Any) -> Any:
        exchange, scope = current(), _API.find_api_scope(api_id)
        if exchange is None or scope is None:
            return enforce(api_id, stage, method, path, *args, **kwargs)
        if not GATE.enter():
            return unavailable()
        exchange.admitted = True
        exchange.api_id, exchange.stage_name, exchange.path, exchange.scope = api_id, stage, path, scope
        with _RESPONSES.request_scope(*scope):
            exchange.stage = _API._stages_v1.get(api_id, {}).get(stage)
        if _APP._execute_api_authorization_type(api_id, stage, method, path) != "AWS_IAM":
            return None  # other methods do not ask for a signature, and that there is none is the gateway's to say
        refused = enforce(api_id, stage, method, path, *args, **kwargs)
        if refused and exchange.error_type is None:
            exchange.error_type, exchange.error_message = "ACCESS_DENIED", _message(refused[2])
        return refused

    return reached


def _from_deployment(execute: Any) -> Any:
    """Serve what the stage's deployment holds; turn faults into gateway responses."""

    async def execute_in_scope(request: dict[str, Any], api_id: str, stage_name: str, *rest: Any) -> Any:
        exchange = current()
        if exchange is None:
            return await execute(request, api_id, stage_name, *rest)
        exchange.request, request["request_id"] = request, exchange.request_id
        body: bytes = rest[3]
        if exchange.stage is not None and len(body or b"") > PAYLOAD_LIMIT:
            request["stage"] = exchange.stage
            return _API._gw_error("REQUEST_TOO_LARGE", "Request Too Long")
        with deployments.serving(api_id, exchange.stage):
            try:
                return await execute(request, api_id, stage_name, *rest)
            except IntegrationFaultError as fault:
                return fault.gateway_error()

    return execute_in_scope


def _noted(render: Any) -> Any:
    """Note which gateway response answers, for the access log."""

    def gateway_error_response(error: Any, request: dict[str, Any]) -> Answer:
        status, headers, body = render(error, request)
        exchange = current()
        if exchange is not None:
            exchange.error_type, exchange.error_message = error.response_type, error.message
            if error.response_type in _WITHOUT_CLAIMS:
                exchange.authorizer = None
        status = getattr(error, "status", status)
        if status >= _SERVER_ERROR:
            headers.setdefault("x-amzn-ErrorType", "InternalServerErrorException")
        return status, headers, body

    return gateway_error_response


def _authorized(authorize: Any) -> Any:
    async def authorize_request(*args: Any) -> Any:
        error, context = await authorize(*args)
        exchange = current()
        if exchange is not None and error is None:
            exchange.authorizer = context
        return error, context

    return authorize_request


def _with_true_context(build: Any) -> Any:
    """Show the function the ids, times and addresses that the access log shows."""

    def build_event(*args: Any, **kwargs: Any) -> dict[str, Any]:
        event: dict[str, Any] = build(*args, **kwargs)
        event.pop("version", None)  # only HTTP APIs have it
        exchange = current()
        if exchange is not None:
            context = event["requestContext"]
            context |= {
                "requestId": exchange.request_id,
                "extendedRequestId": exchange.extended_request_id,
                "requestTime": exchange.request_time,
                "requestTimeEpoch": exchange.request_time_epoch,
                "domainName": exchange.domain_name,
            }
            context["identity"]["sourceIp"] = exchange.source_ip
        return event

    return build_event


def _remembered(invoke: Any) -> Any:
    async def invoke_integration(integration: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        exchange = current()
        if exchange is not None:
            exchange.integration = integration
        return await invoke(integration, *args, **kwargs)

    return invoke_integration


def _message(body: bytes) -> str | None:
    try:
        parsed = json.loads(body)
    except ValueError:
        return None
    return parsed.get("message") or parsed.get("Message") if isinstance(parsed, dict) else None
