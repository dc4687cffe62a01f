"""The state of Lake Formation, without loading moto as long as nobody has called Lake Formation."""

import importlib
import sys
import threading
from dataclasses import dataclass
from typing import Any

from embedded_aws import hooks

_RESPONSES = hooks.use("ministack.core.responses", "get_account_id", "get_region")
_MOTO_STORE = "embedded_aws.lake_formation.moto_store"
LOCK = threading.RLock()
"""Held while grants are changed or read: streams and queries look at them from threads of their own."""


@dataclass(frozen=True)
class Grant:
    """What a principal has been granted on a resource (canonical)."""

    principal: str
    resource: dict[str, Any]
    permissions: frozenset[str]
    grantable: frozenset[str]


def scope() -> tuple[str, str]:
    """Account and Region of the call in hand."""
    return _RESPONSES.get_account_id(), _RESPONSES.get_region()


def moto() -> Any:
    """Give the module that talks to moto."""
    return importlib.import_module(_MOTO_STORE)


def used() -> bool:
    """Tell whether anybody has called Lake Formation yet; before that everything is as in a new account."""
    return _MOTO_STORE in sys.modules


def grants() -> list[Grant]:
    """Give all grants of the account and Region, in a fixed order."""
    if not used():
        return []
    with LOCK:
        found = [
            Grant(
                one.principal["DataLakePrincipalIdentifier"],
                one.resource,
                frozenset(one.permissions),
                frozenset(one.permissions_with_grant_options),
            )
            for one in moto().grants(scope())
        ]
    return sorted(found, key=lambda one: (one.principal, str(one.resource)))


def reset() -> None:
    """Forget everything."""
    if used():
        with LOCK:
            moto().reset()
