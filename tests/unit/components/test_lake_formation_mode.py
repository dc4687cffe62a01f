"""The program where Lake Formation decides about access: who is granted what, what waits for it, and what stays."""

import json
from typing import Any

import pytest

from components._ensure.administrators import AdministratorsProvider
from components._ensure.grants import GrantsEffectiveProvider
from components._ensure.registration import RegistrationProvider
from tests.unit.components.fake_aws import ACCOUNT, REGION, arn
from tests.unit.components.harness import PROJECT, Deployment, Record, run_main
from tests.unit.components.lake_formation_kit import provider_of
from tests.unit.components.strict import unknown_keys

READER = f"arn:aws-test:iam::{ACCOUNT}:role/team/analyst"
ADMIN = f"arn:aws-test:iam::{ACCOUNT}:user/admin"
CONFIG = {
    f"{PROJECT}:accessControl": "lakeformation",
    f"{PROJECT}:lakeFormationReaders": json.dumps([READER.replace("aws-test", "aws")]),
    f"{PROJECT}:lakeFormationAdmins": json.dumps([ADMIN.replace("aws-test", "aws")]),
}
CHILD = f"{ACCOUNT}:s3tablescatalog/saas-metering-test"
LINK = "saas_metering_test_metering"
TABLES = {"api-requests": "api_requests", "tombstones": "usage_tombstones", "usage-events": "usage_events"}
DYNAMIC = "pulumi-python:dynamic:Resource"
PERMISSIONS = "aws:lakeformation/permissions:Permissions"
ALL = ["ALL", "ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT", "SELECT"]
QUERYING = ("billing-planner", "billing-rollup", "customer-lines", "operations-reconciler")
STREAMS = {"ingest": "api_requests", "events-ingest": "usage_events"}


@pytest.fixture(scope="module")
def guarded() -> Deployment:
    return run_main(CONFIG)


def role_arn(name: str) -> str:
    return f"arn:aws-test:iam::{ACCOUNT}:role/{name}-role-role-arn"


def grants_of(deployment: Deployment) -> dict[str, tuple[str, list[str], dict[str, Any]]]:
    """Return principal, permissions and resource of each grant by its name."""
    return {
        record.name: (
            record.inputs["principal"],
            record.inputs["permissions"],
            {key: record.inputs[key] for key in ("database", "table") if key in record.inputs},
        )
        for record in deployment.of(PERMISSIONS)
    }


def on_databases(name: str, principal: str) -> dict[str, Any]:
    link = {"database": {"catalogId": ACCOUNT, "name": LINK}}
    namespace = {"database": {"catalogId": CHILD, "name": "metering"}}
    return {
        f"{name}-grant-link": (principal, ["DESCRIBE"], link),
        f"{name}-grant-namespace": (principal, ["DESCRIBE"], namespace),
    }


def on_table(table: str) -> dict[str, Any]:
    return {"table": {"catalogId": CHILD, "databaseName": "metering", "name": table}}


def reading(name: str, principal: str, inserts: str = "") -> dict[str, Any]:
    grants = on_databases(name, principal)
    for role, table in TABLES.items():
        permissions = ["DESCRIBE", "INSERT", "SELECT"] if role == inserts else ["DESCRIBE", "SELECT"]
        grants[f"{name}-grant-table-{role}"] = (principal, permissions, on_table(table))
    return grants


def test_grants_are_exactly_these(guarded: Deployment) -> None:
    expected: dict[str, Any] = reading(f"lake-reader-{ACCOUNT}/role/team/analyst", READER.replace("aws-test", "aws"))
    for name in QUERYING:
        expected |= reading(name, role_arn(name))
    expected |= reading("operations-operator", role_arn("operations-operator"), inserts="tombstones")
    for name, table in STREAMS.items():
        expected |= on_databases(name, role_arn(name))
        expected[f"{name}-grant-table"] = (role_arn(name), ALL, on_table(table))
    assert grants_of(guarded) == expected


