"""Which resource a call is about, where ministack's authorization looks at another one than AWS does."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from embedded_aws import hooks

_ACTIONS = hooks.use("ministack.core.iam_actions", "extract_resource_arn")


@dataclass(frozen=True)
class Call:
    """A request as authorization sees it."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, Any]
    region: str
    account: str

    @property
    def action(self) -> str:
        """The operation of a service that speaks JSON over one path; empty for others."""
        return self.headers.get("x-amz-target", "").rpartition(".")[2]

    def data(self) -> dict[str, Any]:
        """Parse the body of such a call."""
        parsed: dict[str, Any] = json.loads(self.body or b"{}")
        return parsed


def authorize_by(service: str, arn_of: Callable[[Call], str | None]) -> None:
    """Let the calls to a service be authorized for the ARN that AWS checks.

    Args:
        service: ministack's name of the service.
        arn_of: gives the ARN of a call; None leaves the choice to ministack.
    """
    extract = _ACTIONS.extract_resource_arn

    def extract_resource_arn(  # noqa: PLR0917 - ministack's signature
        called: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query_params: dict[str, Any],
        region: str,
        account_id: str,
    ) -> str:
        if called == service and (arn := arn_of(Call(path, headers, body, query_params, region, account_id))):
            return arn
        return str(extract(called, method, path, headers, body, query_params, region, account_id))

    _ACTIONS.extract_resource_arn = extract_resource_arn
