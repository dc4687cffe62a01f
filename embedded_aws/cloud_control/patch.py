"""JSON Patch (RFC 6902), as UpdateResource takes it."""

import copy
from typing import Any


class PatchError(ValueError):
    """A patch that cannot be applied; the message names operation and path."""


def apply(document: dict[str, Any], operations: Any) -> dict[str, Any]:
    """Apply a patch to a copy of a document.

    Args:
        document: what is patched; left as it is.
        operations: the list of `add`, `remove`, `replace`, `move`, `copy` and `test`.

    Raises:
        PatchError: the patch is no list of operations, a path is not there, or a test fails.
    """
    if not isinstance(operations, list):
        raise PatchError("PatchDocument must be a JSON array of operations")
    patched = copy.deepcopy(document)
    for operation in operations:
        if not isinstance(operation, dict) or not str(operation.get("path", "")).startswith("/"):
            raise PatchError(f"{operation!r} is no operation on a path that begins with /")
        _apply_one(patched, operation)
    return patched


def paths(operations: list[dict[str, Any]]) -> list[list[str]]:
    """Give what a patch changes: the path of each operation but `test`, and for `move` also where it takes from."""
    changed = [operation["path"] for operation in operations if operation.get("op") != "test"]
    changed += [operation.get("from", "") for operation in operations if operation.get("op") == "move"]
    return [_tokens(path) for path in changed]


def _apply_one(document: dict[str, Any], operation: dict[str, Any]) -> None:
    kind, path = operation.get("op"), operation["path"]
    match kind:
        case "add":
            _add(document, path, copy.deepcopy(operation.get("value")))
        case "replace":
            _take(document, path)
            _add(document, path, copy.deepcopy(operation.get("value")))
        case "remove":
            _take(document, path)
        case "move":
            _add(document, path, _take(document, operation.get("from", "")))
        case "copy":
            parent, key = _parent(document, operation.get("from", ""))
            _add(document, path, copy.deepcopy(parent[key]))
        case "test":
            parent, key = _parent(document, path)
            if parent[key] != operation.get("value"):
                raise PatchError(f"test {path}: is {parent[key]!r}, not {operation.get('value')!r}")
        case _:
            raise PatchError(f"{kind!r} is no operation of JSON Patch")


def _tokens(path: str) -> list[str]:
    return [token.replace("~1", "/").replace("~0", "~") for token in path.split("/")[1:]]


def _parent(document: dict[str, Any], path: str, *, new: bool = False) -> tuple[Any, Any]:
    """Find the container of a path's end and the key in it, which exists unless `new`."""
    *above, last = _tokens(path) or [""]
    node: Any = document
    for token in above:
        node = node[_key(node, token, path)]
    return node, _key(node, last, path, new=new)


def _key(node: Any, token: str, path: str, *, new: bool = False) -> Any:
    if isinstance(node, dict) and (new or token in node):
        return token
    if isinstance(node, list):
        if new and token == "-":  # noqa: S105 - JSON Patch's name of the end of a list
            return len(node)
        if token.isdigit() and int(token) < len(node) + new:
            return int(token)
    raise PatchError(f"path {path}: there is no {token!r}")


def _add(document: dict[str, Any], path: str, value: Any) -> None:
    parent, key = _parent(document, path, new=True)
    if isinstance(parent, list):
        parent.insert(key, value)
    else:
        parent[key] = value


def _take(document: dict[str, Any], path: str) -> Any:
    parent, key = _parent(document, path)
    return parent.pop(key)
