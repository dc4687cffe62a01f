"""Dynamic providers, called as Pulumi's own host for them calls them, but in this process."""

import base64
import threading
from collections.abc import Mapping
from typing import Any

import dill  # type: ignore[import-untyped]
from pulumi.dynamic import Config, ConfigureRequest, ResourceProvider
from pulumi.runtime._serialization import _deserialize

from embedded_aws.engine.errors import ResourceError
from embedded_aws.engine.protocol import Diff
from embedded_aws.engine.state import ResourceState
from embedded_aws.resources.diff import changed_paths

PROVIDER_KEY = "__provider"


class DynamicProviders:
    """All dynamic resources of a stack; each carries its provider, pickled, in its inputs.

    Args:
        config: the stack's configuration, `namespace:key` -> text.
        project: the project's name.
    """

    replace_on: frozenset[str] = frozenset()

    def __init__(self, config: Mapping[str, str], project: str) -> None:
        self._request = ConfigureRequest(Config(dict(config), project))
        self._lock = threading.Lock()
        self._providers: dict[str, ResourceProvider] = {}

    def check(self, old: ResourceState | None, news: dict[str, Any]) -> dict[str, Any]:
        """Let the provider check the inputs.

        Raises:
            ResourceError: with the property and the reason of each failure.
        """
        result = self._of(news).check(old.inputs if old else {}, dict(news))
        if result.failures:
            raise ResourceError("; ".join(f"{failure.property}: {failure.reason}" for failure in result.failures))
        return {**result.inputs, PROVIDER_KEY: news[PROVIDER_KEY]}

    def diff(self, old: ResourceState, news: Mapping[str, Any]) -> Diff:
        """Let the provider compare; where it does not say, the inputs decide, as in Pulumi's engine."""
        result = self._of(news).diff(old.id, dict(old.outputs), dict(news))
        replaces = frozenset(result.replaces or ())
        changed = changed_paths(old.inputs, news)
        if result.changes is not None:
            changed = (changed or frozenset({"(found by the provider)"})) if result.changes else frozenset()
        return Diff(changed | replaces, bool(replaces), bool(result.delete_before_replace))

    def create(self, name: str, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:  # noqa: ARG002 - not handed on by Pulumi
        """Let the provider create."""
        result = self._of(inputs).create(dict(inputs))
        return result.id, {**(result.outs or {}), PROVIDER_KEY: inputs[PROVIDER_KEY]}

    def read(self, old: ResourceState) -> dict[str, Any] | None:
        """Let the provider look; no id means that it is gone."""
        result = self._of(old.outputs).read(old.id, dict(old.outputs))
        return {**(result.outs or {}), PROVIDER_KEY: old.outputs[PROVIDER_KEY]} if result.id else None

    def update(self, old: ResourceState, news: dict[str, Any]) -> dict[str, Any]:
        """Let the provider update."""
        result = self._of(news).update(old.id, dict(old.outputs), dict(news))
        return {**(result.outs or {}), PROVIDER_KEY: news[PROVIDER_KEY]}

    def delete(self, old: ResourceState) -> None:
        """Let the provider delete."""
        self._of(old.outputs).delete(old.id, dict(old.outputs))

    def secret_outputs(self) -> frozenset[str]:
        """None beyond the inputs'."""
        return frozenset()

    def _of(self, properties: Mapping[str, Any]) -> ResourceProvider:
        pickled = properties[PROVIDER_KEY]
        with self._lock:
            if pickled not in self._providers:
                provider: ResourceProvider = _deserialize(lambda: dill.loads(base64.b64decode(pickled)))  # noqa: S301 - the program's own
                provider.configure(self._request)
                self._providers[pickled] = provider
            return self._providers[pickled]
