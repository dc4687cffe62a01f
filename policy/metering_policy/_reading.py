"""Reading what Pulumi shows of a resource: camel-case properties, of which a preview does not know all."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pulumi_policy.proxy import UnknownValueError


class UndecidedError(UnknownValueError):
    """Something could not be judged, since AWS has not made up its value yet.

    Pulumi's policy SDK shows it as a warning and goes on. What is judged resource by resource is judged again in
    `pulumi up`, when the value is known and the resource not yet made.
    """

    def __init__(self, what: Sequence[str]) -> None:
        Exception.__init__(self, "; ".join(what))
        self.message = "; ".join(what)


def at(properties: Mapping[str, Any], *path: str) -> Any:
    """Return the value at a path of keys, None if there is none.

    Raises:
        UnknownValueError: a preview does not know it.
    """
    value: Any = properties
    for key in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def is_set(properties: Mapping[str, Any], *path: str) -> bool:
    """Whether there is a value at a path of keys, be it known or not."""
    try:
        return at(properties, *path) not in (None, "")
    except UnknownValueError:
        return True


def items(properties: Mapping[str, Any], *path: str) -> Iterator[Any]:
    """Yield the items of the list at a path of keys; one that is no list stands for itself, and nothing for none."""
    value = at(properties, *path)
    if isinstance(value, Sequence) and not isinstance(value, str):
        yield from value
    elif value is not None:
        yield value


def shown(value: Any) -> str:
    """Return a value as a message shows it: as Python does, without the policy SDK's wrapping."""
    return repr(plain(value))


def plain(value: Any) -> Any:
    """Return a value as plain dictionaries, lists and scalars.

    Raises:
        UnknownValueError: a preview does not know a part of it.
    """
    if isinstance(value, Mapping):
        return {key: plain(value[key]) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(value[index]) for index in range(len(value))]
    return int(value) if isinstance(value, float) and value.is_integer() else value
