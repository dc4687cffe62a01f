"""Glue: the federated catalog of S3 Tables, what lies below it, and resource links, with the permissions that AWS asks.

Calls about all else in the account's own catalog go on to ministack.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from embedded_aws import hooks, iam
from embedded_aws.called_resource import Call, authorize_by
from embedded_aws.glue import catalogs, databases, links, visible
from embedded_aws.glue.arns import resources
from embedded_aws.glue.catalogs import CatalogId, GlueError
from embedded_aws.lake_formation import access
from embedded_aws.lake_formation import grants as lake_formation_grants
from embedded_aws.lake_formation.errors import InsufficientPermissionsError
from embedded_aws.lake_formation.resources import Database
from embedded_aws.resetting import on_reset
from embedded_aws.server import EmbeddedAws

Answer = tuple[int, dict[str, str], bytes]

_GLUE = hooks.use("ministack.services.glue", "handle_request")
_RESPONSES = hooks.use("ministack.core.responses", "error_response_json", "json_response")
_ROUTER = hooks.use("ministack.core.router", "extract_access_key_id")
_OK = 200

_OF_CATALOGS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "CreateCatalog": catalogs.create,
    "GetCatalog": lambda data: catalogs.get(data["CatalogId"]),
    "GetCatalogs": catalogs.get_all,
    "UpdateCatalog": catalogs.update,
    "DeleteCatalog": catalogs.delete,
}
_READS = frozenset(visible.ANSWERS)
_WRITES = frozenset(("CreateDatabase", "UpdateDatabase", "DeleteDatabase"))
_ALL = frozenset(_OF_CATALOGS) | _READS | _WRITES


def install(aws: EmbeddedAws) -> None:  # noqa: ARG001 - every part has this signature
    """Put this part in place."""
    links.install()
    _GLUE.handle_request = _with_catalogs(_GLUE.handle_request)
    authorize_by("glue", _first_arn)
    on_reset(catalogs.reset)


def _with_catalogs(handle: Callable[..., Awaitable[Answer]]) -> Callable[..., Awaitable[Answer]]:
    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Answer:
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        if action not in _ALL:
            return await handle(method, path, headers, body, query)
        data = json.loads(body or b"{}")
        try:
            caller = iam.caller(_ROUTER.extract_access_key_id(headers, query))
            iam.require(caller, f"glue:{action}", *resources(action, data))
            found = _answer(action, caller, data)
            if found is not None:
                return _json(found)
            answer = await handle(method, path, headers, body, query)
        except (iam.AccessDeniedError, InsufficientPermissionsError) as error:
            return _error("AccessDeniedException", str(error))
        except GlueError as error:
            return _error(error.code, error.message)
        if action == "DeleteDatabase" and answer[0] == _OK:
            lake_formation_grants.forget(Database(CatalogId.parse(None).id, data["Name"]))
        return answer

    return handle_request


def _answer(action: str, caller: iam.Principal, data: dict[str, Any]) -> dict[str, Any] | None:
    """Answer a call that the caller's policies allow; None leaves it to ministack."""
    catalog = CatalogId.parse(data.get("CatalogId"))
    if action in _OF_CATALOGS:
        if action == "CreateCatalog":
            iam.require(caller, "glue:PassConnection", catalogs.connection_arn())
            access.demand_create(caller, "CREATE_CATALOG")
        return _OF_CATALOGS[action](data)
    if catalog.path:
        if catalog.bucket is None:
            raise GlueError("EntityNotFoundException", f"Catalog {catalog.path} has no databases.")
        if action in _WRITES:
            raise GlueError("InvalidInputException", f"the embedded AWS has no {action} in a catalog of S3 Tables")
        return visible.ANSWERS[action](catalog, data, caller)
    if action == "CreateDatabase":
        access.demand_create(caller, "CREATE_DATABASE")
    if action in _WRITES:
        return None
    if action in {"GetDatabase", "GetDatabases"}:
        return databases.OF_OWN_CATALOG[action](caller, data)
    return databases.through_link(action, caller, data)


def _first_arn(call: Call) -> str | None:
    """Name the first of the ARNs that AWS checks; the handler above demands them all.

    ministack knows one ARN, takes a database's name for a table's, and no catalog but the account's own.
    """
    return resources(call.action, call.data())[0] if call.action in _ALL else None


def _json(body: dict[str, Any]) -> Answer:
    answer: Answer = _RESPONSES.json_response(body)
    return answer


def _error(code: str, message: str) -> Answer:
    answer: Answer = _RESPONSES.error_response_json(code, message, 400)
    return answer
