"""Patch operations on lists and on values that are no text: ministack would put the bare text in their place."""

from typing import Any

from embedded_aws import hooks

_API = hooks.use("ministack.services.apigateway_v1", "_apply_patch", "_decode_json_pointer_token")


def install() -> None:
    """Let Update* calls add to and remove from lists, and keep booleans and numbers what they are."""
    apply = _API._apply_patch

    def apply_patch(target: dict[str, Any], operations: list[dict[str, Any]]) -> Any:
        return apply(target, [_typed(target, one) for one in operations if not _changed_list(target, one)])

    _API._apply_patch = apply_patch


def _changed_list(target: dict[str, Any], operation: dict[str, Any]) -> bool:
    """Carry out an operation whose path leads to a list or to one of its entries; gives whether it does."""
    *parents, last = _tokens(operation)
    holder, name, entry = _walk(target, parents), last, operation.get("value")
    entries = holder.get(last) if isinstance(holder, dict) else None
    if not isinstance(entries, list) and parents:  # `/binaryMediaTypes/image~1png`: the path names the entry
        holder, name, entry = _walk(target, parents[:-1]), parents[-1], last
        entries = holder.get(name) if isinstance(holder, dict) else None
    if not isinstance(entries, list):
        return False
    kind = operation.get("op")
    if kind == "replace":
        holder[name] = [operation.get("value") if one == last else one for one in entries] if name != last else [entry]
    elif kind == "remove":
        holder[name] = [one for one in entries if one != entry] if entry is not None else []
    elif entry not in entries:
        entries.append(entry)
    return True


def _typed(target: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any]:
    """Give the operation with its text value as the type that stands there now."""
    *parents, last = _tokens(operation)
    holder, value = _walk(target, parents), operation.get("value")
    now = holder.get(last) if isinstance(holder, dict) else None
    if isinstance(value, str) and isinstance(now, bool):
        return {**operation, "value": value == "true"}
    if isinstance(value, str) and isinstance(now, int):
        return {**operation, "value": int(value)}
    return operation


def _tokens(operation: dict[str, Any]) -> list[str]:
    return [_API._decode_json_pointer_token(token) for token in str(operation.get("path", "")).lstrip("/").split("/")]


def _walk(target: Any, tokens: list[str]) -> Any:
    for token in tokens:
        target = target.get(token) if isinstance(target, dict) else None
    return target
