"""Columns are added to a table that Lake Formation guards: the deployer may alter it for as long as that takes."""

from typing import Any

import pytest

from components._ensure.table_schema import SchemaError, TableSchemaProvider
from tests.unit.components.lake_formation_kit import DEPLOYER, LakeFormationAws
from tests.unit.components.table_kit import AT, PROPS, SIZE, WHO, Aws

GUARDED = {**PROPS, "catalog_id": "123456789012:s3tablescatalog/lake"}
WANTED = {**GUARDED, "columns": [AT, WHO, SIZE]}
TABLE = {"Table": {"CatalogId": "123456789012:s3tablescatalog/lake", "DatabaseName": "ns", "Name": "t"}}
ADD = "ALTER TABLE `t` ADD COLUMNS (`size` bigint)"
ASKED = {"Principal": {"DataLakePrincipalIdentifier": DEPLOYER}, "Resource": TABLE}
OWN = {**ASKED, "Permissions": ["ALTER", "DESCRIBE", "SELECT"]}


def provider(aws: Aws, lake_formation: LakeFormationAws) -> TableSchemaProvider:
    made = TableSchemaProvider()

    def client(service: str, props: dict[str, Any]) -> Any:
        return (lake_formation if service in lake_formation.stubs else aws).client(service, props)

    made.client = client  # type: ignore[method-assign,assignment]
    return made


def grants_itself(lake_formation: LakeFormationAws) -> None:
    lake_formation.deploys_as_a_role()
    lake_formation.answers("lakeformation", "list_permissions", {"PrincipalResourcePermissions": []}, ASKED)
    lake_formation.answers("lakeformation", "grant_permissions", {}, OWN)
    lake_formation.tells_of((TABLE, ["ALL"]))
    lake_formation.answers("lakeformation", "revoke_permissions", {}, OWN)


def test_the_deployer_may_alter_the_table_while_the_statement_runs(aws: Aws, lake_formation: LakeFormationAws) -> None:
    grants_itself(lake_formation)
    aws.has_table(AT, WHO)
    aws.runs(ADD, "SUCCEEDED")
    aws.has_table(AT, WHO, SIZE)
    made = provider(aws, lake_formation).update("ns.t", GUARDED, dict(WANTED))
    assert made.outs == {key: WANTED[key] for key in PROPS}


def test_a_statement_that_fails_leaves_no_grant(aws: Aws, lake_formation: LakeFormationAws) -> None:
    grants_itself(lake_formation)
    aws.has_table(AT, WHO)
    aws.runs(ADD, "FAILED", reason="Insufficient Lake Formation permission(s)")
    with pytest.raises(SchemaError, match=r"Insufficient Lake Formation permission\(s\)"):
        provider(aws, lake_formation).update("ns.t", GUARDED, dict(WANTED))


def test_a_table_that_has_its_columns_needs_no_grant(aws: Aws, lake_formation: LakeFormationAws) -> None:
    aws.has_table(AT, WHO)
    made = provider(aws, lake_formation).create(dict(GUARDED))
    assert made.outs == PROPS


def test_a_change_of_mode_alone_is_no_change_of_the_table() -> None:
    made_by = TableSchemaProvider()
    assert made_by.diff("ns.t", PROPS, GUARDED).changes is False
    assert made_by.diff("ns.t", GUARDED, PROPS).changes is False
