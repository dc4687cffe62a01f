"""Glue's catalogs: the account's own, the federated one of S3 Tables, and below it a child per table bucket.

ministack has none of these operations. The federated catalog holds nothing: what it shows is read from S3 Tables at
each call, so a new table bucket appears by itself.
"""

import time
from dataclasses import dataclass
from typing import Any

from embedded_aws import hooks
from embedded_aws.iceberg import FEDERATED_CATALOG

_RESPONSES = hooks.use("ministack.core.responses", "get_account_id", "get_region")
_S3TABLES = hooks.use("ministack.services.s3tables", "_table_buckets")
_KEPT = (
    "Description",
    "FederatedCatalog",
    "Parameters",
    "TargetRedshiftCatalog",
    "CatalogProperties",
    "CreateTableDefaultPermissions",
    "CreateDatabaseDefaultPermissions",
    "AllowFullTableExternalDataAccess",
)
_CONNECTION = "aws:s3tables"


class GlueError(Exception):
    """An error of Glue: its code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True)
class CatalogId:
    """A catalog as Glue's requests name it: the path below the account's own catalog, empty for that one."""

    account: str
    path: str

    @classmethod
    def parse(cls, text: str | None) -> "CatalogId":
        """Read a CatalogId: nothing, `<account>`, `<account>:<path>` or `<path>`."""
        account = _RESPONSES.get_account_id()
        if not text or text == account:
            return cls(account, "")
        head, colon, path = text.partition(":")
        return cls(head, path) if colon else cls(account, text)

    @property
    def bucket(self) -> str | None:
        """The table bucket whose child catalog this is."""
        parent, _, bucket = self.path.partition("/")
        return bucket if parent == FEDERATED_CATALOG and bucket else None

    @property
    def id(self) -> str:
        """The id as Glue shows it: `<account>`, or `<account>:<path>`."""
        return f"{self.account}:{self.path}" if self.path else self.account

    @property
    def arn(self) -> str:
        """The catalog's ARN."""
        root = f"arn:aws:glue:{_RESPONSES.get_region()}:{self.account}:catalog"
        return f"{root}/{self.path}" if self.path else root


_catalogs: dict[tuple[str, str, str], dict[str, Any]] = {}
"""(account, Region, name) -> Catalog, for those that CreateCatalog made."""
_left_to_iam: dict[tuple[str, str, str], bool] = {}
"""(account, Region, name) -> whether IAM alone decides about what lies below the catalog, Lake Formation if not."""
_EVERYBODY = "IAM_ALLOWED_PRINCIPALS"


def under_lake_formation() -> bool:
    """Tell whether Lake Formation decides about the tables of S3 Tables in this account and Region."""
    return not _left_to_iam.get(_key(FEDERATED_CATALOG), True)


def reset() -> None:
    """Forget the catalogs, in all accounts and Regions."""
    _catalogs.clear()
    _left_to_iam.clear()


def connection_arn() -> str:
    """Give the ARN of the connection that a federated catalog passes on."""
    return CatalogId.parse(None).arn.removesuffix("catalog") + f"connection/{_CONNECTION}"


def create(data: dict[str, Any]) -> dict[str, Any]:
    """Answer CreateCatalog.

    Raises:
        GlueError: the name is taken, or another catalog federates the same source.
    """
    name, given = data["Name"], data["CatalogInput"]
    if _key(name) in _catalogs:
        raise GlueError("AlreadyExistsException", f"Catalog already exists: {name}")
    federated = given.get("FederatedCatalog") or {}
    _check_federation(federated)
    for (account, region, other), catalog in _catalogs.items():
        same_scope = (account, region, name) == _key(name)
        if same_scope and federated and catalog.get("FederatedCatalog") == federated:
            message = f"Catalog {other} already federates {federated.get('Identifier')}"
            raise GlueError("FederatedResourceAlreadyExistsException", message)
    now = int(time.time())
    _catalogs[_key(name)] = {
        "Name": name,
        "CatalogId": f"{_RESPONSES.get_account_id()}:{name}",
        "ResourceArn": CatalogId.parse(name).arn,
        "CreateTime": now,
        "UpdateTime": now,
        **{key: given[key] for key in _KEPT if key in given},
    }
    _left_to_iam[_key(name)] = _grants_everybody(given)
    return {}


def get(catalog_id: str) -> dict[str, Any]:
    """Answer GetCatalog.

    Raises:
        GlueError: there is no such catalog, or it is a child of a catalog that is not there.
    """
    wanted = CatalogId.parse(catalog_id)
    parent = _catalogs.get(_key(wanted.path.partition("/")[0]))
    if not wanted.path:
        return {"Catalog": _own_catalog(wanted)}
    if parent and wanted.path == parent["Name"]:
        return {"Catalog": parent}
    if parent and wanted.bucket in _S3TABLES._table_buckets:
        return {"Catalog": _child(parent, wanted.bucket or "")}
    raise GlueError("EntityNotFoundException", f"Catalog {wanted.path} not found.")


