"""What requests are counted as in `AWS/ApiGateway`: by API, and by API and stage."""

import functools
from typing import Final

from embedded_aws import hooks
from embedded_aws.cloudwatch.store import STORES, MetricName, Series, dimensions_of
from embedded_aws.gateway.exchange import Exchange

_API = hooks.use("ministack.services.apigateway_v1", "_rest_apis")
_RESPONSES = hooks.use("ministack.core.responses", "request_scope")

_NAMESPACE: Final = "AWS/ApiGateway"
_UNITS: Final = {
    "Count": "Count",
    "4XXError": "Count",
    "5XXError": "Count",
    "Latency": "Milliseconds",
    "IntegrationLatency": "Milliseconds",
}
_SERVER_ERROR, _CLIENT_ERROR = 500, 400


@functools.lru_cache(maxsize=1000)
def _series(scope: tuple[str, str], api: str, stage: str) -> dict[str, list[Series]]:
    """Give the metrics of a stage, looked up once: each request adds to ten of them."""
    store = STORES.of(*scope)
    named = [dimensions_of({"ApiName": api}), dimensions_of({"ApiName": api, "Stage": stage})]
    return {
        name: [store.series(MetricName(_NAMESPACE, name, dimensions), unit) for dimensions in named]
        for name, unit in _UNITS.items()
    }


def record(exchange: Exchange) -> None:
    """Count a finished request, at the time of its arrival: that of its access log line."""
    if exchange.scope is None:
        return
    values = {
        "Count": 1.0,
        "4XXError": float(_CLIENT_ERROR <= exchange.status < _SERVER_ERROR),
        "5XXError": float(exchange.status >= _SERVER_ERROR),
        "Latency": float(exchange.response_latency),
    }
    if exchange.integration_latency is not None:
        values["IntegrationLatency"] = float(exchange.integration_latency)
    with _RESPONSES.request_scope(*exchange.scope):
        api = (_API._rest_apis.get(exchange.api_id) or {}).get("name", "")
    series = _series(exchange.scope, api, exchange.stage_name)
    added = [(one, value) for name, value in values.items() for one in series[name]]
    STORES.of(*exchange.scope).add(added, exchange.arrived.timestamp())