def test_no_grant_can_be_handed_on_and_none_is_of_another_catalog(guarded: Deployment) -> None:
    assert {frozenset(record.inputs) - {"database", "table"} for record in guarded.of(PERMISSIONS)} == {
        frozenset({"principal", "permissions"})
    }


def test_whoever_is_granted_something_is_waited_for_until_all_of_it_holds(guarded: Deployment) -> None:
    granted = grants_of(guarded)
    waits = [record for record in guarded.of(DYNAMIC) if record.name.endswith("-grants-effective")]
    assert len(waits) == 1 + len(QUERYING) + 1 + len(STREAMS)
    for wait in waits:
        name = wait.name.removesuffix("-grants-effective")
        own = {key: grant for key, grant in granted.items() if key.rsplit("-grant-", 1)[0] == name}
        assert {grant[0] for grant in own.values()} == {wait.inputs["principal"]}
        assert set(wait.depends_on) >= set(own)
        assert wait.inputs["grants"] == [_in_aws_form(grant) for grant in _in_order(own)]
        assert provider_of(wait) is GrantsEffectiveProvider


def _in_order(own: dict[str, Any]) -> list[Any]:
    """Return the grants as a wait lists them: link, namespace, then the tables as the lake has them."""
    order = ["-grant-link", "-grant-namespace", "-api-requests", "-usage-events", "-tombstones", "-grant-table"]
    return [grant for end in order for key, grant in own.items() if key.endswith(end)]


def _in_aws_form(grant: tuple[str, list[str], dict[str, Any]]) -> dict[str, Any]:
    ((kind, resource),) = grant[2].items()
    named = {key[0].upper() + key[1:]: value for key, value in resource.items()}
    return {"permissions": grant[1], "resource": {kind.capitalize(): named}}


def test_streams_and_functions_wait_for_their_grants(guarded: Deployment) -> None:
    for name in STREAMS:
        assert f"{name}-grants-effective" in guarded.one("FirehoseDeliveryStream", f"{name}-stream").depends_on
    waiting = {record.name for record in guarded.of("Function") if _waits(record)}
    assert waiting == {f"{name}-function" for name in QUERYING}
    for name in QUERYING:
        assert f"{name}-grants-effective" in guarded.one("Function", f"{name}-function").depends_on


def _waits(record: Record) -> bool:
    return any(name.endswith("-grants-effective") for name in record.depends_on)


def test_each_step_waits_for_the_one_before(guarded: Deployment) -> None:
    registration = guarded.one(DYNAMIC, "lake-registration")
    assert "lake-administrators" in registration.depends_on
    assert "lake-registration" in guarded.one(DYNAMIC, "lake-catalog").depends_on
    link = guarded.one("CatalogDatabase")
    found = {f"lake-table-{role}-visible" for role in TABLES}
    assert set(link.depends_on) >= {"lake-catalog", *found}
    for record in guarded.of(PERMISSIONS):
        assert "lake-link" in record.depends_on, record.name


def test_the_account_is_set_up_for_it(guarded: Deployment) -> None:
    inputs = {
        record.name: {key: value for key, value in record.inputs.items() if key != "__provider"}
        for record in guarded.of(DYNAMIC)
        if record.name in {"lake-administrators", "lake-registration", "lake-catalog"}
    }
    assert inputs == {
        "lake-administrators": {"administrators": [ADMIN.replace("aws-test", "aws")], "region": REGION},
        "lake-registration": {
            "resource_arn": arn("s3tables", "bucket/*"),
            "account_id": ACCOUNT,
            "region": REGION,
        },
        "lake-catalog": {
            "identifier": arn("s3tables", "bucket/*"),
            "access_control": "lakeformation",
            "region": REGION,
        },
    }
    assert provider_of(guarded.one(DYNAMIC, "lake-administrators")) is AdministratorsProvider
    assert provider_of(guarded.one(DYNAMIC, "lake-registration")) is RegistrationProvider


