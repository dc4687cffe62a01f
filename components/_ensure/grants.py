"""What Lake Formation has granted to whom, and waiting until it tells of new grants."""

from collections.abc import Sequence
from typing import Any

import pulumi
from botocore.exceptions import ClientError
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from components._ensure._provider import AwsResourceProvider, Client, changed
from components._ensure._wait import Patience, code_of, wait_until

WAIT_SECONDS = 300
_KEYS = ("principal", "grants", "region")

Grant = dict[str, Any]
"""`resource`, a `Database` or `Table` in Lake Formation's form, and `permissions`, the names of those on it."""


def permissions_on(lakeformation: Client, principal: str, resource: dict[str, Any]) -> set[str]:
    """Return what Lake Formation lets a principal do with a whole database or table; nothing if that is not there."""
    request = {"Principal": {"DataLakePrincipalIdentifier": principal}, "Resource": resource}
    found: set[str] = set()
    while True:
        try:
            answer = lakeformation.list_permissions(**request)
        except ClientError as error:
            if _is_missing(error):
                return set()
            raise
        for entry in answer["PrincipalResourcePermissions"]:
            if _is_whole(entry["Resource"]):
                found.update(entry.get("Permissions", []))
        if not answer.get("NextToken"):
            return found
        request["NextToken"] = answer["NextToken"]


def lacking(lakeformation: Client, principal: str, grant: Grant) -> list[str]:
    """Return the permissions of a grant that Lake Formation does not tell of."""
    found = permissions_on(lakeformation, principal, grant["resource"])
    return [] if "ALL" in found else [name for name in grant["permissions"] if name not in found]


def wait_until_granted(
    lakeformation: Client, principal: str, grants: Sequence[Grant], patience: Patience | None = None
) -> None:
    """Return when Lake Formation tells of every grant to the principal.

    Raises:
        TimeoutError: it does not when the time is up.
    """
    open_grants = list(grants)

    def are_there() -> bool:
        open_grants[:] = [grant for grant in open_grants if lacking(lakeformation, principal, grant)]
        return not open_grants

    wait_until(
        are_there,
        patience or Patience(f"Lake Formation tells of the grants to {principal}", WAIT_SECONDS),
        f"Lake Formation does not tell of every grant to {principal} after {WAIT_SECONDS} s",
    )


def _is_missing(error: ClientError) -> bool:
    """Tell whether there is no such database or table: to whoever may not see it, that is answered alike."""
    return code_of(error) == "EntityNotFoundException" or "Resource does not exist" in str(error)


def _is_whole(resource: dict[str, Any]) -> bool:
    """Tell whether an entry is about a whole database or table: SELECT is told as one on every column."""
    if "TableWithColumns" not in resource:
        return True
    columns = resource["TableWithColumns"]
    wildcard = columns.get("ColumnWildcard")
    return wildcard is not None and not wildcard.get("ExcludedColumnNames")


class GrantsEffectiveProvider(AwsResourceProvider):
    """Waits; owns nothing."""

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """See whether other grants are meant."""
        return DiffResult(changes=changed(olds, news, _KEYS))

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Wait for the grants."""
        return CreateResult(f"grants to {props['principal']}", self._wait(props))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Look for the grants; if one is gone, the next `up` waits again."""
        client = self.client("lakeformation", props)
        if any(lacking(client, props["principal"], grant) for grant in props["grants"]):
            return ReadResult(None, {})
        return ReadResult(id_, {key: props[key] for key in _KEYS})

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Wait for the grants that are meant now."""
        return UpdateResult(self._wait(news))

    def _wait(self, props: dict[str, Any]) -> dict[str, Any]:
        wait_until_granted(self.client("lakeformation", props), props["principal"], props["grants"])
        return {key: props[key] for key in _KEYS}


class GrantsEffective(Resource):
    """Exists as soon as Lake Formation tells of every grant to a principal."""

    def __init__(
        self,
        name: str,
        *,
        principal: pulumi.Input[str],
        grants: Sequence[Grant],
        region: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
    ) -> None:
        props = {"principal": principal, "grants": list(grants), "region": region}
        super().__init__(GrantsEffectiveProvider(), name, props, opts)
