"""Lake Formation: data-lake settings, registered locations and grants, kept by moto and enforced by the services.

ministack does not have this service; it authenticates its callers and checks their IAM policies all the same.
"""

import json
from collections.abc import Callable
from typing import Any

from embedded_aws import constraints, hooks, iam
from embedded_aws.lake_formation import grants, registrations, settings, store
from embedded_aws.lake_formation.errors import LakeFormationError
from embedded_aws.refusals import RefusedCallError
from embedded_aws.resetting import on_reset
from embedded_aws.server import EmbeddedAws

Answer = tuple[int, dict[str, str], bytes]

SERVICE = "lakeformation"
_APP = hooks.use("ministack.app", "SERVICE_HANDLERS")
_ACTIONS = hooks.use("ministack.core.iam_actions", "SERVICE_TO_IAM_NAMESPACE", "_BOTOCORE_SERVICE_MAP")
_ROUTER = hooks.use("ministack.core.router", "SERVICE_PATTERNS", "extract_access_key_id")
_RESPONSES = hooks.use("ministack.core.responses", "error_response_json", "json_response")

_OWN: dict[str, Callable[[iam.Principal, dict[str, Any]], dict[str, Any]]] = {
    "GetDataLakeSettings": lambda _, data: settings.get(data),
    "PutDataLakeSettings": lambda _, data: settings.put(data),
    "GetDataLakePrincipal": lambda caller, _: {"Identity": caller.arn},
    "RegisterResource": registrations.register,
    "UpdateResource": registrations.update,
    "GrantPermissions": grants.grant,
    "RevokePermissions": grants.revoke,
    "BatchGrantPermissions": lambda caller, data: grants.batch(grants.grant, caller, data),
    "BatchRevokePermissions": lambda caller, data: grants.batch(grants.revoke, caller, data),
    "ListPermissions": lambda _, data: grants.listed(data),
    "ListLakeFormationOptIns": lambda _, __: {"LakeFormationOptInsInfoList": []},
}
"""What moto does not answer, or not as AWS does; all else goes to moto."""


def install(aws: EmbeddedAws) -> None:  # noqa: ARG001 - every part has this signature
    """Make it a service of ministack, found by the name that requests are signed for."""
    _ROUTER.SERVICE_PATTERNS[SERVICE] = {"host_patterns": [r"lakeformation\."]}
    _ACTIONS.SERVICE_TO_IAM_NAMESPACE[SERVICE] = SERVICE
    _ACTIONS._BOTOCORE_SERVICE_MAP[SERVICE] = [SERVICE]
    _APP.SERVICE_HANDLERS[SERVICE] = handle_request
    on_reset(store.reset)


async def handle_request(
    method: str,  # noqa: ARG001 - every call is a POST
    path: str,
    headers: dict[str, str],
    body: bytes,
    query: dict[str, Any],
) -> Answer:
    """Answer a call; ministack has found that the caller's policies allow it."""
    action, data = path.strip("/"), json.loads(body or b"{}")
    try:
        constraints.check(SERVICE, action, data)
        caller = iam.caller(_ROUTER.extract_access_key_id(headers, query))
        if action in _OWN:
            return _json(_OWN[action](caller, data))
        answer: Answer | None = store.moto().answer(store.scope(), action, data)
        return answer or _error("InternalServiceException", f"the embedded AWS has no {action} of Lake Formation")
    except iam.AccessDeniedError as error:
        return _error("AccessDeniedException", str(error))
    except RefusedCallError as error:
        return _error(error.code, str(error))
    except LakeFormationError as error:
        return _error(error.code, error.message)


def _json(body: dict[str, Any]) -> Answer:
    answer: Answer = _RESPONSES.json_response(body, content_type="application/json")
    return answer


def _error(code: str, message: str) -> Answer:
    answer: Answer = _RESPONSES.error_response_json(code, message, 400, content_type="application/json")
    return answer
