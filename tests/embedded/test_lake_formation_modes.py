"""One stack lives through both modes: IAM decides, then Lake Formation, then IAM again; no row is touched.

The tests go through its life in their order; those of `make soak` alone begin it where they find it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from embedded_aws.engine import DeploymentError
from tests.embedded.modes_kit import (
    ACCOUNT,
    IAM,
    LAKE_FORMATION,
    LINK,
    PERMISSIONS,
    TABLE_BUCKETS,
    Account,
    Deployment,
    done,
    own_account,
)
from tools.lake import Lake

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/S3TablesRoleForLakeFormation"
LINK_NAME = "saas_metering_dev_metering"
CATALOG = "s3tablescatalog/saas-metering-dev"
SAME = ("delivery_stream_arn", "usage_events_stream_arn", "table_arn", "usage_events_table_arn", "namespace")
"""Exports that a switch must not change."""


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with own_account() as made:
        yield made


@pytest.fixture(scope="module")
def reader(account: Account) -> str:
    return account.role("analyst")


@pytest.fixture(scope="module")
def dev(account: Account) -> Deployment:
    return account.deployment("dev", IAM)


def rows(deployment: Deployment) -> int:
    return Lake(deployment.outputs).count(None, datetime.now(UTC) - timedelta(days=1)).rows


def kept(deployment: Deployment) -> dict[str, Any]:
    return {key: deployment.exports[key] for key in SAME}


def test_iam_decides_without_lake_formation_being_called(account: Account, dev: Deployment) -> None:
    dev.up()
    dev.does_the_main_job("iam")
    assert (account.mode(), account.administrators(), account.registration()) == (IAM, [], None)
    assert (account.grants(), account.links()) == ([], [])
    assert (dev.exports["athena_catalog"], dev.exports["database_name"]) == (CATALOG, "metering")


def test_another_mode_than_the_accounts_is_refused_at_preview_and_says_what_to_set(dev: Deployment) -> None:
    dev.configured(LAKE_FORMATION)
    with pytest.raises(DeploymentError) as caught:
        dev.stack.preview()
    assert "has access control iam, the stack is configured for lakeformation" in str(caught.value)
    assert "`pulumi config set accessControl iam`" in str(caught.value)
    assert "`pulumi config set switchAccessControl true`" in str(caught.value)


def test_it_is_switched_in_place_by_one_up(account: Account, dev: Deployment, reader: str) -> None:
    before, there = kept(dev), rows(dev)
    dev.configured(LAKE_FORMATION, switchAccessControl=True, lakeFormationReaders=[reader])
    changes = dev.up()
    assert {name: what for name, what in changes.items() if what == "replace" and "query" not in name} == {}
    assert (kept(dev), rows(dev)) == (before, there)
    assert (dev.exports["athena_catalog"], dev.exports["database_name"]) == ("AwsDataCatalog", LINK_NAME)
    assert (account.mode(), account.administrators(), account.links()) == (LAKE_FORMATION, [ROOT], [LINK_NAME])
    assert account.registration() == {
        "ResourceArn": TABLE_BUCKETS,
        "RoleArn": ROLE,
        "WithFederation": True,
        "WithPrivilegedAccess": True,
        "HybridAccessEnabled": False,
    }
    dev.does_the_main_job("lakeformation")
    assert rows(dev) > there


@pytest.mark.soak
def test_a_refresh_sees_what_is_there_and_what_is_gone(account: Account, dev: Deployment, reader: str) -> None:
    dev.live(LAKE_FORMATION, switchAccessControl=True, lakeFormationReaders=[reader])
    assert done(dev.stack.up()) == {}
    seen = done(dev.stack.refresh())
    assert {name: what for name, what in seen.items() if "grant" in name or name.startswith("lake-")} == {}
    name, grant = next(iter(dev.of_type(PERMISSIONS).items()))
    request = {"Principal": {"DataLakePrincipalIdentifier": grant.outputs["principal"]}}
    database = {"CatalogId": grant.outputs["database"]["catalogId"], "Name": grant.outputs["database"]["name"]}
    account.client("lakeformation").revoke_permissions(
        **request, Resource={"Database": database}, Permissions=["DESCRIBE"]
    )
    gone = {one: what for one, what in done(dev.stack.refresh()).items() if "grant" in one}
    assert gone[name] == "delete"
    assert set(gone.values()) == {"delete"}
    assert dev.up()[name] == "create"


def test_a_reader_named_in_the_configuration_selects_and_does_nothing_else(
    account: Account, dev: Deployment, reader: str
) -> None:
    dev.live(LAKE_FORMATION, switchAccessControl=True, lakeFormationReaders=[reader])
    athena, outputs = account.assume(reader).client("athena"), dev.outputs

    def ask(sql: str) -> str:
        query = athena.start_query_execution(QueryString=sql, WorkGroup=outputs.athena_workgroup)["QueryExecutionId"]
        while True:
            status = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
            if status["State"] not in {"QUEUED", "RUNNING"}:
                return str(status.get("StateChangeReason", status["State"]))

    by_catalog = f'"{CATALOG}"."metering"."{outputs.table_name}"'
    for table in (outputs.table, outputs.events_table, outputs.tombstones_table, by_catalog):
        assert ask(f"SELECT count(*) FROM {table}") == "SUCCEEDED"  # noqa: S608 - ours
    lacks = "Insufficient permissions to execute the query. Insufficient Lake Formation permission(s): Required {} on "
    inserts = f"INSERT INTO {outputs.table} SELECT * FROM {outputs.table} WHERE false"  # noqa: S608
    assert ask(inserts) == lacks.format("Insert") + outputs.table_name
    assert ask(f"ALTER TABLE {outputs.table} ADD COLUMNS (more string)") == lacks.format("Alter") + outputs.table_name
    athena = account.assume(account.role("nobody")).client("athena")
    assert ask(f"SELECT count(*) FROM {outputs.table}") == lacks.format("Describe") + LINK_NAME  # noqa: S608


@pytest.mark.soak
def test_it_goes_back_in_place_and_leaves_what_others_may_use(account: Account, dev: Deployment, reader: str) -> None:
    dev.live(LAKE_FORMATION, switchAccessControl=True, lakeFormationReaders=[reader])
    before, there = kept(dev), rows(dev)
    ours, links = set(dev.of_type(PERMISSIONS)), set(dev.of_type(LINK))
    dev.configured(IAM, lakeFormationReaders=[])
    changes = dev.up()
    assert {name for name, what in changes.items() if what == "delete"} >= {*ours, *links}
    assert {name: what for name, what in changes.items() if what == "replace" and "query" not in name} == {}
    assert (kept(dev), rows(dev)) == (before, there)
    assert (dev.exports["athena_catalog"], dev.exports["database_name"]) == (CATALOG, "metering")
    assert (account.mode(), account.administrators(), account.links()) == (IAM, [ROOT], [])
    assert (account.grants(), (account.registration() or {}).get("RoleArn")) == ([], ROLE)
    dev.does_the_main_job("back")
    assert rows(dev) > there


@pytest.mark.soak
def test_destroy_leaves_the_account_as_it_is(account: Account, dev: Deployment) -> None:
    dev.live(IAM)
    settings, registration = account.settings(), account.registration()
    dev.stack.destroy()
    assert (dev.stack.resources, account.mode()) == ([], IAM)
    assert (account.settings(), account.registration()) == (settings, registration)
    assert account.client("iam").get_role(RoleName=ROLE.rsplit("/", 1)[-1])["Role"]["Arn"] == ROLE
