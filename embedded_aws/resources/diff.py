"""Comparing what was asked last time with what is asked now."""

from collections.abc import Iterable, Mapping
from typing import Any


def changed_paths(olds: Mapping[str, Any], news: Mapping[str, Any]) -> frozenset[str]:
    """Give the dotted path of every property that differs; None and absent are the same, lists differ as a whole."""
    return frozenset(_changes(olds, news, ""))


def must_replace(replace_on: frozenset[str], changed: Iterable[str]) -> bool:
    """Tell whether one of the changed paths is, is below, or contains a path whose change makes a new resource."""
    return any(_overlap(path, wanted) for path in changed for wanted in replace_on)


def _changes(old: Any, new: Any, path: str) -> list[str]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        keys = sorted(set(old) | set(new))
        return [
            change for key in keys for change in _changes(old.get(key), new.get(key), f"{path}.{key}" if path else key)
        ]
    return [] if old == new else [path]


def _overlap(path: str, other: str) -> bool:
    return path == other or path.startswith(f"{other}.") or other.startswith(f"{path}.")
