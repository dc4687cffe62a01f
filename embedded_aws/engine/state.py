"""What the engine remembers of a stack between its operations."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class ResourceState:
    """A resource that exists.

    Attributes:
        inputs: as last registered, archives as zip bytes, secrets unwrapped.
        outputs: as the provider last gave them.
        dependencies: URNs that it needs; property_dependencies: the same by the input that names them.
    """

    urn: str
    type: str
    name: str
    parent: str
    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    dependencies: frozenset[str] = frozenset()
    property_dependencies: Mapping[str, frozenset[str]] = field(default_factory=dict)
    protect: bool = False
    retain_on_delete: bool = False
    custom: bool = True


class State:
    """All resources of a stack, in the order in which they were made; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._resources: dict[str, ResourceState] = {}
        self._replaced: list[ResourceState] = []

    def get(self, urn: str) -> ResourceState | None:
        """The resource of a URN, None if there is none."""
        with self._lock:
            return self._resources.get(urn)

    def put(self, resource: ResourceState) -> None:
        """Remember a resource as it is now, as the youngest."""
        with self._lock:
            self._resources.pop(resource.urn, None)
            self._resources[resource.urn] = resource

    def forget(self, resource: ResourceState) -> None:
        """Drop a resource that is no longer there."""
        with self._lock:
            if self._resources.get(resource.urn) is resource:
                del self._resources[resource.urn]
            self._replaced = [one for one in self._replaced if one is not resource]

    def supersede(self, old: ResourceState, new: ResourceState) -> None:
        """Put a successor in place; the old one waits to be deleted."""
        with self._lock:
            self._replaced.append(old)
        self.put(new)

    def rename(self, old_urn: str, urn: str) -> None:
        """Take over a resource under its new URN (an alias)."""
        with self._lock:
            resource = self._resources.pop(old_urn)
            resource.urn = urn
            self._resources[urn] = resource

    def all(self) -> list[ResourceState]:
        """Everything that exists by its own URN, oldest first."""
        with self._lock:
            return list(self._resources.values())

    def superseded(self) -> list[ResourceState]:
        """What has a successor and is not deleted yet, oldest first."""
        with self._lock:
            return list(self._replaced)


def dependents_first(resources: Sequence[ResourceState]) -> list[ResourceState]:
    """Order resources for deletion: youngest first, but none before what depends on it.

    Age alone misleads after an `up` that stopped half-way: what it never came to is older than what it changed.
    """
    ordered: list[ResourceState] = []
    seen: set[int] = set()

    def visit(resource: ResourceState) -> None:
        if id(resource) in seen:
            return
        seen.add(id(resource))
        for other in reversed(resources):
            if resource.urn in other.dependencies or resource.urn == other.parent:
                visit(other)
        ordered.append(resource)

    for resource in reversed(resources):
        visit(resource)
    return ordered


def needed_by(resources: Iterable[ResourceState], all_resources: Iterable[ResourceState]) -> set[str]:
    """URNs of the resources and of everything that they depend on, parents included."""
    known = {resource.urn: resource for resource in all_resources}
    needed: set[str] = set()
    waiting = [resource.urn for resource in resources]
    while waiting:
        urn = waiting.pop()
        if urn in needed:
            continue
        needed.add(urn)
        if resource := known.get(urn):
            waiting += [*resource.dependencies, resource.parent]
    return needed