def test_the_link_leads_to_the_namespace_and_gives_way_to_its_successor(guarded: Deployment) -> None:
    link = guarded.one("CatalogDatabase")
    assert (link.name, link.inputs, link.delete_before_replace) == (
        "lake-link",
        {"name": LINK, "targetDatabase": {"catalogId": CHILD, "databaseName": "metering"}},
        True,
    )


def test_queries_go_through_the_link_and_deliveries_and_statements_of_the_deployer_do_not(guarded: Deployment) -> None:
    named = ("athena_catalog", "database_name", "namespace", "catalog_id")
    assert [guarded.exports[name] for name in named] == ["AwsDataCatalog", LINK, "metering", CHILD]
    for name in QUERYING:
        variables = guarded.one("Function", f"{name}-function").inputs["environment"]["variables"]
        assert (variables["ATHENA_CATALOG"], variables["DATABASE_NAME"]) == ("AwsDataCatalog", LINK), name
    for query in guarded.of("NamedQuery"):
        assert query.inputs["database"] == LINK
        assert f'"AwsDataCatalog"."{LINK}"."' in query.inputs["query"]
        assert "s3tablescatalog" not in query.inputs["query"]
    for name, table in STREAMS.items():
        stream = guarded.one("FirehoseDeliveryStream", f"{name}-stream").inputs["icebergConfiguration"]
        assert stream["catalogArn"] == arn("glue", "catalog/s3tablescatalog/saas-metering-test")
        assert stream["destinationTableConfigurations"] == [{"databaseName": "metering", "tableName": table}]
    for role in TABLES:
        schema = guarded.one(DYNAMIC, f"lake-table-{role}-schema").inputs
        assert schema["athena_catalog"] == "s3tablescatalog/saas-metering-test"
        assert (schema["namespace"], schema["catalog_id"]) == ("metering", CHILD)


def test_a_change_of_mode_touches_no_policy_stream_or_table(program: Deployment, guarded: Deployment) -> None:
    untouched = (
        "RolePolicy",
        "iam/policy:Policy",
        "Role",
        "FirehoseDeliveryStream",
        "TableBucket",
        "Namespace",
        "Table",
    )
    for typ in untouched:
        before, after = ({record.name: record.inputs for record in one.of(typ)} for one in (program, guarded))
        assert after == before, typ
        assert before, typ


def test_a_change_of_mode_adds_these_and_takes_nothing_away(program: Deployment, guarded: Deployment) -> None:
    before, after = set(program.tree()), set(guarded.tree())
    assert before - after == set()
    added = {line.split(" > ")[1].split(" ")[0] for line in after - before}
    assert added == {DYNAMIC, PERMISSIONS, "aws:glue/catalogDatabase:CatalogDatabase"}


def test_no_nested_key_is_unknown(guarded: Deployment) -> None:
    assert [path for record in guarded.records for path in unknown_keys(record)] == []


def test_a_first_preview_knows_nothing_and_still_shows_every_resource(guarded: Deployment) -> None:
    assert run_main(CONFIG, preview=True).tree() == guarded.tree()


def test_a_stack_is_told_to_switch_by_its_configuration_alone(guarded: Deployment) -> None:
    assert "switch" not in guarded.one(DYNAMIC, "lake-catalog").inputs
    for mode in ("iam", "lakeformation"):
        switching = run_main({f"{PROJECT}:accessControl": mode, f"{PROJECT}:switchAccessControl": "true"})
        inputs = switching.one(DYNAMIC, "lake-catalog").inputs
        assert (inputs["access_control"], inputs["switch"]) == (mode, True)


def test_two_stacks_have_links_of_their_own() -> None:
    names = [run_main(CONFIG, stack=stack).one("CatalogDatabase").inputs["name"] for stack in ("one", "other")]
    assert names == ["saas_metering_one_metering", "saas_metering_other_metering"]
