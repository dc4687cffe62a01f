"""Which workgroup a call to Athena is about: ministack reads it from the body, but most calls name a query's id."""

import json
from collections.abc import Callable
from typing import Any

from embedded_aws import hooks

_ACTIONS = hooks.use("ministack.core.iam_actions", "extract_resource_arn")
_ATHENA = hooks.use("ministack.services.athena", "_executions", "_named_queries")
_OF_A_WORKGROUP = frozenset(
    ("StartQueryExecution", "ListQueryExecutions", "CreateNamedQuery", "ListNamedQueries", "ListPreparedStatements")
)
"""Calls that are about the workgroup `primary` if they name none."""


def install() -> None:
    """Tell ministack's authorization the ARN that AWS checks."""
    _ACTIONS.extract_resource_arn = _with_workgroups(_ACTIONS.extract_resource_arn)


def workgroup(action: str, data: dict[str, Any]) -> str | None:
    """Name the workgroup that a call is about; None if it is about none, or about a query that is not there."""
    if data.get("WorkGroup"):
        return str(data["WorkGroup"])
    ids = [data.get("QueryExecutionId"), *data.get("QueryExecutionIds", [])]
    named = [data.get("NamedQueryId"), *data.get("NamedQueryIds", [])]
    records = [_ATHENA._executions.get(key) for key in ids] + [_ATHENA._named_queries.get(key) for key in named]
    found = {record["WorkGroup"] for record in records if record}
    if len(found) == 1:
        return str(found.pop())
    if action in {"CreateWorkGroup", "GetWorkGroup"}:
        return str(data.get("Name") or "")
    return "primary" if action in _OF_A_WORKGROUP else None


def _with_workgroups(extract: Callable[..., str]) -> Callable[..., str]:
    def extract_resource_arn(  # noqa: PLR0917 - ministack's signature
        service: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query_params: dict[str, Any],
        region: str,
        account_id: str,
    ) -> str:
        if service == "athena":
            name = workgroup(headers.get("x-amz-target", "").rpartition(".")[2], json.loads(body or b"{}"))
            if name:
                return f"arn:aws:athena:{region}:{account_id}:workgroup/{name}"
        return extract(service, method, path, headers, body, query_params, region, account_id)

    return extract_resource_arn
