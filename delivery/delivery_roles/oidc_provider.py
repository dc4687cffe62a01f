"""GitHub as an identity provider of the account: ensured, never owned.

An account has one per issuer, and others may rely on it. So it is adopted where it is, made where it is not, and left
in place when the stack goes.
"""

from contextlib import suppress
from typing import Any

import pulumi
from pulumi.dynamic import (
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

from delivery_roles.trust import AUDIENCE, ISSUER


def find_provider(iam: Any) -> dict[str, Any] | None:
    """Return ARN and audiences of the account's provider for GitHub; None if there is none."""
    for entry in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]:
        if entry["Arn"].partition(":oidc-provider/")[2] == ISSUER:
            provider = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=entry["Arn"])
            return {"arn": entry["Arn"], "audiences": sorted(provider.get("ClientIDList", []))}
    return None


def ensure_provider(iam: Any) -> dict[str, Any]:
    """Return the account's provider for GitHub, made if it is missing, with STS as an audience."""
    provider = find_provider(iam)
    if provider is None:
        with suppress(iam.exceptions.EntityAlreadyExistsException):  # somebody was faster
            iam.create_open_id_connect_provider(Url=f"https://{ISSUER}", ClientIDList=[AUDIENCE])
        provider = find_provider(iam)
    if provider is None:
        raise RuntimeError(f"the identity provider {ISSUER} was made, and IAM does not list it: run `pulumi up` again")
    if AUDIENCE not in provider["audiences"]:
        iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=provider["arn"], ClientID=AUDIENCE)
        provider["audiences"] = sorted([*provider["audiences"], AUDIENCE])
    return provider


class GitHubProvider(ResourceProvider):
    """Ensures the identity provider; deleting the resource leaves it."""

    serialize_as_secret_always = False
    _profile: str | None = None

    def configure(self, req: ConfigureRequest) -> None:
        """Take the profile from the stack's configuration; all else comes from the default chain."""
        self._profile = req.config.get("aws:profile")

    def diff(self, _id: str, olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """See whether the audience was there when the provider was last looked at."""
        return DiffResult(changes=AUDIENCE not in olds.get("audiences", []))

    def create(self, _props: dict[str, Any]) -> CreateResult:
        """Ensure the provider."""
        provider = ensure_provider(self._iam())
        return CreateResult(provider["arn"], provider)

    def read(self, id_: str, _props: dict[str, Any]) -> ReadResult:
        """Look for the provider; gone means that the next `up` makes it again."""
        provider = find_provider(self._iam())
        return ReadResult(id_, provider) if provider else ReadResult(None, {})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Ensure the provider again."""
        return UpdateResult(ensure_provider(self._iam()))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Leave the provider to the others that rely on it."""

    def _iam(self) -> Any:
        from boto3 import Session  # noqa: PLC0415 - needed in the provider's process alone

        return Session(profile_name=self._profile).client("iam")


class GitHubIdentities(Resource):
    """GitHub as an identity provider of the account, ensured."""

    arn: pulumi.Output[str]
    """ARN of the provider, which trust policies name."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(GitHubProvider(), name, {"arn": None, "audiences": None}, opts)
