"""Registered locations, and the credentials that Lake Formation hands out for what lies there."""

import time
from typing import Any

from embedded_aws import iam
from embedded_aws.lake_formation import store
from embedded_aws.lake_formation.errors import LakeFormationError, NoCredentialsError, invalid
from embedded_aws.s3_tables import needed

SERVICE = "lakeformation.amazonaws.com"
_TO_ASSUME = ("sts:AssumeRole", "sts:SetContext", "sts:SetSourceIdentity")
_KEPT = ("ResourceArn", "RoleArn", "WithFederation", "HybridAccessEnabled", "WithPrivilegedAccess")


def register(caller: iam.Principal, data: dict[str, Any]) -> dict[str, Any]:
    """Answer RegisterResource.

    Raises:
        LakeFormationError: the location is registered already, no role is given or there is none of that ARN, or the
            caller may not pass it on, or not register with privileged access.
    """
    kept = _registered()
    if data["ResourceArn"] in kept:
        raise LakeFormationError("AlreadyExistsException", "Resource is already registered")
    if bool(data.get("RoleArn")) is bool(data.get("UseServiceLinkedRole")):
        raise invalid("Exactly one of RoleArn and UseServiceLinkedRole must be given.")
    role = data.get("RoleArn") or _service_linked_role()
    if data.get("RoleArn"):
        _check_role(caller, role)
    _check_privileged(caller, data)
    kept[data["ResourceArn"]] = _described({**data, "RoleArn": role})
    return {}


def update(caller: iam.Principal, data: dict[str, Any]) -> dict[str, Any]:
    """Answer UpdateResource: another role, and what else is given.

    Raises:
        LakeFormationError: the location is not registered, or the role as of `register`.
    """
    kept = _registered()
    if data["ResourceArn"] not in kept:
        raise LakeFormationError("EntityNotFoundException", "Entity not found")
    _check_role(caller, data["RoleArn"])
    kept[data["ResourceArn"]] = _described({**kept[data["ResourceArn"]].to_dict(), **data})
    return {}


def hand_out(bucket_arn: str, table_arn: str, *, write: bool) -> None:
    """Assume the role of a table's registration, as Lake Formation does for whoever has the permission on the table.

    Args:
        bucket_arn: the table bucket's.
        table_arn: the table's.
        write: whether credentials to write are asked for, too.

    Raises:
        NoCredentialsError: nothing is registered there, or its role cannot be assumed, or it lacks a permission.
    """
    found = _covering(bucket_arn)
    if found is None:
        raise NoCredentialsError(f"{bucket_arn} is not registered with Lake Formation with federation")
    context = {"aws:SourceAccount": bucket_arn.split(":")[4]}
    try:
        principal = iam.service_role(found["RoleArn"], SERVICE, context, "lakeformation", _TO_ASSUME)
        needed.require_table(principal, bucket_arn, table_arn, write=write)
    except iam.AccessDeniedError as error:
        raise NoCredentialsError(f"Unable to retrieve credentials from Lake Formation: {error}") from error


def _covering(bucket_arn: str) -> dict[str, Any] | None:
    """Find the registration of a table bucket: its own, before that of all of the account and Region."""
    every = bucket_arn.rpartition("/")[0] + "/*"
    if not store.used():
        return None
    kept = _registered()
    shown = [kept[arn].to_dict() for arn in (bucket_arn, every) if arn in kept]
    return next((one for one in shown if one.get("WithFederation")), None)


def _registered() -> dict[str, Any]:
    kept: dict[str, Any] = store.moto().backend(store.scope()).resources
    return kept


def _described(data: dict[str, Any]) -> Any:
    """Make what DescribeResource shows."""
    shown = {key: data[key] for key in _KEPT if key in data}
    return store.moto().Registered({"HybridAccessEnabled": False, **shown, "LastModified": time.time()})


def _check_role(caller: iam.Principal, role_arn: str) -> None:
    if not iam.exists(role_arn):
        raise invalid(f"Role {role_arn} does not exist")
    try:
        iam.require(caller, "iam:PassRole", role_arn, context={"iam:PassedToService": SERVICE})
    except iam.AccessDeniedError as error:
        raise LakeFormationError("AccessDeniedException", str(error)) from error


def _check_privileged(caller: iam.Principal, data: dict[str, Any]) -> None:
    if data.get("WithPrivilegedAccess"):
        try:
            iam.require(caller, "lakeformation:RegisterResourceWithPrivilegedAccess", "*")
        except iam.AccessDeniedError as error:
            raise LakeFormationError("AccessDeniedException", str(error)) from error


def _service_linked_role() -> str:
    account, _ = store.scope()
    name = "AWSServiceRoleForLakeFormationDataAccess"
    return f"arn:aws:iam::{account}:role/aws-service-role/{SERVICE}/{name}"
