"""The queries that the workgroup offers, over the tables that a lake has."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from components import _queries


def save_queries(
    name: str,
    tables: Mapping[str, pulumi.Input[str]],
    *,
    athena_catalog: pulumi.Input[str],
    database_name: pulumi.Input[str],
    workgroup: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> None:
    """Save every query whose tables the lake has, each table named in full.

    Args:
        name: what the logical names begin with.
        tables: names of the lake's tables by their roles.
        athena_catalog: Athena's name of the catalog that queries name.
        database_name: database that queries name.
        workgroup: name of the workgroup.
        opts: options of every query.
    """
    for query in _queries.QUERIES:
        if not tables.keys() >= set(query.places.values()):
            continue
        tables_read = pulumi.Output.all(
            **{
                place: pulumi.Output.format('"{0}"."{1}"."{2}"', athena_catalog, database_name, tables[role])
                for place, role in query.places.items()
            }
        )
        aws.athena.NamedQuery(
            f"{name}-query-{query.role}",
            name=query.role,  # read by people, per workgroup; Athena does not ask for unique names
            description=query.description,
            database=database_name,
            workgroup=workgroup,
            query=tables_read.apply(lambda names, sql=query.sql: sql.format(**names)),  # type: ignore[misc]
            opts=opts,
        )
