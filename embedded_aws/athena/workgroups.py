"""Workgroups: a scan limit that can be lifted again, and a delete that refuses what is not empty."""

from collections.abc import Callable
from typing import Any

from embedded_aws import hooks

Answer = tuple[int, dict[str, str], bytes]

_ATHENA = hooks.use(
    "ministack.services.athena",
    "_delete_workgroup",
    "_executions",
    "_named_queries",
    "_prepared_statements",
    "_update_workgroup",
    "_workgroups",
)
_RESPONSES = hooks.use("ministack.core.responses", "error_response_json")


def install() -> None:
    """Wrap ministack's workgroup operations."""
    _ATHENA._update_workgroup = _removing(_ATHENA._update_workgroup)
    _ATHENA._delete_workgroup = _only_empty(_ATHENA._delete_workgroup)


def _removing(update: Callable[[dict[str, Any]], Answer]) -> Callable[[dict[str, Any]], Answer]:
    """Wrap UpdateWorkGroup with the removal of the scan limit, which ministack leaves out."""

    def updated(data: dict[str, Any]) -> Answer:
        answer = update(data)
        workgroup = _ATHENA._workgroups.get(data.get("WorkGroup"))
        if workgroup and (data.get("ConfigurationUpdates") or {}).get("RemoveBytesScannedCutoffPerQuery"):
            workgroup.get("Configuration", {}).pop("BytesScannedCutoffPerQuery", None)
        return answer

    return updated


def _only_empty(delete: Callable[[dict[str, Any]], Answer]) -> Callable[[dict[str, Any]], Answer]:
    def deleted(data: dict[str, Any]) -> Answer:
        name = data.get("WorkGroup")
        stores = (_ATHENA._named_queries, _ATHENA._executions, _ATHENA._prepared_statements)
        held = [
            (store, key)
            for store in stores
            for key, value in store.items()
            if name in (value.get("WorkGroup"), value.get("WorkGroupName"))
        ]
        if held and not data.get("RecursiveDeleteOption"):
            return _error(f"WorkGroup {name} is not empty")
        for store, key in held:
            del store[key]
        return delete(data)

    return deleted


def _error(message: str) -> Answer:
    answer: Answer = _RESPONSES.error_response_json("InvalidRequestException", message, 400)
    return answer
