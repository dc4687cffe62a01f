"""The registration of the account's table buckets with Lake Formation: ensured, never owned.

There is one per account and region, for every table bucket in it. One that is there is adopted if Lake Formation can
serve tables through it, whatever role it has.
"""

from typing import Any

import pulumi
from botocore.exceptions import ClientError
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from components._ensure._provider import AWS_ERRORS, AwsResourceProvider, Client, all_known, changed
from components._ensure._wait import Patience, code_of, retry
from components._ensure.registration_role import ROLE_NAME, ensure_role, role_exists

WAIT_SECONDS = 180
"""IAM tells all of AWS of a new role within a minute or two."""
_KEYS = ("resource_arn", "region")
_SERVICE_LINKED = ":role/aws-service-role/"


class RegistrationError(Exception):
    """The registration that is there is none that tables could be served through."""


def find_registration(lakeformation: Client, resource_arn: str) -> dict[str, Any] | None:
    """Return what Lake Formation tells of the registration; None if there is none."""
    try:
        info: dict[str, Any] = lakeformation.describe_resource(ResourceArn=resource_arn)["ResourceInfo"]
    except lakeformation.exceptions.EntityNotFoundException:
        return None
    return info


def fault_of(info: dict[str, Any], resource_arn: str) -> str | None:
    """Say why tables cannot be served through the registration; None if they can."""
    reason = None
    if not info.get("WithFederation"):
        reason = "without federation"
    elif info.get("HybridAccessEnabled"):
        reason = "with hybrid access, in which grants hold for those alone who opted in"
    elif _SERVICE_LINKED in info.get("RoleArn", ""):
        reason = "with Lake Formation's service-linked role, which cannot reach table buckets"
    if reason is None:
        return None
    return (
        f"{resource_arn} is registered with Lake Formation {reason}: whoever registered it must deregister it (`aws"
        f" lakeformation deregister-resource --resource-arn '{resource_arn}'`), so that it is registered anew"
    )


def ensure_registration(
    lakeformation: Client, iam: Client, props: dict[str, Any], patience: Patience | None = None
) -> str:
    """Return the ARN of the role that the table buckets are registered with, having registered them if they are not.

    Args:
        lakeformation: client in the stack's account and region.
        iam: client in the stack's account.
        props: `resource_arn`, the ARN pattern of the table buckets; `account_id`; `region`.
        patience: how long Lake Formation may not know the new role.

    Raises:
        RegistrationError: the registration that is there cannot be used.
        RoleError: the role that is there cannot be used.
    """
    resource_arn = props["resource_arn"]
    info = find_registration(lakeformation, resource_arn)
    if info is None:
        role_arn = ensure_role(iam, props)
        retry(
            lambda: _register(lakeformation, resource_arn, role_arn),
            _is_early,
            patience or Patience(f"Lake Formation can assume role {ROLE_NAME}", WAIT_SECONDS),
        )
        # Another stack may have been faster, with a role of its own.
        info = find_registration(lakeformation, resource_arn) or {"RoleArn": role_arn, "WithFederation": True}
    elif _is_ours(info["RoleArn"]):
        ensure_role(iam, props, _path_of(info["RoleArn"]))
    fault = fault_of(info, resource_arn)
    if fault:
        raise RegistrationError(fault)
    return str(info["RoleArn"])


def _register(lakeformation: Client, resource_arn: str, role_arn: str) -> None:
    try:
        lakeformation.register_resource(
            ResourceArn=resource_arn,
            RoleArn=role_arn,
            UseServiceLinkedRole=False,
            WithFederation=True,
            WithPrivilegedAccess=True,
            HybridAccessEnabled=False,
        )
    except lakeformation.exceptions.AlreadyExistsException:
        return  # another stack was faster


def _is_early(error: ClientError) -> bool:
    """Tell whether Lake Formation does not know yet that it may take the role."""
    codes = ("AccessDeniedException", "EntityNotFoundException", "InvalidInputException")
    return code_of(error) in codes and "assume" in str(error).lower()


def _is_ours(role_arn: str) -> bool:
    return role_arn.rsplit("/", 1)[-1] == ROLE_NAME


def _path_of(role_arn: str) -> str:
    """Return the path in a role's ARN: one that is made again must have the ARN that is registered."""
    return role_arn.split(":role", 1)[-1].removesuffix(ROLE_NAME)


class RegistrationProvider(AwsResourceProvider):
    """Ensures the registration and its role; deleting the resource leaves both."""

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Refuse, in a preview already, a registration that tables cannot be served through."""
        if not all_known(news):
            return CheckResult(news, [])
        try:
            info = find_registration(self.client("lakeformation", news), news["resource_arn"])
        except AWS_ERRORS as error:
            reason: str | None = (
                f"the registration of {news['resource_arn']} with Lake Formation cannot be looked at ({error}): whoever"
                " deploys needs lakeformation:DescribeResource"
            )
        else:
            reason = fault_of(info, news["resource_arn"]) if info else None
        return CheckResult(news, [CheckFailure("resource_arn", reason)] if reason else [])

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """See whether other table buckets are meant."""
        return DiffResult(changes=changed(olds, news, _KEYS))

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Ensure the registration."""
        return CreateResult(props["resource_arn"], self._ensure(props))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Look for the registration and its role; if either is gone, the next `up` makes it again."""
        info = find_registration(self.client("lakeformation", props), props["resource_arn"])
        if info is None or (_is_ours(info["RoleArn"]) and not role_exists(self.client("iam", props))):
            return ReadResult(None, {})
        return ReadResult(id_, {**{key: props[key] for key in _KEYS}, "role_arn": info["RoleArn"]})

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Ensure the registration again."""
        return UpdateResult(self._ensure(news))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Leave registration and role to the others that are served through them."""

    def _ensure(self, props: dict[str, Any]) -> dict[str, Any]:
        role_arn = ensure_registration(self.client("lakeformation", props), self.client("iam", props), props)
        return {**{key: props[key] for key in _KEYS}, "role_arn": role_arn}


class Registration(Resource):
    """The account's table buckets, registered with Lake Formation."""

    def __init__(
        self,
        name: str,
        *,
        resource_arn: pulumi.Input[str],
        account_id: pulumi.Input[str],
        region: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
    ) -> None:
        props = {"resource_arn": resource_arn, "account_id": account_id, "region": region}
        super().__init__(RegistrationProvider(), name, props, opts)
