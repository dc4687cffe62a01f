"""The account's S3 Tables catalog: ensured, never owned.

There is one per account and region, and every table bucket in it, of whatever stack, is read through it. So it is
adopted where it is, created where it is not, and left in place when the stack goes. Its mode, who decides about access,
is changed by a stack that is told to, and by no other.
"""

from typing import Any

import pulumi
from botocore.exceptions import ClientError
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from components._ensure._provider import AWS_ERRORS, AwsResourceProvider, Client, all_known, changed
from components._ensure._wait import Patience, code_of, retry, tell, wait_until
from components._names import S3_TABLES_CATALOG

IAM = "iam"
LAKE_FORMATION = "lakeformation"
_IAM_ALLOWED_PRINCIPALS = "IAM_ALLOWED_PRINCIPALS"
WAIT_SECONDS = 120
_KEYS = ("identifier", "access_control", "region")
_HANDED_BACK = ("Description", "Parameters", "FederatedCatalog", "AllowFullTableExternalDataAccess")
"""What `UpdateCatalog` would empty if it were not told; the rest of a federated catalog is its default permissions."""


class CatalogError(Exception):
    """The catalog that is there is not one that the stack can use."""


def find_catalog(glue: Client) -> dict[str, Any] | None:
    """Return what the catalog federates and how access to it is controlled, or None if there is none.

    None also stands for a catalog whose source is broken: Glue answers both alike.
    """
    try:
        catalog = glue.get_catalog(CatalogId=S3_TABLES_CATALOG)["Catalog"]
    except glue.exceptions.EntityNotFoundException:
        return None
    grants = catalog.get("CreateTableDefaultPermissions", [])
    principals = [grant.get("Principal", {}).get("DataLakePrincipalIdentifier") for grant in grants]
    return {
        "identifier": catalog.get("FederatedCatalog", {}).get("Identifier", ""),
        "access_control": IAM if _IAM_ALLOWED_PRINCIPALS in principals else LAKE_FORMATION,
    }


def mismatch(catalog: dict[str, Any], wanted: dict[str, Any]) -> str | None:
    """Say why the stack cannot use the catalog; None if it can."""
    if catalog["identifier"] != wanted["identifier"]:
        federated = catalog["identifier"] or "nothing"
        return (
            f"the catalog {S3_TABLES_CATALOG} of this account and region federates {federated}, not"
            f" {wanted['identifier']}: it is not the S3 Tables catalog, rename or remove it"
        )
    if catalog["access_control"] != wanted["access_control"] and not wanted.get("switch"):
        return (
            f"the catalog {S3_TABLES_CATALOG} of this account and region has access control"
            f" {catalog['access_control']}, the stack is configured for {wanted['access_control']}: run"
            f" `pulumi config set accessControl {catalog['access_control']}`; or, to change the catalog, which takes"
            " away or opens access to every table bucket in the account and region, whoever's it is, `pulumi config"
            " set switchAccessControl true`"
        )
    return None


def ensure_catalog(glue: Client, wanted: dict[str, Any]) -> dict[str, Any]:
    """Return the account's catalog, made if it is missing.

    Args:
        glue: client in the stack's account and region.
        wanted: `identifier`, the ARN pattern of the table buckets; `access_control`, `iam` or `lakeformation`;
            `switch`, whether to change the mode of a catalog that has the other.

    Raises:
        CatalogError: the one that is there cannot be used.
        TimeoutError: its mode was changed, and Glue does not tell so.
    """
    catalog = find_catalog(glue) or _create(glue, wanted)
    reason = mismatch(catalog, wanted)
    if reason:
        raise CatalogError(reason)
    return catalog if catalog["access_control"] == wanted["access_control"] else _switch(glue, wanted)


def _default_permissions(access_control: str) -> dict[str, Any]:
    """Return what each new database and table of the catalog grants: everything to whomever IAM lets, or nothing."""
    everyone = [{"Principal": {"DataLakePrincipalIdentifier": _IAM_ALLOWED_PRINCIPALS}, "Permissions": ["ALL"]}]
    granted = everyone if access_control == IAM else []
    return {"CreateDatabaseDefaultPermissions": granted, "CreateTableDefaultPermissions": granted}


