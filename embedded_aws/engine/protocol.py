"""What the engine asks of those who make resources."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from embedded_aws.engine.state import ResourceState


@dataclass(frozen=True)
class Diff:
    """How a resource differs from what is asked.

    Attributes:
        changed: dotted paths of the inputs that differ.
        replaces: it cannot change in place.
        delete_first: the old one has to go before its successor is made.
    """

    changed: frozenset[str] = frozenset()
    replaces: bool = False
    delete_first: bool = False


class Provider(Protocol):
    """What the engine asks of those who make resources."""

    replace_on: frozenset[str]

    def check(self, old: ResourceState | None, news: dict[str, Any]) -> dict[str, Any]:
        """Validate and complete the inputs."""

    def diff(self, old: ResourceState, news: Mapping[str, Any]) -> Diff:
        """Compare with what is."""

    def create(self, name: str, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Make a resource; gives its id and outputs."""

    def read(self, old: ResourceState) -> dict[str, Any] | None:
        """Look a resource up; gives its outputs, None when it is gone."""

    def update(self, old: ResourceState, news: dict[str, Any]) -> dict[str, Any]:
        """Change a resource in place; gives its outputs."""

    def delete(self, old: ResourceState) -> None:
        """Remove a resource."""

    def secret_outputs(self) -> frozenset[str]:
        """Outputs that must not be shown."""
