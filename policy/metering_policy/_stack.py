"""A stack's resources, and how they belong together: by Pulumi's dependencies, which a preview knows, too."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pulumi_policy import PolicyResource
from pulumi_policy.proxy import UnknownValueError

from metering_policy._kinds import kind_of
from metering_policy._reading import at

StackMember = PolicyResource


class Stack:
    """All resources of a stack, and the configuration of the rule that asks."""

    def __init__(self, resources: Sequence[PolicyResource], config: Mapping[str, Any]) -> None:
        self.resources = resources
        self.config = config

    def of(self, kind: str) -> Iterator[PolicyResource]:
        """Yield the resources of a kind."""
        return (resource for resource in self.resources if kind_of(resource.resource_type) == kind)

    def about(self, kind: str, key: str, subject: PolicyResource, *names: str) -> list[PolicyResource]:
        """Return the resources of a kind that are about a subject.

        Args:
            kind: of the resources.
            key: property that says what such a resource is about.
            subject: what it must be about.
            names: properties of the subject, one of which `key` equals where it is written out.
        """
        return [
            resource
            for resource in self.of(kind)
            if subject in behind(resource, key, kind_of(subject.resource_type))
            or (not behind(resource, key) and _same(resource, key, subject, names))
        ]

    def children(self, component: PolicyResource) -> Iterator[PolicyResource]:
        """Yield what a component has made itself."""
        return (resource for resource in self.resources if resource.parent is component)


def behind(resource: PolicyResource, key: str, kind: str | None = None) -> list[PolicyResource]:
    """Return the resources, of a kind if one is given, whose outputs a property is made of."""
    found = resource.property_dependencies.get(key, [])
    return [other for other in found if kind is None or kind_of(other.resource_type) == kind]


def _same(resource: PolicyResource, key: str, subject: PolicyResource, names: Sequence[str]) -> bool:
    try:
        value = at(resource.props, key)
    except UnknownValueError:
        return False
    return value is not None and value in [_known(subject, name) for name in names]


def _known(resource: PolicyResource, name: str) -> Any:
    try:
        return at(resource.props, name)
    except UnknownValueError:
        return None