def _switch(glue: Client, wanted: dict[str, Any]) -> dict[str, Any]:
    """Change the catalog's mode, for the databases and tables that are there, too; all else of it stays."""
    mode = wanted["access_control"]
    tell(f"changing the access control of every table bucket of this account and region to {mode}")

    def update() -> None:
        catalog = glue.get_catalog(CatalogId=S3_TABLES_CATALOG)["Catalog"]
        kept = {key: catalog[key] for key in _HANDED_BACK if catalog.get(key)}
        overwrite = {"OverwriteChildResourcePermissionsWithDefault": "Accept"}
        glue.update_catalog(
            CatalogId=S3_TABLES_CATALOG, CatalogInput={**kept, **_default_permissions(mode), **overwrite}
        )

    patience = Patience(f"Glue changes the access control of {S3_TABLES_CATALOG}", WAIT_SECONDS)
    retry(update, lambda error: _is_concurrent(error) or _is_unadministered(error), patience)
    wait_until(
        lambda: (find_catalog(glue) or {}).get("access_control") == mode,
        patience,
        f"the catalog {S3_TABLES_CATALOG} still does not have access control {mode}",
    )
    return {"identifier": wanted["identifier"], "access_control": mode}


def _create(glue: Client, wanted: dict[str, Any]) -> dict[str, Any]:
    request = {
        "Name": S3_TABLES_CATALOG,
        "CatalogInput": {
            "FederatedCatalog": {"Identifier": wanted["identifier"], "ConnectionName": "aws:s3tables"},
            **_default_permissions(wanted["access_control"]),
            "AllowFullTableExternalDataAccess": "True",
        },
    }
    # An administrator that was just made may not be known as one yet; by IAM alone a refusal will not pass.
    patience = Patience(
        f"Glue lets {S3_TABLES_CATALOG} be made", 0 if wanted["access_control"] == IAM else WAIT_SECONDS
    )
    try:
        retry(lambda: glue.create_catalog(**request), _is_unadministered, patience)
    except (
        glue.exceptions.AlreadyExistsException,
        glue.exceptions.ConcurrentModificationException,
        glue.exceptions.FederatedResourceAlreadyExistsException,
    ) as error:
        # Another stack was faster; or the catalog was there all along, and its source cannot be read.
        return _found_after(glue, error)
    return {"identifier": wanted["identifier"], "access_control": wanted["access_control"]}


def _is_concurrent(error: ClientError) -> bool:
    return code_of(error) == "ConcurrentModificationException"


def _is_unadministered(error: ClientError) -> bool:
    """Tell whether it is Lake Formation that does not let whoever deploys do this."""
    return "Lake Formation permission" in str(error)


def _found_after(glue: Client, error: Exception) -> dict[str, Any]:
    catalog = find_catalog(glue)
    if catalog is None:
        raise CatalogError(
            f"the catalog {S3_TABLES_CATALOG} can neither be read nor made ({error}): either its source is broken, or"
            " another catalog federates the same table buckets; repair or remove that one"
        ) from error
    return catalog


def _unreadable(error: Exception) -> str:
    return (
        f"the catalog {S3_TABLES_CATALOG} of this account and region cannot be looked at ({error}): whoever deploys"
        " needs glue:GetCatalog on it and, where Lake Formation decides about access, DESCRIBE on it"
    )


class S3TablesCatalogProvider(AwsResourceProvider):
    """Ensures the catalog; deleting the resource leaves it."""

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Refuse, in a preview already, a catalog that the stack cannot use."""
        if not all_known(news):
            return CheckResult(news, [])
        try:
            catalog = find_catalog(self.client("glue", news))
        except AWS_ERRORS as error:
            return CheckResult(news, [CheckFailure("identifier", _unreadable(error))])
        reason = mismatch(catalog, news) if catalog else None
        return CheckResult(news, [CheckFailure("access_control", reason)] if reason else [])

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """See whether what was found last differs from what is wanted; the catalog is never replaced."""
        return DiffResult(changes=changed(olds, news, _KEYS))

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Ensure the catalog."""
        return CreateResult(props["identifier"], self._ensure(props))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Look the catalog up; gone means that the next `up` makes it again."""
        catalog = find_catalog(self.client("glue", props))
        return ReadResult(id_, {"region": props["region"], **catalog}) if catalog else ReadResult(None, {})

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Ensure the catalog again: it may have changed behind the stack's back."""
        return UpdateResult(self._ensure(news))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Leave the catalog to the others that read through it."""

    def _ensure(self, props: dict[str, Any]) -> dict[str, Any]:
        return {"region": props["region"], **ensure_catalog(self.client("glue", props), props)}


class S3TablesCatalog(Resource):
    """The account's S3 Tables catalog, ensured."""

    identifier: pulumi.Output[str]
    """ARN pattern of the table buckets that the catalog federates."""

    def __init__(
        self,
        name: str,
        *,
        identifier: pulumi.Input[str],
        access_control: str,
        region: pulumi.Input[str],
        switch: bool,
        opts: pulumi.ResourceOptions,
    ) -> None:
        props: dict[str, Any] = {"identifier": identifier, "access_control": access_control, "region": region}
        if switch:
            props["switch"] = switch
        super().__init__(S3TablesCatalogProvider(), name, props, opts)
