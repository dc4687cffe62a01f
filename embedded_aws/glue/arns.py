"""The ARNs that Glue checks for a call about catalogs, databases and tables.

AWS's pages name databases and tables below a child catalog in two styles, `database/<namespace>` and
`database/s3tablescatalog/<bucket>/<namespace>`, and do not say which is checked; both are demanded here.
"""

from typing import Any

from embedded_aws.glue import links
from embedded_aws.glue.catalogs import CatalogId


def catalog_arns(catalog: CatalogId) -> list[str]:
    """Give the ARNs of a catalog and of those above it, the account's own first."""
    parts = catalog.path.split("/") if catalog.path else []
    return [CatalogId(catalog.account, "/".join(parts[:depth])).arn for depth in range(len(parts) + 1)]


def database_arns(catalog: CatalogId, database: str) -> list[str]:
    """Give the ARNs of a database, in both styles, and of the catalogs above it."""
    return [*catalog_arns(catalog), *_both_styles("database", catalog, database)]


def table_arns(catalog: CatalogId, database: str, table: str) -> list[str]:
    """Give the ARNs of a table, in both styles, and of the database and the catalogs above it."""
    return [*database_arns(catalog, database), *_both_styles("table", catalog, f"{database}/{table}")]


def resources(action: str, data: dict[str, Any]) -> list[str]:
    """Give all ARNs that a call is checked against; `data` is its body."""
    key = {"CreateCatalog": "Name", "GetCatalogs": "ParentCatalogId"}.get(action, "CatalogId")
    catalog = CatalogId.parse(data.get(key))
    name = data.get("Name") or data.get("DatabaseInput", {}).get("Name") or "*"
    if action == "DeleteDatabase":  # and all that is in it
        root = CatalogId(catalog.account, "").arn.removesuffix("catalog")
        return [*database_arns(catalog, name), f"{root}table/{name}/*", f"{root}userDefinedFunction/{name}/*"]
    if action in {"CreateDatabase", "GetDatabase", "GetDatabases", "UpdateDatabase"}:
        return database_arns(catalog, name)
    if action in {"GetTable", "GetTables"}:
        return [*table_arns(catalog, data.get("DatabaseName", ""), name), *_behind_link(catalog, data)]
    return catalog_arns(catalog)


def _behind_link(catalog: CatalogId, data: dict[str, Any]) -> list[str]:
    """Give the ARNs of what a table's name means that goes through a resource link."""
    target = None if catalog.path else links.target(data.get("DatabaseName", ""))
    return table_arns(*target, data.get("Name", "*")) if target else []


def _both_styles(kind: str, catalog: CatalogId, name: str) -> list[str]:
    root = CatalogId(catalog.account, "").arn.removesuffix("catalog")
    below = [f"{root}{kind}/{catalog.path}/{name}"] if catalog.path else []
    return [f"{root}{kind}/{name}", *below]
