"""The account's data-lake administrators: merged with those that are there, never overwritten, never taken away.

Whoever grants must be one. `PutDataLakeSettings` replaces the whole object, so every other field is handed back as it
was read; an owner of the settings, as pulumi-aws has one, would empty them when the stack goes.
"""

from collections.abc import Sequence
from typing import Any

import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from components._ensure._deployer import deployer_arn
from components._ensure._provider import AWS_ERRORS, AwsResourceProvider, Client, all_known, changed
from components._ensure._wait import Patience, wait_until

WAIT_SECONDS = 60
_KEYS = ("administrators", "region")
_READ_ONLY_PARAMETERS = ("SET_CONTEXT",)
"""What `GetDataLakeSettings` tells and `PutDataLakeSettings` does not take."""


class AdministratorsError(Exception):
    """Whoever deploys may not grant."""


def administrators_of(settings: dict[str, Any]) -> list[str]:
    """Return the ARNs of the administrators."""
    return [admin["DataLakePrincipalIdentifier"] for admin in settings.get("DataLakeAdmins", [])]


def may_look(settings: dict[str, Any], deployer: str) -> bool:
    """Tell whether the deployer is a read-only administrator, as the role of a delivery's previews is.

    It sees all that a preview looks at; whoever then runs `up` is another, and must be an administrator.
    """
    return deployer in [admin["DataLakePrincipalIdentifier"] for admin in settings.get("ReadOnlyAdmins", [])]


def refusal(administrators: Sequence[str], deployer: str) -> str | None:
    """Say why the deployer cannot grant; None if it can, or can be made an administrator since there is none yet."""
    if not administrators or deployer in administrators:
        return None
    return (
        f"{deployer}, who deploys, is no data-lake administrator of this account and region, so it cannot grant access:"
        f" one of those must add it, which are {', '.join(administrators)} (in the console, Lake Formation,"
        " administrative roles and tasks; or config `lakeFormationAdmins` of a stack that one of them deploys)"
    )


def merged(settings: dict[str, Any], wanted: Sequence[str], deployer: str) -> dict[str, Any] | None:
    """Return the settings with the wanted administrators, all else as it is; None if they are there already."""
    there = administrators_of(settings)
    added = [arn for arn in dict.fromkeys([*([] if there else [deployer]), *wanted]) if arn not in there]
    if not added:
        return None
    kept = {key: value for key, value in settings.items() if key != "DataLakeAdmins"}
    if "Parameters" in kept:
        kept["Parameters"] = {
            key: value for key, value in kept["Parameters"].items() if key not in _READ_ONLY_PARAMETERS
        }
    admins = [*settings.get("DataLakeAdmins", []), *({"DataLakePrincipalIdentifier": arn} for arn in added)]
    return {**kept, "DataLakeAdmins": admins}


def ensure_administrators(
    lakeformation: Client, wanted: Sequence[str], deployer: str, patience: Patience | None = None
) -> None:
    """Make the wanted principals administrators, and the deployer, if the account has none yet.

    Args:
        lakeformation: client in the stack's account and region.
        wanted: ARNs of further administrators.
        deployer: ARN of whoever deploys.
        patience: how long another stack that writes at the same time may undo it.

    Raises:
        AdministratorsError: the account has administrators, and the deployer is none of them.
        TimeoutError: what was written is not there when the time is up.
    """

    def is_settled() -> bool:
        settings = _settings(lakeformation)
        reason = refusal(administrators_of(settings), deployer)
        if reason:
            raise AdministratorsError(reason)
        news = merged(settings, wanted, deployer)
        if news is None:
            return True
        lakeformation.put_data_lake_settings(DataLakeSettings=news)
        return merged(_settings(lakeformation), wanted, deployer) is None

    wait_until(
        is_settled,
        patience or Patience("Lake Formation takes the data-lake administrators", WAIT_SECONDS),
        f"the data-lake administrators of this account and region still lack some of {[deployer, *wanted]}",
    )


def _settings(lakeformation: Client) -> dict[str, Any]:
    settings: dict[str, Any] = lakeformation.get_data_lake_settings()["DataLakeSettings"]
    return settings


class AdministratorsProvider(AwsResourceProvider):
    """Ensures the administrators; deleting the resource leaves them."""

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Refuse, in a preview already, a deployer who cannot grant, but one who is only to look."""
        if not all_known(news):
            return CheckResult(news, [])
        try:
            settings, deployer = _settings(self.client("lakeformation", news)), self._deployer(news)
            reason = None if may_look(settings, deployer) else refusal(administrators_of(settings), deployer)
        except AWS_ERRORS as error:
            reason = (
                f"the data-lake administrators of this account and region cannot be looked at ({error}): whoever"
                " deploys needs lakeformation:GetDataLakeSettings and, as a role, iam:GetRole on itself"
            )
        return CheckResult(news, [CheckFailure("administrators", reason)] if reason else [])

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """See whether an administrator that was found last lacks, or another is wanted."""
        return DiffResult(changes=changed(olds, news, _KEYS))

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Ensure the administrators."""
        return CreateResult(f"administrators of {props['region']}", self._ensure(props))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Look for the administrators; those that somebody took away show up in the next diff."""
        there = administrators_of(_settings(self.client("lakeformation", props)))
        if not there:
            return ReadResult(None, {})
        left = [arn for arn in props["administrators"] if arn in there]
        return ReadResult(id_, {"administrators": left, "region": props["region"]})

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Ensure the administrators again; who is no longer wanted stays one, somebody else may rely on it."""
        return UpdateResult(self._ensure(news))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Leave the account's administrators as they are."""

    def _ensure(self, props: dict[str, Any]) -> dict[str, Any]:
        ensure_administrators(self.client("lakeformation", props), props["administrators"], self._deployer(props))
        return {key: props[key] for key in _KEYS}

    def _deployer(self, props: dict[str, Any]) -> str:
        return deployer_arn(self.client("sts", props), self.client("iam", props))


class Administrators(Resource):
    """The account's data-lake administrators, ensured."""

    def __init__(
        self, name: str, *, administrators: Sequence[str], region: pulumi.Input[str], opts: pulumi.ResourceOptions
    ) -> None:
        props = {"administrators": sorted(administrators), "region": region}
        super().__init__(AdministratorsProvider(), name, props, opts)
