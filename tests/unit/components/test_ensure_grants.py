"""Grants: waited for until Lake Formation tells of them, and a deployer's own for as long as a statement takes."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from components._ensure.grants import GrantsEffectiveProvider, lacking, wait_until_granted
from components._ensure.own_grant import granted
from tests.unit.components.lake_formation_kit import DEPLOYER, REGION, LakeFormationAws, patience
from tests.unit.components.table_kit import Clock

CATALOG = "123456789012:s3tablescatalog/lake"
DATABASE = {"Database": {"CatalogId": CATALOG, "Name": "ns"}}
TABLE = {"Table": {"CatalogId": CATALOG, "DatabaseName": "ns", "Name": "t"}}
COLUMNS = {"CatalogId": CATALOG, "DatabaseName": "ns", "Name": "t", "ColumnWildcard": {}}
SELECTED = {"TableWithColumns": COLUMNS}
"""How Lake Formation tells of SELECT on a whole table."""
READER = "arn:aws:iam::123456789012:role/reader"
GRANTS: list[dict[str, Any]] = [
    {"resource": DATABASE, "permissions": ["DESCRIBE"]},
    {"resource": TABLE, "permissions": ["DESCRIBE", "SELECT"]},
]
PROPS: dict[str, Any] = {"principal": READER, "grants": GRANTS, "region": REGION}
ASKED = {"Principal": {"DataLakePrincipalIdentifier": DEPLOYER}, "Resource": TABLE}


def provider(aws: LakeFormationAws) -> GrantsEffectiveProvider:
    made = GrantsEffectiveProvider()
    made.client = aws.client  # type: ignore[method-assign,assignment]
    return made


def tells_of_all(aws: LakeFormationAws) -> None:
    aws.tells_of((DATABASE, ["DESCRIBE"]))
    aws.tells_of((TABLE, ["DESCRIBE"]), (SELECTED, ["SELECT"]))


@pytest.mark.parametrize(
    ("told", "lacks"),
    [
        ([(TABLE, ["DESCRIBE"]), (SELECTED, ["SELECT"])], []),
        ([(TABLE, ["ALL", "ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT"])], []),
        ([(TABLE, ["DESCRIBE"])], ["SELECT"]),
        ([(TABLE, ["INSERT"]), ({"TableWithColumns": {**COLUMNS, "ColumnNames": ["a"]}}, ["SELECT"])], ["DESCRIBE"]),
        (
            [({"TableWithColumns": {key: COLUMNS[key] for key in ("DatabaseName", "Name")}}, ["SELECT"])],
            ["DESCRIBE", "SELECT"],
        ),
        (
            [({"TableWithColumns": {**COLUMNS, "ColumnWildcard": {"ExcludedColumnNames": ["a"]}}}, ["SELECT"])],
            ["DESCRIBE", "SELECT"],
        ),
        ([], ["DESCRIBE", "SELECT"]),
    ],
    ids=["both", "all", "described", "other", "some columns", "all but some", "nothing"],
)
def test_what_lacks_is_what_is_not_told_of_the_whole_table(
    lake_formation: LakeFormationAws, told: list[Any], lacks: list[str]
) -> None:
    lake_formation.tells_of(*told)
    assert lacking(lake_formation.client("lakeformation"), READER, GRANTS[1]) == lacks


def test_grants_are_read_page_by_page(lake_formation: LakeFormationAws) -> None:
    request = {"Principal": {"DataLakePrincipalIdentifier": READER}, "Resource": TABLE}
    first = {"PrincipalResourcePermissions": [{"Resource": TABLE, "Permissions": ["DESCRIBE"]}], "NextToken": "n"}
    second = {"PrincipalResourcePermissions": [{"Resource": SELECTED, "Permissions": ["SELECT"]}]}
    lake_formation.answers("lakeformation", "list_permissions", first, request)
    lake_formation.answers("lakeformation", "list_permissions", second, {**request, "NextToken": "n"})
    assert lacking(lake_formation.client("lakeformation"), READER, GRANTS[1]) == []


def test_grants_are_waited_for_and_not_asked_for_again_once_they_are_there(
    lake_formation: LakeFormationAws, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = Clock()
    lake_formation.tells_of((DATABASE, ["DESCRIBE"]))
    lake_formation.fails("lakeformation", "list_permissions", "EntityNotFoundException")
    lake_formation.tells_of((TABLE, ["DESCRIBE"]))
    lake_formation.tells_of((TABLE, ["DESCRIBE"]), (SELECTED, ["SELECT"]))
    wait_until_granted(lake_formation.client("lakeformation"), READER, GRANTS, patience(clock))
    assert (clock.now, capsys.readouterr().out) == (4, "waiting for up to 10 s: AWS does it\n")


def test_grants_that_never_come_are_given_up(lake_formation: LakeFormationAws) -> None:
    for _ in range(6):
        lake_formation.tells_of()
    with pytest.raises(TimeoutError, match=f"Lake Formation does not tell of every grant to {READER} after 300 s"):
        wait_until_granted(lake_formation.client("lakeformation"), READER, GRANTS[:1], patience(Clock()))


def test_who_may_not_look_is_told_at_once(lake_formation: LakeFormationAws) -> None:
    lake_formation.fails("lakeformation", "list_permissions", "AccessDeniedException", "not you")
    with pytest.raises(ClientError, match="not you"):
        provider(lake_formation).create(dict(PROPS))


def test_the_wait_is_a_resource_that_is_gone_when_a_grant_is(lake_formation: LakeFormationAws) -> None:
    made_by = provider(lake_formation)
    for _ in range(3):
        tells_of_all(lake_formation)
    made = made_by.create(dict(PROPS))
    assert (made.id, made.outs) == (f"grants to {READER}", PROPS)
    assert made_by.update(made.id, {}, dict(PROPS)).outs == PROPS
    assert made_by.read(made.id, dict(PROPS)).outs == PROPS
    assert made_by.diff(made.id, PROPS, PROPS).changes is False
    assert made_by.diff(made.id, PROPS, {**PROPS, "grants": GRANTS[:1]}).changes is True
    lake_formation.tells_of((DATABASE, ["DESCRIBE"]))
    lake_formation.tells_of((TABLE, ["DESCRIBE"]))
    assert made_by.read(made.id, dict(PROPS)).id is None
    lake_formation.fails("lakeformation", "list_permissions", "AccessDeniedException", "Resource does not exist or")
    assert made_by.read(made.id, dict(PROPS)).id is None


def grants_to_itself(aws: LakeFormationAws, *permissions: str) -> None:
    aws.answers("lakeformation", "grant_permissions", {}, {**ASKED, "Permissions": list(permissions)})


def revokes_from_itself(aws: LakeFormationAws, *permissions: str) -> None:
    aws.answers("lakeformation", "revoke_permissions", {}, {**ASKED, "Permissions": list(permissions)})


def own(aws: LakeFormationAws, clock: Clock | None = None) -> Any:
    altering = ("ALTER", "DESCRIBE", "SELECT")
    return granted(aws.client("lakeformation"), DEPLOYER, TABLE, altering, patience(clock or Clock()))


def test_a_deployer_grants_itself_what_it_lacks_and_takes_that_away_again(lake_formation: LakeFormationAws) -> None:
    lake_formation.tells_of((TABLE, ["DESCRIBE", "DROP"]))
    grants_to_itself(lake_formation, "ALTER", "SELECT")
    lake_formation.tells_of((TABLE, ["ALTER", "DESCRIBE", "DROP"]), (SELECTED, ["SELECT"]))
    with own(lake_formation):
        revokes_from_itself(lake_formation, "ALTER", "SELECT")


def test_what_a_deployer_has_anyway_it_keeps(lake_formation: LakeFormationAws) -> None:
    for _ in range(2):
        lake_formation.tells_of((TABLE, ["ALL"]))
    with own(lake_formation):
        pass


def test_the_grant_is_taken_away_whatever_happens(lake_formation: LakeFormationAws) -> None:
    lake_formation.tells_of()
    grants_to_itself(lake_formation, "ALTER", "DESCRIBE", "SELECT")
    lake_formation.tells_of((TABLE, ["ALL"]))
    revokes_from_itself(lake_formation, "ALTER", "DESCRIBE", "SELECT")

    def fail() -> None:
        raise RuntimeError("no such table")

    with pytest.raises(RuntimeError, match="no such table"), own(lake_formation):
        fail()


def test_others_who_grant_at_the_same_moment_are_waited_for(lake_formation: LakeFormationAws) -> None:
    clock = Clock()
    lake_formation.tells_of()
    lake_formation.fails("lakeformation", "grant_permissions", "ConcurrentModificationException")
    grants_to_itself(lake_formation, "ALTER", "DESCRIBE", "SELECT")
    lake_formation.tells_of()
    lake_formation.tells_of((TABLE, ["ALL"]))
    with own(lake_formation, clock):
        lake_formation.fails("lakeformation", "revoke_permissions", "ConcurrentModificationException")
        revokes_from_itself(lake_formation, "ALTER", "DESCRIBE", "SELECT")
    assert clock.now == 6


def test_a_grant_that_is_gone_already_is_no_error_and_another_refusal_is(lake_formation: LakeFormationAws) -> None:
    for code, message in (
        ("InvalidInputException", "No permissions revoked. Grantee has no permissions on resource."),
        ("AccessDeniedException", "not you"),
    ):
        lake_formation.tells_of()
        grants_to_itself(lake_formation, "ALTER", "DESCRIBE", "SELECT")
        lake_formation.tells_of((TABLE, ["ALL"]))
        lake_formation.fails("lakeformation", "revoke_permissions", code, message)
    with own(lake_formation):
        pass
    with pytest.raises(ClientError, match="not you"), own(lake_formation):
        pass
