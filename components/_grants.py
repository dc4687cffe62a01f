"""Lake Formation's grants to the roles that read and write the lake's tables; none where policies alone decide."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from components._ensure.grants import Grant, GrantsEffective
from components._names import Place
from components.appended_table import AppendedTableArgs
from components.lake_formation import LakeFormationArgs
from components.queried_lake import QueriedLakeArgs

DESCRIBE = ("DESCRIBE",)
READ = ("DESCRIBE", "SELECT")
READ_AND_INSERT = ("DESCRIBE", "INSERT", "SELECT")
ALL = ("ALL", "ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT", "SELECT")
"""`ALL`, as Lake Formation tells of it: with the others, in this order; `ALL` alone would differ at each refresh."""

_Tables = Mapping[str, tuple[pulumi.Input[str], Sequence[str]]]
"""Name of a table, and what is granted on it, by what the grant's logical name ends with."""


def grant_reading(
    name: str,
    principal: pulumi.Input[str],
    lake: QueriedLakeArgs,
    *,
    place: Place,
    opts: pulumi.ResourceOptions,
    inserts: Collection[str] = (),
) -> list[pulumi.Resource]:
    """Let a principal query every table of the lake.

    Args:
        name: what the logical names begin with.
        principal: ARN of the user or role.
        lake: the lake.
        place: account and region of the lake.
        opts: options of every resource made here.
        inserts: roles of the tables that the principal may insert into, too.

    Returns:
        What must be there before the principal queries: nothing where policies alone decide.
    """
    tables = {
        f"table-{role}": (table_name, READ_AND_INSERT if role in inserts else READ)
        for role, table_name in lake["table_names"].items()
    }
    return _grant(name, principal, lake.get("lake_formation"), tables, place=place, opts=opts)


def grant_appending(
    name: str,
    principal: pulumi.Input[str],
    table: AppendedTableArgs,
    *,
    place: Place,
    opts: pulumi.ResourceOptions,
) -> list[pulumi.Resource]:
    """Let a stream's role do everything with its one table: Firehose asks for no less.

    Args:
        name: what the logical names begin with.
        principal: ARN of the role.
        table: the table.
        place: account and region of the table.
        opts: options of every resource made here.

    Returns:
        What must be there before the stream is: nothing where policies alone decide.
    """
    tables = {"table": (table["table_name"], ALL)}
    return _grant(name, principal, table.get("lake_formation"), tables, place=place, opts=opts)


def _grant(
    name: str,
    principal: pulumi.Input[str],
    lake_formation: LakeFormationArgs | None,
    tables: _Tables,
    *,
    place: Place,
    opts: pulumi.ResourceOptions,
) -> list[pulumi.Resource]:
    if lake_formation is None:
        return []
    catalog_id, namespace = lake_formation["catalog_id"], lake_formation["namespace"]
    databases: dict[str, aws.lakeformation.PermissionsDatabaseArgsDict] = {
        "link": {"catalog_id": place.account_id, "name": lake_formation["link_name"]},
        "namespace": {"catalog_id": catalog_id, "name": namespace},
    }
    made: list[pulumi.Resource] = [
        aws.lakeformation.Permissions(
            f"{name}-grant-{role}", principal=principal, permissions=list(DESCRIBE), database=database, opts=opts
        )
        for role, database in databases.items()
    ]
    grants = [_wanted("Database", database, DESCRIBE) for database in databases.values()]
    for role, (table_name, permissions) in tables.items():
        table: aws.lakeformation.PermissionsTableArgsDict = {
            "catalog_id": catalog_id,
            "database_name": namespace,
            "name": table_name,
        }
        made.append(
            aws.lakeformation.Permissions(
                f"{name}-grant-{role}", principal=principal, permissions=list(permissions), table=table, opts=opts
            )
        )
        grants.append(_wanted("Table", table, permissions))
    effective = GrantsEffective(
        f"{name}-grants-effective",
        principal=principal,
        grants=grants,
        region=place.region,
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=made)),
    )
    return [effective]


def _wanted(kind: str, resource: Mapping[str, Any], permissions: Sequence[str]) -> Grant:
    """Return a grant in Lake Formation's own form."""
    named = {"".join(part.capitalize() for part in key.split("_")): value for key, value in resource.items()}
    return {"resource": {kind: named}, "permissions": list(permissions)}
