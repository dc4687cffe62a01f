"""The account's data-lake administrators: merged, never overwritten, and a deployer who is none is told."""

from typing import Any

import pytest
from pulumi.output import Unknown
from pulumi.runtime import rpc

from components._ensure._deployer import deployer_arn
from components._ensure.administrators import AdministratorsError, AdministratorsProvider, ensure_administrators
from tests.unit.components.lake_formation_kit import (
    ACCOUNT,
    DEPLOYER,
    OTHER,
    REGION,
    LakeFormationAws,
    admins,
    patience,
    role,
)
from tests.unit.components.table_kit import Clock

FURTHER = f"arn:aws:iam::{ACCOUNT}:role/further"
EVERYONE = [{"Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}, "Permissions": ["ALL"]}]
REST: dict[str, Any] = {
    "ReadOnlyAdmins": admins(f"arn:aws:iam::{ACCOUNT}:role/auditor"),
    "CreateDatabaseDefaultPermissions": EVERYONE,
    "CreateTableDefaultPermissions": [],
    "TrustedResourceOwners": ["210987654321"],
    "AllowExternalDataFiltering": True,
    "AllowFullTableExternalDataAccess": False,
    "ExternalDataFilteringAllowList": admins("210987654321"),
    "AuthorizedSessionTagValueList": ["engine"],
}
"""What others have set, and must find as it was."""
KEPT = {"CROSS_ACCOUNT_VERSION": "4"}
READ = {**REST, "Parameters": {**KEPT, "SET_CONTEXT": "TRUE"}}
PROPS: dict[str, Any] = {"administrators": [FURTHER], "region": REGION}
REFUSED = (
    f"{DEPLOYER}, who deploys, is no data-lake administrator of this account and region, so it cannot grant access: one"
    f" of those must add it, which are {OTHER} (in the console, Lake Formation, administrative roles and tasks; or"
    " config `lakeFormationAdmins` of a stack that one of them deploys)"
)


def provider(lake_formation: LakeFormationAws) -> AdministratorsProvider:
    made = AdministratorsProvider()
    made.client = lake_formation.client  # type: ignore[method-assign,assignment]
    return made


def written(*arns: str) -> dict[str, Any]:
    """Return the settings that are put: all that others set, but what cannot be put."""
    return {**REST, "Parameters": KEPT, "DataLakeAdmins": admins(*arns)}


def test_in_an_account_without_administrators_the_deployer_becomes_one_and_all_else_stays(
    lake_formation: LakeFormationAws,
) -> None:
    lake_formation.has_settings({**READ, "DataLakeAdmins": []})
    lake_formation.takes_settings(written(DEPLOYER, FURTHER))
    lake_formation.has_settings({**READ, "DataLakeAdmins": admins(DEPLOYER, FURTHER)})
    ensure_administrators(lake_formation.client("lakeformation"), [FURTHER], DEPLOYER)


def test_administrators_that_there_are_stay_and_further_ones_join_them(lake_formation: LakeFormationAws) -> None:
    lake_formation.has_settings({**READ, "DataLakeAdmins": admins(OTHER, DEPLOYER)})
    lake_formation.takes_settings(written(OTHER, DEPLOYER, FURTHER))
    lake_formation.has_settings({**READ, "DataLakeAdmins": admins(OTHER, DEPLOYER, FURTHER)})
    ensure_administrators(lake_formation.client("lakeformation"), [FURTHER], DEPLOYER)


def test_nothing_is_written_if_nobody_lacks(lake_formation: LakeFormationAws) -> None:
    lake_formation.has_settings({**READ, "DataLakeAdmins": admins(FURTHER, OTHER, DEPLOYER)})
    ensure_administrators(lake_formation.client("lakeformation"), [FURTHER], DEPLOYER)


def test_a_deployer_is_not_made_an_administrator_where_there_are_others(lake_formation: LakeFormationAws) -> None:
    lake_formation.has_settings({**READ, "DataLakeAdmins": admins(OTHER)})
    with pytest.raises(AdministratorsError) as raised:
        ensure_administrators(lake_formation.client("lakeformation"), [DEPLOYER], DEPLOYER)
    assert str(raised.value) == REFUSED


def test_what_another_stack_overwrites_at_the_same_time_is_written_again(
    lake_formation: LakeFormationAws, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = Clock()
    lake_formation.has_settings({"DataLakeAdmins": admins(DEPLOYER)})
    lake_formation.takes_settings({"DataLakeAdmins": admins(DEPLOYER, FURTHER)})
    for _ in range(2):
        lake_formation.has_settings({"DataLakeAdmins": admins(DEPLOYER, OTHER)})
    lake_formation.takes_settings({"DataLakeAdmins": admins(DEPLOYER, OTHER, FURTHER)})
    lake_formation.has_settings({"DataLakeAdmins": admins(DEPLOYER, OTHER, FURTHER)})
    ensure_administrators(lake_formation.client("lakeformation"), [FURTHER], DEPLOYER, patience(clock))
    assert (clock.now, capsys.readouterr().out) == (2, "waiting for up to 10 s: AWS does it\n")


def test_what_is_overwritten_for_ever_is_given_up(lake_formation: LakeFormationAws) -> None:
    clock = Clock()
    for _ in range(6):
        lake_formation.has_settings({"DataLakeAdmins": admins(DEPLOYER)})
        lake_formation.takes_settings({"DataLakeAdmins": admins(DEPLOYER, FURTHER)})
        lake_formation.has_settings({"DataLakeAdmins": admins(DEPLOYER)})
    with pytest.raises(TimeoutError, match=r"administrators of this account and region still lack some of \['arn:"):
        ensure_administrators(lake_formation.client("lakeformation"), [FURTHER], DEPLOYER, patience(clock))


def test_the_resource_is_made_updated_and_deleted_without_taking_anybody_away(
    lake_formation: LakeFormationAws,
) -> None:
    made_by = provider(lake_formation)
    lake_formation.deploys_as_a_role()
    lake_formation.has_settings({"DataLakeAdmins": admins(DEPLOYER, FURTHER)})
    made = made_by.create(dict(PROPS))
    assert (made.id, made.outs) == ("administrators of us-east-1", PROPS)
    lake_formation.deploys_as_a_role()
    lake_formation.has_settings({"DataLakeAdmins": admins(DEPLOYER, FURTHER)})
    nobody = {**PROPS, "administrators": []}
    assert made_by.update(made.id, PROPS, dict(nobody)).outs == nobody
    made_by.delete(made.id, nobody)


def test_a_preview_refuses_a_deployer_who_cannot_grant(lake_formation: LakeFormationAws) -> None:
    lake_formation.has_settings({"DataLakeAdmins": admins(OTHER)})
    lake_formation.deploys_as_a_role()
    (failure,) = provider(lake_formation).check({}, dict(PROPS)).failures
    assert (failure.property, failure.reason) == ("administrators", REFUSED)


@pytest.mark.parametrize("there", [[], [DEPLOYER], [OTHER, DEPLOYER]], ids=["nobody", "alone", "among others"])
def test_a_preview_lets_pass_who_is_or_becomes_an_administrator(
    lake_formation: LakeFormationAws, there: list[str]
) -> None:
    lake_formation.has_settings({"DataLakeAdmins": admins(*there)})
    lake_formation.deploys_as_a_role()
    assert provider(lake_formation).check({}, dict(PROPS)).failures == []


def test_a_preview_lets_a_read_only_administrator_look_who_cannot_deploy(lake_formation: LakeFormationAws) -> None:
    settings = {"DataLakeAdmins": admins(OTHER), "ReadOnlyAdmins": admins(DEPLOYER)}
    lake_formation.has_settings(settings)
    lake_formation.deploys_as_a_role()
    assert provider(lake_formation).check({}, dict(PROPS)).failures == []
    lake_formation.deploys_as_a_role()
    lake_formation.has_settings(settings)
    with pytest.raises(AdministratorsError) as raised:
        provider(lake_formation).create(dict(PROPS))
    assert str(raised.value) == REFUSED


@pytest.mark.parametrize("unknown", [rpc.UNKNOWN, Unknown()], ids=["text", "object"])
def test_a_preview_that_does_not_know_the_region_looks_at_nothing(unknown: Any) -> None:
    news = {**PROPS, "region": unknown}
    assert AdministratorsProvider().check({}, news).failures == []
    assert AdministratorsProvider().diff("i", PROPS, news).changes is True


def test_a_preview_that_may_not_look_says_so_in_one_line(lake_formation: LakeFormationAws) -> None:
    lake_formation.fails("lakeformation", "get_data_lake_settings", "AccessDeniedException", "not you")
    (failure,) = provider(lake_formation).check({}, dict(PROPS)).failures
    assert failure.reason == (
        "the data-lake administrators of this account and region cannot be looked at (An error occurred"
        " (AccessDeniedException) when calling the GetDataLakeSettings operation: not you): whoever deploys needs"
        " lakeformation:GetDataLakeSettings and, as a role, iam:GetRole on itself"
    )


def test_a_refresh_sees_who_was_taken_away(lake_formation: LakeFormationAws) -> None:
    made_by = provider(lake_formation)
    lake_formation.has_settings({"DataLakeAdmins": admins(OTHER)})
    read = made_by.read("i", dict(PROPS))
    assert (read.id, read.outs) == ("i", {"administrators": [], "region": REGION})
    assert made_by.diff("i", read.outs or {}, PROPS).changes is True
    lake_formation.has_settings({"DataLakeAdmins": admins(OTHER, FURTHER)})
    read = made_by.read("i", dict(PROPS))
    assert made_by.diff("i", read.outs or {}, PROPS).changes is False
    lake_formation.has_settings({})
    assert made_by.read("i", dict(PROPS)).id is None


@pytest.mark.parametrize(
    "arn", [OTHER, f"arn:aws:iam::{ACCOUNT}:root", f"arn:aws:sts::{ACCOUNT}:federated-user/somebody"]
)
def test_who_is_no_role_is_known_by_the_callers_own_arn(lake_formation: LakeFormationAws, arn: str) -> None:
    lake_formation.answers("sts", "get_caller_identity", {"Arn": arn}, {})
    assert deployer_arn(lake_formation.client("sts"), lake_formation.client("iam")) == arn


def test_a_session_is_known_by_its_roles_arn_with_the_path(lake_formation: LakeFormationAws) -> None:
    name = "AWSReservedSSO_Admin_0123456789abcdef"
    arn = f"arn:aws-us-gov:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/{name}"
    session = f"arn:aws-us-gov:sts::{ACCOUNT}:assumed-role/{name}/me@example.com"
    lake_formation.answers("sts", "get_caller_identity", {"Arn": session}, {})
    lake_formation.answers("iam", "get_role", {"Role": role(arn)}, {"RoleName": name})
    assert deployer_arn(lake_formation.client("sts"), lake_formation.client("iam")) == arn
