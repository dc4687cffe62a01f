"""Namespaces and tables of S3 Tables as a caller sees them: all of them by IAM, or those that Lake Formation lets it.

Lake Formation leaves out of a list what the caller may not see, and refuses what it asks for by name.
"""

from collections.abc import Callable
from typing import Any

from embedded_aws import iam
from embedded_aws.glue import federation
from embedded_aws.glue.catalogs import CatalogId
from embedded_aws.lake_formation import access
from embedded_aws.lake_formation.access import DESCRIBE
from embedded_aws.lake_formation.resources import Database, Table

Answer = dict[str, Any]


def _get_databases(catalog: CatalogId, _: dict[str, Any], caller: iam.Principal) -> Answer:
    found = federation.get_databases(catalog)["DatabaseList"]
    return {"DatabaseList": [one for one in found if _may_see(caller, Database(catalog.id, one["Name"]))]}


def _get_database(catalog: CatalogId, data: dict[str, Any], caller: iam.Principal) -> Answer:
    _demand(caller, Database(catalog.id, data["Name"]))
    return federation.get_database(catalog, data["Name"])


def _get_tables(catalog: CatalogId, data: dict[str, Any], caller: iam.Principal) -> Answer:
    database = data["DatabaseName"]
    _demand(caller, Database(catalog.id, database))
    found = federation.get_tables(catalog, database)["TableList"]
    return {"TableList": [one for one in found if _may_see(caller, Table(catalog.id, database, one["Name"]))]}


def _get_table(catalog: CatalogId, data: dict[str, Any], caller: iam.Principal) -> Answer:
    database, name = data["DatabaseName"], data["Name"]
    _demand(caller, Database(catalog.id, database), Table(catalog.id, database, name))
    return federation.get_table(catalog, database, name)


ANSWERS: dict[str, Callable[[CatalogId, dict[str, Any], iam.Principal], Answer]] = {
    "GetDatabases": _get_databases,
    "GetDatabase": _get_database,
    "GetTables": _get_tables,
    "GetTable": _get_table,
}
"""What can be asked of a catalog that is a table bucket; each raises GlueError and InsufficientPermissionsError."""


def _may_see(caller: iam.Principal, resource: Database | Table) -> bool:
    return not access.decides() or access.may(caller, DESCRIBE, resource)


def _demand(caller: iam.Principal, *resources: Database | Table) -> None:
    if access.decides():
        access.demand(caller, DESCRIBE, *resources)
