"""Glue: the federated catalog of S3 Tables, and what lies below it, with the permissions that AWS asks for.

Calls about the account's own catalog go on to ministack.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from embedded_aws import hooks, iam
from embedded_aws.called_resource import Call, authorize_by
from embedded_aws.glue import catalogs, federation
from embedded_aws.glue.arns import resources
from embedded_aws.glue.catalogs import CatalogId, GlueError
from embedded_aws.server import EmbeddedAws

Answer = tuple[int, dict[str, str], bytes]

_GLUE = hooks.use("ministack.services.glue", "handle_request")
_RESPONSES = hooks.use("ministack.core.responses", "error_response_json", "json_response")
_ROUTER = hooks.use("ministack.core.router", "extract_access_key_id")

_OF_CATALOGS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "CreateCatalog": catalogs.create,
    "GetCatalog": lambda data: catalogs.get(data["CatalogId"]),
    "GetCatalogs": catalogs.get_all,
    "UpdateCatalog": catalogs.update,
    "DeleteCatalog": catalogs.delete,
}
_OF_CHILDREN: dict[str, Callable[[CatalogId, dict[str, Any]], dict[str, Any]]] = {
    "GetDatabases": lambda catalog, _: federation.get_databases(catalog),
    "GetDatabase": lambda catalog, data: federation.get_database(catalog, data["Name"]),
    "GetTables": lambda catalog, data: federation.get_tables(catalog, data["DatabaseName"]),
    "GetTable": lambda catalog, data: federation.get_table(catalog, data["DatabaseName"], data["Name"]),
}


def install(aws: EmbeddedAws) -> None:  # noqa: ARG001 - every part has this signature
    """Put this part in place."""
    _GLUE.handle_request = _with_catalogs(_GLUE.handle_request)
    authorize_by("glue", _catalog_arn)


def _with_catalogs(handle: Callable[..., Awaitable[Answer]]) -> Callable[..., Awaitable[Answer]]:
    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Answer:
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        data = json.loads(body or b"{}") if action in {*_OF_CATALOGS, *_OF_CHILDREN} else {}
        catalog = CatalogId.parse(data.get("CatalogId"))
        if action not in _OF_CATALOGS and not catalog.path:
            return await handle(method, path, headers, body, query)
        try:
            principal = iam.caller(_ROUTER.extract_access_key_id(headers, query))
            iam.require(principal, f"glue:{action}", *resources(action, data))
            if action == "CreateCatalog":
                iam.require(principal, "glue:PassConnection", catalogs.connection_arn())
            if action in _OF_CATALOGS:
                return _json(_OF_CATALOGS[action](data))
            if catalog.bucket is None:
                return _error("EntityNotFoundException", f"Catalog {catalog.path} has no databases.")
            return _json(_OF_CHILDREN[action](catalog, data))
        except iam.AccessDeniedError as error:
            return _error("AccessDeniedException", str(error))
        except GlueError as error:
            return _error(error.code, error.message)

    return handle_request


def _catalog_arn(call: Call) -> str | None:
    """Name the first of the ARNs that AWS checks; the handler above demands them all.

    ministack knows one ARN, and no catalog but the account's own.
    """
    if call.action not in {*_OF_CATALOGS, *_OF_CHILDREN}:
        return None
    data = call.data()
    if call.action in _OF_CHILDREN and not CatalogId.parse(data.get("CatalogId")).path:
        return None
    return resources(call.action, data)[0]


def _json(body: dict[str, Any]) -> Answer:
    answer: Answer = _RESPONSES.json_response(body)
    return answer


def _error(code: str, message: str) -> Answer:
    answer: Answer = _RESPONSES.error_response_json(code, message, 400)
    return answer
