"""Granting, revoking and listing permissions.

AWS keeps SELECT apart from a table's other permissions, as one on its columns, and lists it so; and `ALL` comes back
with every permission that it stands for. So does this.
"""

from collections.abc import Iterable
from typing import Any

from embedded_aws import iam
from embedded_aws.glue import catalogs, federation, links
from embedded_aws.glue.catalogs import CatalogId, GlueError
from embedded_aws.lake_formation import principals, resources, settings, store
from embedded_aws.lake_formation.errors import LakeFormationError, invalid
from embedded_aws.lake_formation.resources import ALL_TABLES, Resource

_OF_TABLES = ("ALL", "ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT", "SELECT")
PERMISSIONS: dict[str, tuple[str, ...]] = {
    "Catalog": ("ALL", "ALTER", "CREATE_CATALOG", "CREATE_DATABASE", "DESCRIBE", "DROP"),
    "Database": ("ALL", "ALTER", "CREATE_TABLE", "DESCRIBE", "DROP"),
    "Table": _OF_TABLES,
    "TableWithColumns": _OF_TABLES,
    "DataLocation": ("DATA_LOCATION_ACCESS",),
}
"""What can be granted on what."""
_OF_LINKS = frozenset(("DESCRIBE", "DROP"))
_KINDS = {
    "CATALOG": {"Catalog"},
    "DATABASE": {"Database"},
    "TABLE": {"Table", "TableWithColumns"},
    "DATA_LOCATION": {"DataLocation"},
}
"""A ResourceType of ListPermissions -> the resources that it means; others have none here."""
_NOTHING = "No permissions revoked. Grantee"
Parts = list[tuple[Resource, frozenset[str], frozenset[str]]]


def grant(caller: iam.Principal, data: dict[str, Any]) -> dict[str, Any]:
    """Answer GrantPermissions.

    Raises:
        LakeFormationError: there is no such principal or resource, the permission is none of that resource, or the
            caller may not grant it.
    """
    principal, parts = _request(data)
    principals.check(principal)
    _check_exists(parts[0][0])
    for resource, permissions, grantable in parts:
        _check_may_grant(caller, resource, permissions | grantable)
    with store.LOCK:
        for resource, permissions, grantable in parts:
            had, could = _held(principal, resource)
            _put(principal, resource, had | permissions, could | grantable)
    return {}


def revoke(caller: iam.Principal, data: dict[str, Any]) -> dict[str, Any]:
    """Answer RevokePermissions; what is revoked need not exist any more.

    Raises:
        LakeFormationError: the principal has none of it, or lacks a part of it, or the caller may not revoke it.
    """
    principal, parts = _request(data)
    for resource, permissions, grantable in parts:
        _check_may_grant(caller, resource, permissions | grantable)
    with store.LOCK:
        held = [_held(principal, resource) for resource, _, _ in parts]
        if not any(had or could for had, could in held):
            raise invalid(
                "No permissions revoked. Grantee has no permissions and no grantable permissions on resource."
            )
        for (_, permissions, grantable), (had, could) in zip(parts, held, strict=True):
            if lacking := sorted((permissions - had) | (grantable - could)):
                raise invalid(f"{_NOTHING} does not have: {lacking}")
        for (resource, permissions, grantable), (had, could) in zip(parts, held, strict=True):
            _put(principal, resource, had - permissions, could - grantable - permissions)
            if "TableWithColumns" in resource:
                table = resources.of_columns(resource)
                _put(principal, table, *(one - {"ALL"} for one in _held(principal, table)))
    return {}


def batch(one: Any, caller: iam.Principal, data: dict[str, Any]) -> dict[str, Any]:
    """Answer BatchGrantPermissions or BatchRevokePermissions, `one` being what does a single entry."""
    failures = []
    for entry in data["Entries"]:
        try:
            one(caller, entry)
        except LakeFormationError as error:
            told = {"ErrorCode": error.code, "ErrorMessage": error.message}
            failures.append({"RequestEntry": entry, "Error": told})
    return {"Failures": failures}


def listed(data: dict[str, Any]) -> dict[str, Any]:
    """Answer ListPermissions.

    Raises:
        LakeFormationError: a principal is given without a resource, or the resource is not there.
    """
    principal = (data.get("Principal") or {}).get("DataLakePrincipalIdentifier")
    if principal and not data.get("Resource"):
        raise invalid("Resource is mandatory if Principal is set in the input.")
    found = store.grants()
    if data.get("Resource"):
        wanted = resources.canonical(data["Resource"])
        _check_exists(wanted)
        found = [one for one in found if _is_about(one.resource, wanted)]
    kinds = _KINDS.get(data["ResourceType"], set()) if data.get("ResourceType") else set(PERMISSIONS)
    shown = [
        {
            "Principal": {"DataLakePrincipalIdentifier": one.principal},
            "Resource": one.resource,
            "Permissions": sorted(one.permissions),
            "PermissionsWithGrantOption": sorted(one.grantable),
        }
        for one in found
        if principal in {None, one.principal} and _kind(one.resource) in kinds
    ]
    return _page(shown, data)


