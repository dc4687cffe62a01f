"""Who carries out a registration: the table of creators, or a dynamic provider; and how what is asked differs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3

from embedded_aws.engine.dynamic import DynamicProviders
from embedded_aws.engine.errors import ResourceError, UnknownTypeError
from embedded_aws.engine.protocol import Diff, Provider
from embedded_aws.engine.state import ResourceState
from embedded_aws.resources import CREATORS, Creator
from embedded_aws.resources.diff import changed_paths, must_replace

PROVIDER_TYPES = frozenset({"pulumi:providers:aws", "pulumi:providers:aws-native"})
_DYNAMIC = "pulumi-python:dynamic"


class TableProvider:
    """A type of the table `embedded_aws.resources.CREATORS`."""

    def __init__(self, creator: Creator, session: boto3.Session, default_tags: Mapping[str, str]) -> None:
        self._creator, self._session = creator, session
        # pulumi-aws merges its `defaultTags` into the inputs; aws-native does not know them.
        tagged = "tags" in creator.shape and creator.pulumi_type.startswith("aws:")
        self._tags = dict(default_tags) if tagged else {}
        self.replace_on = creator.replace_on

    def check(self, old: ResourceState | None, news: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002 - of the protocol
        """Add the provider's default tags."""
        return {**news, "tags": {**self._tags, **(news.get("tags") or {})}} if self._tags else news

    def diff(self, old: ResourceState, news: Mapping[str, Any]) -> Diff:
        """Compare the inputs, as given now and last time."""
        changed = changed_paths(old.inputs, news)
        creator = self._creator
        delete_first = creator.delete_before_replace or bool(creator.named_by and news.get(creator.named_by))
        return Diff(changed, must_replace(creator.replace_on, changed), delete_first)

    def create(self, name: str, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Make it by boto3."""
        return self._creator.create(self._session, name, inputs)

    def read(self, old: ResourceState) -> dict[str, Any] | None:
        """Read it by boto3; what AWS does not hand back stays as it was."""
        found = self._creator.read(self._session, old.id)
        if found is None:
            return None
        return {key: old.outputs[key] for key in self._creator.kept if key in old.outputs} | found

    def update(self, old: ResourceState, news: dict[str, Any]) -> dict[str, Any]:
        """Change it by boto3."""
        return self._creator.update(self._session, old.id, old.outputs, news)

    def delete(self, old: ResourceState) -> None:
        """Delete it by boto3."""
        self._creator.delete(self._session, old.id, old.outputs)

    def secret_outputs(self) -> frozenset[str]:
        """Those of the creator."""
        return self._creator.secret_outputs


class ConfigurationProvider:
    """An explicit `aws` or `aws-native` provider: it only has to mean the embedded AWS's Region."""

    replace_on: frozenset[str] = frozenset()

    def __init__(self, region: str) -> None:
        self._region = region

    def check(self, old: ResourceState | None, news: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002 - of the protocol
        """Refuse another Region."""
        region = news.get("region", self._region)
        if isinstance(region, str) and region != self._region:
            raise ResourceError(f"region must be {self._region}, the embedded AWS's, got {region}")
        return news

    def diff(self, old: ResourceState, news: Mapping[str, Any]) -> Diff:
        """Compare the inputs."""
        return Diff(changed_paths(old.inputs, news))

    def create(self, name: str, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:  # noqa: ARG002 - has no name outside
        """Give it an id, as Pulumi's engine does."""
        return str(uuid4()), dict(inputs)

    def read(self, old: ResourceState) -> dict[str, Any] | None:
        """A provider exists in the engine alone."""
        return old.outputs

    def update(self, old: ResourceState, news: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002 - the inputs are all
        """Take the new configuration."""
        return dict(news)

    def delete(self, old: ResourceState) -> None:
        """Nothing of it is outside the engine."""

    def secret_outputs(self) -> frozenset[str]:
        """Credentials."""
        return frozenset({"accessKey", "secretKey", "token"})


class Providers:
    """Finds who is responsible for a type.

    Args:
        session: reaches the embedded AWS.
        config: the stack's configuration, for dynamic providers.
        project: the project's name.
        folder: the project's folder.
        default_tags: `aws:defaultTags`.
    """

    def __init__(
        self,
        session: boto3.Session,
        config: Mapping[str, str],
        project: str,
        folder: Path,
        default_tags: Mapping[str, str],
    ) -> None:
        self.folder = folder
        self._dynamic = DynamicProviders(config, project)
        self._configuration = ConfigurationProvider(str(session.region_name))
        self._table = {token: TableProvider(creator, session, default_tags) for token, creator in CREATORS.items()}

    def of(self, token: str) -> Provider:
        """Give the provider of a type.

        Raises:
            UnknownTypeError: nobody knows the type.
        """
        if token.startswith(_DYNAMIC):
            return self._dynamic
        if token in PROVIDER_TYPES:
            return self._configuration
        if token not in self._table:
            raise UnknownTypeError(f"the embedded AWS does not know resources of type {token}")
        return self._table[token]
