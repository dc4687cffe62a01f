"""Who may do what to a database or table, where Lake Formation decides.

It decides about the tables of S3 Tables once their catalog leaves nothing to `IAM_ALLOWED_PRINCIPALS`, and about
resource links to them. An account's root may do everything, as by IAM.
"""

from collections.abc import Iterable
from typing import Any

from embedded_aws import iam
from embedded_aws.glue import catalogs
from embedded_aws.lake_formation import settings, store
from embedded_aws.lake_formation.errors import InsufficientPermissionsError
from embedded_aws.lake_formation.principals import names_of
from embedded_aws.lake_formation.resources import ALL_TABLES, Database, Table

ALTER, DESCRIBE, INSERT, SELECT, EVERYTHING = "ALTER", "DESCRIBE", "INSERT", "SELECT", "ALL"


def decides() -> bool:
    """Tell whether Lake Formation decides about the tables of S3 Tables in this account and Region."""
    return catalogs.under_lake_formation()


def may(principal: iam.Principal, permission: str, resource: Database | Table) -> bool:
    """Tell whether a principal has a permission on a database or table; SELECT on a column or more counts.

    An administrator may DESCRIBE everything and nothing else; grants are to roles, whose sessions have them. No
    permission implies another one but `ALL`, which stands for each.
    """
    if principal.policies is None or (permission == DESCRIBE and settings.sees_everything(principal)):
        return True
    if permission == SELECT and isinstance(resource, Table):
        return bool(_column_grants(principal, resource))
    return any(permission in one.permissions for one in _grants(principal, resource))


def demand(principal: iam.Principal, permission: str, *on: Database | Table) -> None:
    """Demand a permission on every one of the resources.

    Raises:
        InsufficientPermissionsError: for the first on which it is missing.
    """
    for resource in on:
        if not may(principal, permission, resource):
            raise InsufficientPermissionsError(permission, resource.name)


def readable(principal: iam.Principal, table: Table, columns: Iterable[str]) -> set[str]:
    """Tell which of a table's columns a principal may read."""
    every = set(columns)
    if principal.policies is None:
        return every
    found: set[str] = set()
    for named in _column_grants(principal, table):
        if "ColumnNames" in named:
            found |= every & set(named["ColumnNames"])
        else:
            found |= every - set(named["ColumnWildcard"].get("ExcludedColumnNames", []))
    return found


def demand_create(principal: iam.Principal, what: str) -> None:
    """Demand that a principal may create a catalog or database, which IAM alone decides in a new account.

    Args:
        principal: who creates.
        what: `CREATE_CATALOG` or `CREATE_DATABASE`.

    Raises:
        InsufficientPermissionsError: the account leaves that to Lake Formation, and the principal is no administrator
            and has no such grant on the account's catalog.
    """
    if not store.used() or settings.creates_freely() or settings.is_admin(principal):
        return
    account, _ = store.scope()
    names, own = names_of(principal), {"Catalog": {"Id": account}}
    if not any(one.principal in names and one.resource == own and what in one.permissions for one in store.grants()):
        raise InsufficientPermissionsError(what, "Catalog")


def _grants(principal: iam.Principal, resource: Database | Table) -> list[store.Grant]:
    names = names_of(principal)
    return [one for one in store.grants() if one.principal in names and _covers(one, resource)]


def _covers(grant: store.Grant, resource: Database | Table) -> bool:
    if isinstance(resource, Database):
        return grant.resource == {"Database": {"CatalogId": resource.catalog, "Name": resource.name}}
    return _names("Table", grant, resource)


def _names(kind: str, grant: store.Grant, table: Table) -> bool:
    named = grant.resource.get(kind, {})
    place = (named.get("CatalogId"), named.get("DatabaseName"))
    return place == (table.catalog, table.database) and named["Name"] in {table.name, ALL_TABLES}


def _column_grants(principal: iam.Principal, table: Table) -> list[dict[str, Any]]:
    names = names_of(principal)
    return [
        one.resource["TableWithColumns"]
        for one in store.grants()
        if one.principal in names and SELECT in one.permissions and _names("TableWithColumns", one, table)
    ]