def get_all(data: dict[str, Any]) -> dict[str, Any]:
    """Answer GetCatalogs: the catalogs directly below `ParentCatalogId`, with `Recursive` all below.

    Raises:
        GlueError: the parent does not exist.
    """
    parent = CatalogId.parse(data.get("ParentCatalogId"))
    account, region, _ = _key("")
    tops = [value for key, value in _catalogs.items() if key[:2] == (account, region)]
    if parent.path:
        get(parent.path)
        found = [child for top in tops if top["Name"] == parent.path for child in _children(top)]
    else:
        below = [child for top in tops for child in _children(top)] if data.get("Recursive") else []
        root = [_own_catalog(parent)] if data.get("IncludeRoot") else []
        found = [*root, *tops, *below]
    return {"CatalogList": found}


def update(data: dict[str, Any]) -> dict[str, Any]:
    """Answer UpdateCatalog: the input replaces what the catalog had.

    Its default permissions are those of databases and tables to come; here, where those that are there already count,
    they change only if `OverwriteChildResourcePermissionsWithDefault` is `Accept`.

    Raises:
        GlueError: there is no such catalog, or the federation is invalid.
    """
    catalog, given = _made(data["CatalogId"]), data["CatalogInput"]
    _check_federation(given.get("FederatedCatalog") or {})
    kept = {key: value for key, value in catalog.items() if key not in _KEPT}
    _catalogs[_key(catalog["Name"])] = {
        **kept,
        **{key: given[key] for key in _KEPT if key in given},
        "UpdateTime": int(time.time()),
    }
    if given.get("OverwriteChildResourcePermissionsWithDefault") == "Accept":
        _left_to_iam[_key(catalog["Name"])] = _grants_everybody(given)
    return {}


def delete(data: dict[str, Any]) -> dict[str, Any]:
    """Answer DeleteCatalog; the table buckets stay.

    Raises:
        GlueError: there is no such catalog.
    """
    key = _key(_made(data["CatalogId"])["Name"])
    del _catalogs[key], _left_to_iam[key]
    return {}


def _made(catalog_id: str) -> dict[str, Any]:
    catalog = _catalogs.get(_key(CatalogId.parse(catalog_id).path))
    if catalog is None:
        raise GlueError("EntityNotFoundException", f"Catalog {catalog_id} not found.")
    return catalog


def _grants_everybody(given: dict[str, Any]) -> bool:
    """Tell whether a catalog's tables are for everybody whom IAM allows."""
    granted = given.get("CreateTableDefaultPermissions") or []
    return any(one["Principal"]["DataLakePrincipalIdentifier"] == _EVERYBODY for one in granted)


def _check_federation(federated: dict[str, Any]) -> None:
    if not federated:
        return
    region, account = _RESPONSES.get_region(), _RESPONSES.get_account_id()
    source = f"arn:aws:s3tables:{region}:{account}:bucket/*"
    if federated.get("ConnectionName") != _CONNECTION:
        message = (
            f"Connection {federated.get('ConnectionName')} not found: the embedded AWS federates {_CONNECTION} only"
        )
        raise GlueError("EntityNotFoundException", message)
    if federated.get("Identifier") != source:
        message = f"FederatedCatalog.Identifier {federated.get('Identifier')!r}: must be {source}"
        raise GlueError("InvalidInputException", message)


def _key(name: str) -> tuple[str, str, str]:
    return _RESPONSES.get_account_id(), _RESPONSES.get_region(), name


def _own_catalog(catalog: CatalogId) -> dict[str, Any]:
    return {"Name": catalog.account, "CatalogId": catalog.account, "ResourceArn": catalog.arn}


def _children(parent: dict[str, Any]) -> list[dict[str, Any]]:
    if not parent.get("FederatedCatalog"):
        return []
    return [_child(parent, bucket) for bucket in _S3TABLES._table_buckets]


def _child(parent: dict[str, Any], bucket: str) -> dict[str, Any]:
    wanted = CatalogId.parse(f"{parent['Name']}/{bucket}")
    federated = parent["FederatedCatalog"]
    inherited = (
        "CreateTableDefaultPermissions",
        "CreateDatabaseDefaultPermissions",
        "AllowFullTableExternalDataAccess",
    )
    return {
        "Name": bucket,
        "CatalogId": wanted.id,
        "ResourceArn": wanted.arn,
        "CreateTime": parent["CreateTime"],
        "FederatedCatalog": {**federated, "Identifier": federated["Identifier"].removesuffix("*") + bucket},
        **{key: parent[key] for key in inherited if key in parent},
    }
