"""Calls about the databases of the account's own catalog, and about tables seen through a resource link."""

from typing import Any

from embedded_aws import iam
from embedded_aws.glue import links, visible
from embedded_aws.glue.catalogs import CatalogId
from embedded_aws.lake_formation import access
from embedded_aws.lake_formation.access import DESCRIBE
from embedded_aws.lake_formation.resources import Database

Answer = dict[str, Any]


def get_database(caller: iam.Principal, data: dict[str, Any]) -> Answer:
    """Answer GetDatabase; a link is shown as such.

    Raises:
        GlueError: there is no such database.
        InsufficientPermissionsError: it is a link, and Lake Formation does not let the caller see it.
    """
    database = links.get(data["Name"])
    demand_link(caller, data["Name"])
    return {"Database": database}


def get_databases(caller: iam.Principal, data: dict[str, Any]) -> Answer:
    """Answer GetDatabases, without the links that Lake Formation does not let the caller see."""
    kind, account = data.get("ResourceShareType"), CatalogId.parse(None).account
    shown = [one for one in links.every() if kind != "FOREIGN" or "TargetDatabase" in one]
    if access.decides():
        shown = [
            one
            for one in shown
            if "TargetDatabase" not in one or access.may(caller, DESCRIBE, Database(account, one["Name"]))
        ]
    return {"DatabaseList": shown}


def through_link(action: str, caller: iam.Principal, data: dict[str, Any]) -> Answer | None:
    """Answer GetTable or GetTables about a link's target; None if the database is no link to S3 Tables.

    Raises:
        GlueError: there is no such table, or the link leads nowhere.
        InsufficientPermissionsError: Lake Formation does not let the caller see the link, its target or the table.
    """
    found = links.target(data["DatabaseName"])
    if found is None or found[0].bucket is None:
        return None
    demand_link(caller, data["DatabaseName"])
    return visible.ANSWERS[action](found[0], {**data, "DatabaseName": found[1]}, caller)


def demand_link(caller: iam.Principal, name: str) -> None:
    """Demand, where Lake Formation decides, the permission to see a resource link.

    Raises:
        InsufficientPermissionsError: the caller lacks it.
    """
    if access.decides() and links.target(name) is not None:
        access.demand(caller, DESCRIBE, Database(CatalogId.parse(None).account, name))


OF_OWN_CATALOG = {"GetDatabase": get_database, "GetDatabases": get_databases}
"""What is asked of the account's own catalog about its databases."""
