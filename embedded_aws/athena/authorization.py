"""Which workgroup a call to Athena is about: ministack reads it from the body, but most calls name a query's id."""

from typing import Any

from embedded_aws import hooks
from embedded_aws.called_resource import Call, authorize_by

_ATHENA = hooks.use("ministack.services.athena", "_executions", "_named_queries")
_OF_A_WORKGROUP = frozenset(
    ("StartQueryExecution", "ListQueryExecutions", "CreateNamedQuery", "ListNamedQueries", "ListPreparedStatements")
)
"""Calls that are about the workgroup `primary` if they name none."""


def install() -> None:
    """Tell ministack's authorization the ARN that AWS checks."""
    authorize_by("athena", _workgroup_arn)


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


def _workgroup_arn(call: Call) -> str | None:
    name = workgroup(call.action, call.data())
    return f"arn:aws:athena:{call.region}:{call.account}:workgroup/{name}" if name else None
