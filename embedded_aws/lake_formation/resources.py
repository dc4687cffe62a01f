"""What permissions are on: catalogs, databases and tables, as Lake Formation's requests and its grants name them."""

from dataclasses import dataclass
from typing import Any

from embedded_aws.glue.catalogs import CatalogId
from embedded_aws.lake_formation.errors import invalid

ALL_TABLES = "ALL_TABLES"
"""The name under which grants on all tables of a database are listed."""
Resource = dict[str, Any]
"""A resource as requests have it: one key, such as `Database`, and below it what names it."""


@dataclass(frozen=True)
class Database:
    """A database: the id of its catalog (`<account>`, or `<account>:s3tablescatalog/<bucket>`) and its name."""

    catalog: str
    name: str


@dataclass(frozen=True)
class Table:
    """A table: the id of its catalog, its database and its name."""

    catalog: str
    database: str
    name: str


def canonical(resource: Resource) -> Resource:
    """Write a resource of a request in the one form in which grants are kept: with the catalog's full id.

    Raises:
        LakeFormationError: not exactly one resource is named, or a table both by name and by wildcard.
    """
    named = {kind: value for kind, value in resource.items() if value is not None}
    if len(named) != 1:
        raise invalid("Resource must have exactly one of the fields populated.")
    [(kind, given)] = named.items()
    catalog = CatalogId.parse(given.get("CatalogId")).id
    match kind:
        case "Catalog":
            return {"Catalog": {"Id": CatalogId.parse(given.get("Id")).id}}
        case "Database":
            return {"Database": {"CatalogId": catalog, "Name": given["Name"].lower()}}
        case "Table":
            return {"Table": _table(given, catalog)}
        case "TableWithColumns":
            return {"TableWithColumns": {**_named(given, catalog), **_columns(given)}}
        case _:
            return {kind: given}


def whole(table: Resource) -> Resource:
    """Give the resource under which SELECT on a whole table (canonical) is kept: all of its columns."""
    named = {key: value for key, value in table["Table"].items() if key != "TableWildcard"}
    return {"TableWithColumns": {**named, "ColumnWildcard": {}}}


def of_columns(resource: Resource) -> Resource:
    """Give the table of a resource with columns (canonical)."""
    named = resource["TableWithColumns"]
    return {"Table": {key: named[key] for key in ("CatalogId", "DatabaseName", "Name")}}


def _table(given: dict[str, Any], catalog: str) -> dict[str, Any]:
    name, every = given.get("Name"), given.get("TableWildcard") is not None
    if name == ALL_TABLES:
        name, every = None, True
    if (name is None) is not every:
        raise invalid("Table must have exactly one of Name and TableWildcard.")
    named = _named({**given, "Name": name or ALL_TABLES}, catalog)
    return {**named, "TableWildcard": {}} if every else named


def _named(given: dict[str, Any], catalog: str) -> dict[str, Any]:
    name = given["Name"]
    return {
        "CatalogId": catalog,
        "DatabaseName": given["DatabaseName"].lower(),
        "Name": name if name == ALL_TABLES else name.lower(),
    }


def _columns(given: dict[str, Any]) -> dict[str, Any]:
    names, wildcard = given.get("ColumnNames"), given.get("ColumnWildcard")
    if bool(names) is (wildcard is not None):
        raise invalid("TableWithColumns must have exactly one of ColumnNames and ColumnWildcard.")
    if names:
        return {"ColumnNames": sorted(names)}
    excluded = (wildcard or {}).get("ExcludedColumnNames")
    return {"ColumnWildcard": {"ExcludedColumnNames": sorted(excluded)} if excluded else {}}
