"""Programs that break one rule: mostly this one with a small change, some with a resource that it has none of."""

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.policy.wire import Resource, changed, one, without

Stack = list[Resource]
Change = Callable[[Stack], Stack]


@dataclass(frozen=True)
class Break:
    """A change, and what the pack must say of it."""

    rule: str
    what: str
    """What is wrong, in a few words: the name of the test."""
    change: Change
    resource: str
    """The resource that is blamed."""
    says: str
    """What is said of it: property, rule and value."""
    also: tuple[tuple[str, str], ...] = ()
    """Rules, each with the resource blamed, that such a change cannot help but break as well."""


def change(name: str, **changes: Any) -> Change:
    """Change one resource; see `tests.policy.wire.changed`."""
    return lambda stack: changed(stack, name, **changes)


def drop(*names: str) -> Change:
    """Leave resources out."""
    return lambda stack: without(stack, *names)


def add(*resources: Resource) -> Change:
    """Add resources."""
    return lambda stack: [*stack, *resources]


def beside(name: str, key: str, resource: Resource) -> Change:
    """Add a resource whose property is made of another resource's outputs."""
    return lambda stack: [*stack, {**resource, "propertyDependencies": {key: [one(stack, name)["urn"]]}}]


def permit(name: str, statement: Mapping[str, Any], key: str = "policy") -> Change:
    """Add a statement to a policy of this program."""
    return edit(name, lambda statements: statements.append({"Effect": "Allow", **statement}), key)


def edit(name: str, how: Callable[[list[dict[str, Any]]], Any], key: str = "policy") -> Change:
    """Change the statements of a policy of this program in place."""

    def changing(stack: Stack) -> Stack:
        document = json.loads(one(stack, name)["inputs"][key])
        how(document["Statement"])
        return changed(stack, name, **{key: json.dumps(document)})

    return changing


def depend(name: str, key: str, *urns: str) -> Change:
    """Have a property made of these resources' outputs alone."""

    def changing(stack: Stack) -> Stack:
        copied = copy.deepcopy(stack)
        one(copied, name)["propertyDependencies"][key] = list(urns)
        return copied

    return changing


def both(*changes: Change) -> Change:
    """Make one change after the other."""

    def changing(stack: Stack) -> Stack:
        for make in changes:
            stack = make(stack)
        return stack

    return changing
