"""Data-lake settings: one object per account and Region, replaced as a whole."""

import copy
from typing import Any

from embedded_aws import iam
from embedded_aws.lake_formation import store
from embedded_aws.lake_formation.errors import invalid
from embedded_aws.lake_formation.principals import check

_EVERYBODY = [{"Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}, "Permissions": ["ALL"]}]
_EMPTY: dict[str, Any] = {
    "DataLakeAdmins": [],
    "ReadOnlyAdmins": [],
    "CreateDatabaseDefaultPermissions": [],
    "CreateTableDefaultPermissions": [],
    "TrustedResourceOwners": [],
    "AllowExternalDataFiltering": False,
    "AllowFullTableExternalDataAccess": False,
    "ExternalDataFilteringAllowList": [],
    "AuthorizedSessionTagValueList": [],
}
_NEW_ACCOUNT = {**_EMPTY, "CreateDatabaseDefaultPermissions": _EVERYBODY, "CreateTableDefaultPermissions": _EVERYBODY}
_VERSION = {"CROSS_ACCOUNT_VERSION": "1"}
_SHOWN_ONLY = {"SET_CONTEXT": "TRUE"}
"""A parameter that AWS shows and does not take."""


def get(data: dict[str, Any]) -> dict[str, Any]:
    """Answer GetDataLakeSettings."""
    _check_catalog(data)
    return {"DataLakeSettings": _current()}


def put(data: dict[str, Any]) -> dict[str, Any]:
    """Answer PutDataLakeSettings: whatever is left out becomes empty.

    Raises:
        LakeFormationError: an administrator that is new does not exist, or a parameter is none that can be set.
    """
    _check_catalog(data)
    given = data["DataLakeSettings"]
    parameters = given.get("Parameters") or {}
    if unknown := sorted(set(parameters) - set(_VERSION)):
        raise invalid(f"Invalid parameter: {', '.join(unknown)}")
    known = _administrators("DataLakeAdmins") | _administrators("ReadOnlyAdmins")
    for key in ("DataLakeAdmins", "ReadOnlyAdmins"):
        for principal in given.get(key) or []:
            if principal["DataLakePrincipalIdentifier"] not in known:  # one that has gone since may stay
                check(principal["DataLakePrincipalIdentifier"])
    account, _ = scope = store.scope()
    settings = {**_EMPTY, **given, "Parameters": {**_VERSION, **parameters}}
    store.moto().backend(scope).put_data_lake_settings(account, settings)
    return {}


def is_admin(principal: iam.Principal) -> bool:
    """Tell whether a principal is a data-lake administrator; the account's root may do what one may."""
    return principal.policies is None or iam.identity(principal) in _administrators("DataLakeAdmins")


def sees_everything(principal: iam.Principal) -> bool:
    """Tell whether a principal may look at all metadata: an administrator, also one that may read only."""
    return is_admin(principal) or iam.identity(principal) in _administrators("ReadOnlyAdmins")


def creates_freely() -> bool:
    """Tell whether IAM alone decides about new databases and catalogs, as it does in a new account."""
    granted = _current()["CreateDatabaseDefaultPermissions"]
    return any(one["Principal"]["DataLakePrincipalIdentifier"] == "IAM_ALLOWED_PRINCIPALS" for one in granted)


def _current() -> dict[str, Any]:
    account, _ = scope = store.scope()
    kept = store.moto().backend(scope).settings if store.used() else {}
    settings: dict[str, Any] = copy.deepcopy(kept.get(account, _NEW_ACCOUNT))
    settings["Parameters"] = {**_VERSION, **settings.get("Parameters", {}), **_SHOWN_ONLY}
    return settings


def _administrators(key: str) -> set[str]:
    return {one["DataLakePrincipalIdentifier"] for one in _current()[key]}


def _check_catalog(data: dict[str, Any]) -> None:
    account, _ = store.scope()
    if data.get("CatalogId", account) != account:
        raise invalid("Catalog id must be a valid AWS account id")
