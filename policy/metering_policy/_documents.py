"""Policy documents of AWS: their statements, and what those are about."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from metering_policy._reading import at, plain, shown

Statement = Mapping[str, Any]

_POSITIVE = ("StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike")
_IF_EXISTS = "IfExists"
_ANY_VALUE = "ForAnyValue:"


class DocumentError(ValueError):
    """A policy cannot be read."""


def statements(properties: Mapping[str, Any], *path: str) -> list[Statement]:
    """Return the statements of the policy at a path of keys, none if there is no policy.

    Raises:
        UnknownValueError: a preview does not know the policy.
        DocumentError: what is there is no policy.
    """
    value = at(properties, *path)
    if value is None:
        return []
    name = f"`{'.'.join(path)}`"
    try:
        document = json.loads(value) if isinstance(value, str) else plain(value)
    except ValueError as error:
        raise DocumentError(f"{name} must be a policy as JSON, got {shown(value)}") from error
    found = document.get("Statement") if isinstance(document, dict) else None
    found = [found] if isinstance(found, dict) else found
    if not isinstance(found, list) or not all(isinstance(statement, dict) for statement in found):
        raise DocumentError(f"{name} must be a policy with a list of statements, got {shown(value)}")
    return found


def allowing(found: Sequence[Statement]) -> Iterator[Statement]:
    """Yield the statements that permit something."""
    return (statement for statement in found if statement.get("Effect") == "Allow")


def texts(value: Any) -> list[str]:
    """Return a text, or the texts of a list; what is neither is shown as text, for no such thing must be overlooked."""
    if value is None:
        return []
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def principals(statement: Statement) -> list[tuple[str, str]]:
    """Return kind and name of each principal of a statement; `*` alone is of the kind AWS."""
    value = statement.get("Principal")
    if isinstance(value, dict):
        return [(kind, name) for kind, names in value.items() for name in texts(names)]
    return [("AWS", name) for name in texts(value)]


def is_for_everyone(statement: Statement) -> bool:
    """Whether a statement is about every caller there is."""
    return "NotPrincipal" in statement or any("*" in name for _, name in principals(statement))


def conditions(statement: Statement, *, if_exists: bool = False) -> Iterator[tuple[str, list[str]]]:
    """Yield keys and values of the conditions that let only what equals them pass.

    Args:
        statement: of a policy.
        if_exists: whether conditions count that let pass what lacks the key.
    """
    for operator, keys in (statement.get("Condition") or {}).items():
        bare = operator.removeprefix(_ANY_VALUE)
        if if_exists:
            bare = bare.removesuffix(_IF_EXISTS)
        if bare in _POSITIVE and isinstance(keys, dict):
            yield from ((key, texts(values)) for key, values in keys.items())


def is_narrowed(statement: Statement, keys: frozenset[str], *, if_exists: bool = False) -> bool:
    """Whether a condition on one of the keys lets only named values pass."""
    lowered = {key.lower() for key in keys}
    return any(
        key.lower() in lowered and values and not any(set(value) <= set("*?") for value in values)
        for key, values in conditions(statement, if_exists=if_exists)
    )
