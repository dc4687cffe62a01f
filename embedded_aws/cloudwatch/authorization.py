"""Whose metrics a call puts: `cloudwatch:namespace`, by which a policy limits who puts which."""

from collections.abc import Mapping
from typing import Any

from embedded_aws import hooks
from embedded_aws.cloudwatch import wire

_ACTIONS = hooks.use("ministack.core.iam_actions", "request_tag_context")
_PUT = "cloudwatch:PutMetricData"

NAMESPACE = "cloudwatch:namespace"


def install() -> None:
    """Show ministack's check of a call the namespace that it names."""
    context_of = _ACTIONS.request_tag_context

    def request_context(service: str, action: str, body: bytes, params: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = context_of(service, action, body, params)
        return {**found, **(named(body, params) if action == _PUT else {})}

    _ACTIONS.request_tag_context = request_context


def named(body: bytes, params: Mapping[str, Any]) -> dict[str, str]:
    """Give the condition key of a call that puts metrics; none for a body that is no call: CloudWatch refuses it."""
    if body[:1] == b"{":
        protocol = wire.JSON
    else:
        protocol = wire.QUERY if params.get("Action") or body[:7] == b"Action=" else wire.CBOR
    try:
        namespace = wire.request(protocol, "PutMetricData", params, body).get("Namespace")
    except wire.MalformedError:
        return {}
    return {NAMESPACE: namespace} if isinstance(namespace, str) else {}
