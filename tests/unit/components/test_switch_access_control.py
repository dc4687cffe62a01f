"""The mode of the account's catalog: made as configured, refused if it is another, changed by who is told to."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from components._ensure import _wait
from components._ensure.catalog import CatalogError, S3TablesCatalogProvider, ensure_catalog
from tests.unit.components.lake_formation_kit import BUCKETS, REGION, LakeFormationAws
from tests.unit.components.table_kit import Clock

EVERYONE = [{"Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}, "Permissions": ["ALL"]}]
OF_MODE: dict[str, list[Any]] = {"iam": EVERYONE, "lakeformation": []}
FEDERATED = {"Identifier": BUCKETS, "ConnectionName": "aws:s3tables"}
MODES = [("iam", "lakeformation"), ("lakeformation", "iam")]
"""What the account has, and what the stack is configured for."""


def wanted(mode: str, *, switch: bool = False) -> dict[str, Any]:
    props = {"identifier": BUCKETS, "access_control": mode, "region": REGION}
    return {**props, "switch": True} if switch else props


def has_catalog(aws: LakeFormationAws, mode: str, **more: Any) -> None:
    catalog = {
        "Name": "s3tablescatalog",
        "FederatedCatalog": FEDERATED,
        "CreateDatabaseDefaultPermissions": OF_MODE[mode],
        "CreateTableDefaultPermissions": OF_MODE[mode],
        **more,
    }
    aws.answers("glue", "get_catalog", {"Catalog": catalog}, {"CatalogId": "s3tablescatalog"})


def updates_catalog(aws: LakeFormationAws, mode: str, **more: Any) -> None:
    catalog = {
        "FederatedCatalog": FEDERATED,
        "CreateDatabaseDefaultPermissions": OF_MODE[mode],
        "CreateTableDefaultPermissions": OF_MODE[mode],
        "OverwriteChildResourcePermissionsWithDefault": "Accept",
        **more,
    }
    aws.answers("glue", "update_catalog", {}, {"CatalogId": "s3tablescatalog", "CatalogInput": catalog})


def provider(aws: LakeFormationAws) -> S3TablesCatalogProvider:
    made = S3TablesCatalogProvider()
    made.client = aws.client  # type: ignore[method-assign,assignment]
    return made


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(_wait.time, "sleep", made.sleep)
    monkeypatch.setattr(_wait.time, "monotonic", made)
    return made


@pytest.mark.parametrize("mode", OF_MODE)
def test_a_missing_catalog_is_made_in_the_configured_mode(lake_formation: LakeFormationAws, mode: str) -> None:
    lake_formation.fails("glue", "get_catalog", "EntityNotFoundException")
    catalog = {
        "FederatedCatalog": FEDERATED,
        "CreateDatabaseDefaultPermissions": OF_MODE[mode],
        "CreateTableDefaultPermissions": OF_MODE[mode],
        "AllowFullTableExternalDataAccess": "True",
    }
    lake_formation.answers("glue", "create_catalog", {}, {"Name": "s3tablescatalog", "CatalogInput": catalog})
    assert ensure_catalog(lake_formation.client("glue"), wanted(mode)) == {
        "identifier": BUCKETS,
        "access_control": mode,
    }


@pytest.mark.parametrize(("mode", "tries"), [("lakeformation", 61), ("iam", 1)])
def test_an_administrator_that_is_not_known_as_one_yet_is_waited_for_where_there_are_any(
    lake_formation: LakeFormationAws, clock: Clock, mode: str, tries: int
) -> None:
    message = "Insufficient Lake Formation permission(s): Required Create Catalog on Catalog"
    lake_formation.fails("glue", "get_catalog", "EntityNotFoundException")
    for _ in range(tries):
        lake_formation.fails("glue", "create_catalog", "AccessDeniedException", message)
    with pytest.raises(ClientError, match="Required Create Catalog"):
        ensure_catalog(lake_formation.client("glue"), wanted(mode))
    assert clock.now == 2 * (tries - 1)


def test_an_administrator_that_becomes_known_goes_on(lake_formation: LakeFormationAws, clock: Clock) -> None:
    lake_formation.fails("glue", "get_catalog", "EntityNotFoundException")
    lake_formation.fails("glue", "create_catalog", "AccessDeniedException", "Insufficient Lake Formation permission(s)")
    lake_formation.answers("glue", "create_catalog", {})
    ensure_catalog(lake_formation.client("glue"), wanted("lakeformation"))
    for _ in range(2):
        has_catalog(lake_formation, "iam")
    lake_formation.fails("glue", "update_catalog", "AccessDeniedException", "Insufficient Lake Formation permission(s)")
    has_catalog(lake_formation, "iam")
    updates_catalog(lake_formation, "lakeformation")
    has_catalog(lake_formation, "lakeformation")
    ensure_catalog(lake_formation.client("glue"), wanted("lakeformation", switch=True))
    assert clock.now == 4


@pytest.mark.parametrize("mode", OF_MODE)
@pytest.mark.parametrize("switch", [False, True], ids=["told nothing", "told to switch"])
def test_a_catalog_in_the_configured_mode_is_adopted_as_it_is(
    lake_formation: LakeFormationAws, mode: str, switch: bool
) -> None:
    has_catalog(lake_formation, mode)
    made = provider(lake_formation).create(wanted(mode, switch=switch))
    assert (made.id, made.outs) == (BUCKETS, wanted(mode))


@pytest.mark.parametrize(("there", "mode"), MODES, ids=["iam", "lakeformation"])
def test_another_mode_is_refused_in_preview_and_up_and_says_what_to_set(
    lake_formation: LakeFormationAws, there: str, mode: str
) -> None:
    message = (
        f"the catalog s3tablescatalog of this account and region has access control {there}, the stack is configured"
        f" for {mode}: run `pulumi config set accessControl {there}`; or, to change the catalog, which takes away or"
        " opens access to every table bucket in the account and region, whoever's it is, `pulumi config set"
        " switchAccessControl true`"
    )
    for _ in range(2):
        has_catalog(lake_formation, there)
    (failure,) = provider(lake_formation).check({}, wanted(mode)).failures
    assert (failure.property, failure.reason) == ("access_control", message)
    with pytest.raises(CatalogError) as raised:
        provider(lake_formation).update(BUCKETS, wanted(there), wanted(mode))
    assert str(raised.value) == message


@pytest.mark.parametrize(("there", "mode"), MODES, ids=["to lakeformation", "to iam"])
def test_a_stack_that_is_told_to_changes_the_mode_and_nothing_else(
    lake_formation: LakeFormationAws, there: str, mode: str, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    made_by = provider(lake_formation)
    rest: dict[str, Any] = {
        "Description": "ours",
        "Parameters": {"a": "b"},
        "AllowFullTableExternalDataAccess": "False",
    }
    told = {**rest, "CatalogId": "123456789012:s3tablescatalog", "ResourceArn": "arn:c"}
    has_catalog(lake_formation, there)
    assert made_by.check(wanted(there), wanted(mode, switch=True)).failures == []
    assert made_by.diff(BUCKETS, wanted(there), wanted(mode, switch=True)).changes is True
    for _ in range(2):
        has_catalog(lake_formation, there, **told)
    updates_catalog(lake_formation, mode, **rest)
    has_catalog(lake_formation, there)
    has_catalog(lake_formation, mode)
    assert made_by.update(BUCKETS, wanted(there), wanted(mode, switch=True)).outs == wanted(mode)
    assert clock.now == 2
    assert capsys.readouterr().out == (
        f"changing the access control of every table bucket of this account and region to {mode}\n"
        "waiting for up to 120 s: Glue changes the access control of s3tablescatalog\n"
    )


def test_somebody_who_changes_the_catalog_at_the_same_time_is_waited_for(
    lake_formation: LakeFormationAws, clock: Clock
) -> None:
    for _ in range(2):
        has_catalog(lake_formation, "iam")
    lake_formation.fails("glue", "update_catalog", "ConcurrentModificationException")
    has_catalog(lake_formation, "iam", Description="theirs")
    updates_catalog(lake_formation, "lakeformation", Description="theirs")
    has_catalog(lake_formation, "lakeformation")
    found = ensure_catalog(lake_formation.client("glue"), wanted("lakeformation", switch=True))
    assert (found["access_control"], clock.now) == ("lakeformation", 2)


def test_a_refused_change_is_glues_own_error(lake_formation: LakeFormationAws, clock: Clock) -> None:
    for _ in range(2):
        has_catalog(lake_formation, "iam")
    lake_formation.fails("glue", "update_catalog", "AccessDeniedException", "not you")
    with pytest.raises(ClientError, match="not you"):
        ensure_catalog(lake_formation.client("glue"), wanted("lakeformation", switch=True))
    assert clock.now == 0


def test_a_change_that_never_shows_is_given_up(lake_formation: LakeFormationAws, clock: Clock) -> None:
    for _ in range(2):
        has_catalog(lake_formation, "iam")
    updates_catalog(lake_formation, "lakeformation")
    for _ in range(61):
        has_catalog(lake_formation, "iam")
    with pytest.raises(TimeoutError, match="s3tablescatalog still does not have access control lakeformation"):
        ensure_catalog(lake_formation.client("glue"), wanted("lakeformation", switch=True))
    assert clock.now == 120


def test_nobody_switches_a_catalog_of_somebody_elses(lake_formation: LakeFormationAws) -> None:
    has_catalog(lake_formation, "iam", FederatedCatalog={"Identifier": "arn:other"})
    with pytest.raises(CatalogError, match="federates arn:other, not"):
        ensure_catalog(lake_formation.client("glue"), wanted("lakeformation", switch=True))


def test_a_stack_told_to_switch_takes_its_turn_after_another(lake_formation: LakeFormationAws, clock: Clock) -> None:
    """Two stacks, the second configured for what the first has just left: the first is told at its next preview."""
    first, second = wanted("lakeformation"), wanted("iam", switch=True)
    made_by = provider(lake_formation)
    for _ in range(2):
        has_catalog(lake_formation, "lakeformation")
    updates_catalog(lake_formation, "iam")
    has_catalog(lake_formation, "iam")
    made_by.create(second)
    has_catalog(lake_formation, "iam")
    (failure,) = made_by.check(first, first).failures
    assert "has access control iam, the stack is configured for lakeformation" in failure.reason
    assert clock.now == 0
