"""Permissions of Lake Formation."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

import boto3
from botocore.exceptions import ClientError

from embedded_aws.resources._aws import client
from embedded_aws.resources._creator import Creator, InputError, Outputs
from embedded_aws.resources._shape import Shape

_OF_REQUEST = ("Principal", "CatalogId", "Permissions", "PermissionsWithGrantOption")
_NOTHING_LEFT = "No permissions revoked. Grantee"
_TABLE: Shape = {"catalogId": "CatalogId", "databaseName": "DatabaseName", "name": "Name"}
_RESOURCES: Shape = {
    "database": ("Database", {"catalogId": "CatalogId", "name": "Name"}),
    "table": ("Table", {**_TABLE, "wildcard": "TableWildcard"}),
    "tableWithColumns": (
        "TableWithColumns",
        {
            **_TABLE,
            "columnNames": "ColumnNames",
            "excludedColumnNames": "ColumnWildcard.ExcludedColumnNames",
            "wildcard": "ColumnWildcard.All",
        },
    ),
    "dataLocation": ("DataLocation", {"catalogId": "CatalogId", "arn": "ResourceArn"}),
    "catalogResource": "Catalog",
}


class Permissions(Creator):
    """`aws.lakeformation.Permissions` on one catalog, database, table or location; every change makes a new one.

    pulumi-aws makes its id of a hash. AWS has none, and here an id must suffice to find the grant, so it is the request
    of the grant itself as JSON.
    """

    pulumi_type = "aws:lakeformation/permissions:Permissions"
    shape: ClassVar[Shape] = {
        "principal": "Principal.DataLakePrincipalIdentifier",
        "catalogId": "CatalogId",
        "permissions": "Permissions",
        "permissionsWithGrantOptions": "PermissionsWithGrantOption",
        **_RESOURCES,
    }
    replace_on = frozenset(shape)

    def _consume(self, session: boto3.Session, name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        args = super()._consume(session, name, inputs)
        given = {key: value for key, value in args.items() if key in _OF_REQUEST}
        return {**given, "Resource": _resource(name, args)}

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:  # noqa: ARG002 - it has no name
        client(session, "lakeformation").grant_permissions(**args)
        return json.dumps(args, sort_keys=True, separators=(",", ":"))

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give what the principal has been granted on the resource, in the order asked for; None if that is nothing."""
        request = json.loads(id_)
        held, grantable = _held(client(session, "lakeformation"), request)
        if not held | grantable:
            return None
        asked = request["Permissions"]
        could = request.get("PermissionsWithGrantOption", [])
        return {
            "principal": request["Principal"]["DataLakePrincipalIdentifier"],
            "permissions": _ordered(held, asked),
            **({"permissionsWithGrantOptions": _ordered(grantable, could)} if grantable else {}),
            **({"catalogId": request["CatalogId"]} if "CatalogId" in request else {}),
            **_shown(request["Resource"]),
            "region": session.region_name,
        }

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:  # noqa: ARG002 - the id is enough
        """Revoke what was granted; a principal that lacks it already is no error."""
        try:
            client(session, "lakeformation").revoke_permissions(**json.loads(id_))
        except ClientError as error:
            if _NOTHING_LEFT not in error.response["Error"]["Message"]:
                raise


def _resource(name: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """Write the resource of a request.

    Raises:
        InputError: not exactly one is named, or of a table not exactly one way to say which.
    """
    kinds = {target if isinstance(target, str) else target[0] for target in _RESOURCES.values()}
    given = {key: value for key, value in args.items() if key in kinds}
    if len(given) != 1:
        names = ", ".join(_RESOURCES)
        raise InputError(f"{Permissions.pulumi_type} {name}: exactly one of {names} must be given, got {len(given)}")
    [(kind, value)] = given.items()
    if kind == "Catalog":
        return {"Catalog": {}}
    value = dict(value)
    if kind == "Table" and value.pop("TableWildcard", False):
        value["TableWildcard"] = {}
    if kind == "TableWithColumns" and "ColumnWildcard" in value:
        excluded = value["ColumnWildcard"].get("ExcludedColumnNames")
        value["ColumnWildcard"] = {"ExcludedColumnNames": excluded} if excluded else {}
    return {kind: value}


def _shown(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Write a request's resource as Pulumi's outputs."""
    [(kind, value)] = resource.items()
    if kind == "Catalog":
        return {"catalogResource": True}
    [(key, names)] = [
        (key, target[1]) for key, target in _RESOURCES.items() if isinstance(target, tuple) and target[0] == kind
    ]
    shown = {name: value[aws] for name, aws in names.items() if isinstance(aws, str) and aws in value}
    if "TableWildcard" in value:
        shown["wildcard"] = True
    if "ColumnWildcard" in value:
        excluded = value["ColumnWildcard"].get("ExcludedColumnNames")
        shown.update({"excludedColumnNames": excluded} if excluded else {"wildcard": True})
    return {key: shown}


def _held(lake_formation: Any, request: Mapping[str, Any]) -> tuple[set[str], set[str]]:
    """Ask what a principal has on a resource; AWS lists SELECT apart, as one on the table's columns."""
    resource = dict(request["Resource"])
    columns = resource.pop("TableWithColumns", None)
    if columns:  # ListPermissions takes none
        resource["Table"] = {key: columns[key] for key in ("CatalogId", "DatabaseName", "Name") if key in columns}
    asked = {"Principal": request["Principal"], "Resource": resource}
    try:
        listed = lake_formation.list_permissions(**asked)["PrincipalResourcePermissions"]
    except lake_formation.exceptions.EntityNotFoundException:
        return set(), set()
    held: set[str] = set()
    grantable: set[str] = set()
    for one in listed:
        if _is_of(one["Resource"], columns):
            held.update(one["Permissions"])
            grantable.update(one["PermissionsWithGrantOption"])
    return held, grantable


def _is_of(listed: Mapping[str, Any], columns: Mapping[str, Any] | None) -> bool:
    """Tell whether what is listed is of the columns asked for: of all of them where a whole table is."""
    found = listed.get("TableWithColumns")
    if found is None:
        return True
    wanted = columns or {"ColumnWildcard": {}}
    return all(_sorted(found.get(key)) == _sorted(wanted.get(key)) for key in ("ColumnNames", "ColumnWildcard"))


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return sorted(value.get("ExcludedColumnNames", []))
    return sorted(value) if value else value


def _ordered(held: set[str], asked: list[str]) -> list[str]:
    """Give what is held: what was asked for in that order, then the rest."""
    return [one for one in asked if one in held] + sorted(held - set(asked))


CREATORS: tuple[Creator, ...] = (Permissions(),)
