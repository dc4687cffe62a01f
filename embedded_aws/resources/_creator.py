"""What creates one type of resource: the interface, and what all of them share."""

import json
import secrets
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import boto3

from embedded_aws.resources._shape import Shape, to_aws

Outputs = dict[str, Any]


class InputError(ValueError):
    """A resource was given what its creator cannot carry out."""


class Creator(ABC):
    """Creates, reads, updates and deletes resources of one Pulumi type by AWS's API.

    Inputs and outputs are camelCase JSON as Pulumi's providers have them, secrets unwrapped, an archive as its zip's
    bytes. Outputs are the inputs plus what AWS computes. A creator knows nothing of who calls it.

    Attributes:
        pulumi_type: Pulumi's type token.
        shape: every input that it consumes, with AWS's name for it; any other input is an error.
        kept: inputs that AWS's API does not hand back (an archive, `forceDestroy`, a deployment's triggers). `read`
            leaves them out, and whoever refreshes keeps what he knows.
        replace_on: properties, or dotted paths below one, whose change makes a new resource; others change in place.
        named_by: the property that gets a name derived from the logical one when it is left out. A resource whose name
            was given explicitly must be deleted before its successor is made.
        secret_outputs: outputs that must not be shown.
        delete_before_replace: the provider always deletes before it replaces.
    """

    pulumi_type: ClassVar[str]
    shape: ClassVar[Shape] = {}
    kept: ClassVar[frozenset[str]] = frozenset()
    replace_on: frozenset[str] = frozenset()
    named_by: ClassVar[str | None] = None
    secret_outputs: ClassVar[frozenset[str]] = frozenset()
    delete_before_replace: ClassVar[bool] = False

    def create(self, session: boto3.Session, name: str, inputs: Mapping[str, Any]) -> tuple[str, Outputs]:
        """Make the resource.

        Args:
            session: reaches the AWS to make it in.
            name: Pulumi's logical name; physical names derive from it.
            inputs: what the program asks for.

        Returns:
            The id by which `read` finds it, and its outputs.

        Raises:
            InputError: an input that the creator does not consume; names type, name and key.
            botocore.exceptions.ClientError: AWS refused.
        """
        id_ = self._create(session, self._named(name, inputs), self._consume(session, name, inputs))
        return id_, self._outputs(session, id_, inputs)

    @abstractmethod
    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the outputs that AWS knows now, without those in `kept`; None when the resource is gone."""

    def update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Outputs:
        """Change the resource in place.

        Args:
            session: reaches the AWS that holds it.
            id_: from `create`.
            olds: outputs of the last create or update.
            news: inputs as the program has them now.

        Returns:
            The new outputs.
        """
        self._update(session, id_, olds, self._consume(session, id_, news))
        return self._outputs(session, id_, news)

    @abstractmethod
    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:
        """Remove the resource; it being gone already is no error."""

    @abstractmethod
    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:
        """Make it from AWS's parameters; `name` is the physical name to use."""

    def _update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], args: dict[str, Any]) -> None:
        """Change it in place, from AWS's parameters; the types that AWS cannot change refuse, whoever asks."""
        del session
        raise InputError(f"{self.pulumi_type} {id_}: {dict(olds)} cannot become {args} in place")

    def _consume(self, session: boto3.Session, name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        region = inputs.get("region")
        if region is not None and region != session.region_name:
            raise InputError(f"{self.pulumi_type} {name}: region must be {session.region_name}, got {region}")
        given = {key: value for key, value in inputs.items() if key != "region" and value is not None}
        return to_aws({key: key for key in self.kept} | dict(self.shape), given, f"{self.pulumi_type} {name}")

    def _named(self, name: str, inputs: Mapping[str, Any]) -> str:
        return (inputs.get(self.named_by) if self.named_by else None) or physical_name(
            inputs.get(f"{self.named_by}Prefix") or f"{name}-"
        )

    def _outputs(self, session: boto3.Session, id_: str, inputs: Mapping[str, Any]) -> Outputs:
        found = self.read(session, id_)
        if found is None:
            raise InputError(f"{self.pulumi_type} {id_}: AWS accepted it and then does not have it")
        given = {key: value for key, value in inputs.items() if value is not None and not isinstance(value, bytes)}
        return {**given, **found}


def physical_name(prefix: str) -> str:
    """Append seven random hexadecimal digits, as Pulumi's auto-naming does."""
    return f"{prefix}{secrets.token_hex(4)[:7]}"


def document(policy: str | Mapping[str, Any]) -> str:
    """Write a policy document, given as text or as an object, in one canonical form."""
    parsed = json.loads(policy) if isinstance(policy, str) else policy
    return json.dumps(parsed, separators=(",", ":"))
