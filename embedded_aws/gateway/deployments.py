"""Deployments as AWS has them: a copy of the API as it was, which its stages serve whatever is edited later."""

import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from embedded_aws import hooks

STORES = ("_resources", "_authorizers_v1", "_request_validators", "_models")
"""ministack's stores that a deployment contains; it keeps gateway responses per deployment itself."""

_API = hooks.use(
    "ministack.services.apigateway_v1",
    *STORES,
    "_create_deployment",
    "_delete_deployment",
    "_stages_v1",
    "_v1_error",
    "method_authorization_type",
    "stages_for_api",
)


@dataclass(frozen=True)
class Snapshot:
    """What an API was when it was deployed: the value of each of the STORES."""

    api_id: str
    stores: dict[str, Any]


_SNAPSHOTS: dict[tuple[str, str], Snapshot] = {}
_SERVED: ContextVar[Snapshot | None] = ContextVar("served_deployment", default=None)


def install() -> None:
    """Take a copy at CreateDeployment, and let requests see it."""
    for name in STORES:
        setattr(_API, name, _deployed(name, getattr(_API, name)))
    create, delete, authorization = _API._create_deployment, _API._delete_deployment, _API.method_authorization_type

    def create_deployment(api_id: str, data: dict[str, Any]) -> Any:
        refused = _undeployable(api_id)
        response = refused or create(api_id, data)
        if response[0] == 201:  # noqa: PLR2004 - Created
            stores = {name: copy.deepcopy(getattr(_API, name).get(api_id, {})) for name in STORES}
            _SNAPSHOTS[api_id, json.loads(response[2])["id"]] = Snapshot(api_id, stores)
        return response

    def delete_deployment(api_id: str, deployment_id: str) -> Any:
        if any(stage["deploymentId"] == deployment_id for stage in _API._stages_v1.get(api_id, {}).values()):
            message = "Active stages pointing to this deployment must be moved or deleted"
            return _API._v1_error("BadRequestException", message, 400)
        response = delete(api_id, deployment_id)
        _SNAPSHOTS.pop((api_id, deployment_id), None)
        return response

    def authorization_type(api_id: str, stage_name: str, method: str, path: str) -> Any:
        with serving(api_id, _API.stages_for_api(api_id).get(stage_name)):
            return authorization(api_id, stage_name, method, path)

    _API._create_deployment, _API._delete_deployment = create_deployment, delete_deployment
    _API.method_authorization_type = authorization_type


@contextmanager
def serving(api_id: str, stage: dict[str, Any] | None) -> Iterator[None]:
    """Let ministack see the deployment of a stage in place of the API as it is now."""
    token = _SERVED.set(_SNAPSHOTS.get((api_id, (stage or {}).get("deploymentId", ""))))
    try:
        yield
    finally:
        _SERVED.reset(token)


def _deployed(name: str, live: Any) -> Any:
    """Give a store that holds what `live` holds, and shows the served deployment's part while there is one."""

    class Deployed(type(live)):  # type: ignore[misc] # ministack is imported only now
        __slots__ = ()

        def get(self, key: str, default: Any = None) -> Any:
            snapshot = _SERVED.get()
            if snapshot is not None and key == snapshot.api_id:
                return snapshot.stores[name]
            return super().get(key, default)

    store = Deployed()
    store._data = live._data
    return store


def _undeployable(api_id: str) -> Any:
    """Give AWS's refusal to deploy an API that lacks methods or integrations, or None."""
    methods = [
        method
        for resource in _API._resources.get(api_id, {}).values()
        for method in resource.get("resourceMethods", {}).values()
    ]
    message = None
    if not methods:
        message = "The REST API doesn't contain any methods"
    elif not all(method.get("methodIntegration") for method in methods):
        message = "No integration defined for method"
    return _API._v1_error("BadRequestException", message, 400) if message else None