def forget(database: resources.Database) -> None:
    """Drop the grants on a database that is gone, and on what was in it."""
    for one in store.grants():
        [(kind, named)] = one.resource.items()
        name = named.get("Name") if kind == "Database" else named.get("DatabaseName")
        if (named.get("CatalogId"), name) == (database.catalog, database.name):
            with store.LOCK:
                _put(one.principal, one.resource, frozenset(), frozenset())


def _request(data: dict[str, Any]) -> tuple[str, Parts]:
    """Read a request: the principal, and each resource of grants with the permissions on it."""
    account, _ = store.scope()
    if data.get("CatalogId", account) != account:
        raise invalid("Catalog id must be a valid AWS account id")
    resource = resources.canonical(data["Resource"])
    kind = _kind(resource)
    asked = [frozenset(data.get(key) or ()) for key in ("Permissions", "PermissionsWithGrantOption")]
    allowed = _OF_LINKS if _is_link(resource) else frozenset(PERMISSIONS.get(kind, ()))
    if not asked[0] or not asked[0] | asked[1] <= allowed:
        raise invalid("Permissions modification is invalid.")
    granted, grantable = (frozenset(PERMISSIONS[kind]) if "ALL" in one else one for one in asked)
    return data["Principal"]["DataLakePrincipalIdentifier"], _split(resource, granted, grantable)


def _split(resource: Resource, granted: frozenset[str], grantable: frozenset[str]) -> Parts:
    kind = _kind(resource)
    if kind not in {"Table", "TableWithColumns"}:
        return [(resource, granted, grantable)]
    table = resource if kind == "Table" else resources.of_columns(resource)
    columns = resources.whole(resource) if kind == "Table" else resource
    select = frozenset(("SELECT",))
    parts = [(table, granted - select, grantable - select), (columns, granted & select, grantable & select)]
    return [part for part in parts if part[1] | part[2]]


def _held(principal: str, resource: Resource) -> tuple[frozenset[str], frozenset[str]]:
    for one in store.grants():
        if (one.principal, one.resource) == (principal, resource):
            return one.permissions, one.grantable
    return frozenset(), frozenset()


def _put(principal: str, resource: Resource, permissions: Iterable[str], grantable: Iterable[str]) -> None:
    """Keep what is granted; `ALL` goes with the first permission that goes."""
    every = set(PERMISSIONS.get(_kind(resource), ())) - ({"SELECT"} if "Table" in resource else set())
    kept = [set(one) - (set() if every <= set(one) else {"ALL"}) for one in (permissions, grantable)]
    store.moto().put_grant(store.scope(), principal, resource, sorted(kept[0]), sorted(kept[1]))


def _check_may_grant(caller: iam.Principal, resource: Resource, permissions: frozenset[str]) -> None:
    if settings.is_admin(caller):
        return
    held = [_held(name, resource)[1] for name in principals.names_of(caller)]
    if not permissions <= frozenset().union(*held):
        message = "Resource does not exist or requester is not authorized to access requested permissions."
        raise LakeFormationError("AccessDeniedException", message)


def _check_exists(resource: Resource) -> None:
    kind = _kind(resource)
    named = resource[kind]
    if kind not in {"Database", "Table", "TableWithColumns"}:
        return
    catalog, database = CatalogId.parse(named["CatalogId"]), named.get("DatabaseName") or named["Name"]
    try:
        if not catalog.path:
            links.get(database)
            return
        catalogs.get(catalog.path)
        federation.get_database(catalog, database)
        if kind != "Database" and named["Name"] != ALL_TABLES:
            federation.get_table(catalog, database, named["Name"])
    except GlueError as error:
        raise LakeFormationError(error.code, error.message) from error


def _is_link(resource: Resource) -> bool:
    if "Database" not in resource:
        return False
    named = resource["Database"]
    return not CatalogId.parse(named["CatalogId"]).path and links.target(named["Name"]) is not None


def _is_about(resource: Resource, wanted: Resource) -> bool:
    """Tell whether a grant is listed for a resource; SELECT on a table's columns is listed for the table."""
    if "Table" in wanted and "TableWithColumns" in resource:
        return resources.of_columns(resource) == resources.of_columns(resources.whole(wanted))
    return resource == wanted


def _kind(resource: Resource) -> str:
    return next(iter(resource))


def _page(shown: list[dict[str, Any]], data: dict[str, Any]) -> dict[str, Any]:
    start, size = int(data.get("NextToken") or 0), int(data.get("MaxResults") or 100)
    body: dict[str, Any] = {"PrincipalResourcePermissions": shown[start : start + size]}
    return {**body, "NextToken": str(start + size)} if start + size < len(shown) else body
