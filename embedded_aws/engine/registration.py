"""What a program asks for, resource by resource."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from embedded_aws.engine.state import ResourceState


@dataclass(frozen=True)
class Registration:
    """What the program asks for; `inputs` are plain values, `aliases` the URNs that the resource may have had."""

    urn: str
    type: str
    name: str
    parent: str
    inputs: Mapping[str, Any] = field(default_factory=dict)
    custom: bool = True
    protect: bool = False
    retain_on_delete: bool = False
    delete_before_replace: bool | None = None
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    dependencies: frozenset[str] = frozenset()
    property_dependencies: Mapping[str, frozenset[str]] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()

    def inputs_over(self, old: ResourceState | None) -> dict[str, Any]:
        """Give the inputs, with what was last registered put back where `ignore_changes` says so."""
        inputs = dict(self.inputs)
        if old is None:
            return inputs
        for path in self.ignore_changes:
            *parents, last = path.split(".")
            now, before = inputs, old.inputs
            for parent in parents:
                now[parent] = dict(now.get(parent) or {})
                now, before = now[parent], before.get(parent) or {}
            if last in before:
                now[last] = before[last]
            else:
                now.pop(last, None)
        return inputs

    def state(self, id_: str, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> ResourceState:
        """Give the resource as it is once the registration is carried out."""
        return ResourceState(
            urn=self.urn,
            type=self.type,
            name=self.name,
            parent=self.parent,
            id=id_,
            inputs=dict(inputs),
            outputs=dict(outputs),
            dependencies=self.dependencies,
            property_dependencies=self.property_dependencies,
            protect=self.protect,
            retain_on_delete=self.retain_on_delete,
            custom=self.custom,
        )
