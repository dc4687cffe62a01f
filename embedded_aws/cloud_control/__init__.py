"""Cloud Control for `AWS::S3Tables::Table`, the one type that the program makes through it.

ministack stores any JSON of any type and says SUCCESS; here a request makes the real table, and every other type is
refused. Requests end before they are answered: what AWS says on a later GetResourceRequestStatus is already in the
first answer.
"""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

from embedded_aws import hooks, iam
from embedded_aws.cloud_control import patch, table_handler
from embedded_aws.cloud_control.schema import CREATE_ONLY, READ_ONLY, TYPE_NAME, violations
from embedded_aws.cloud_control.table_handler import HandlerError
from embedded_aws.server import EmbeddedAws

Answer = tuple[int, dict[str, str], bytes]

_CLOUD_CONTROL = hooks.use("ministack.services.cloudcontrol", "_record_request", "_requests", "handle_request")
_RESPONSES = hooks.use("ministack.core.responses", "AccountRegionScopedDict", "error_response_json", "json_response")
_ROUTER = hooks.use("ministack.core.router", "extract_access_key_id")


class RequestError(Exception):
    """A request that is refused at once: an error code of the API and the reason."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def install(aws: EmbeddedAws) -> None:  # noqa: ARG001 - every part has this signature
    """Put this part in place."""
    service, requests = _Service(), _CLOUD_CONTROL.handle_request

    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Answer:
        operation = service.operations.get(headers.get("x-amz-target", "").rpartition(".")[2])
        if operation is None:  # GetResourceRequestStatus, CancelResourceRequest, ListResourceRequests
            answer: Answer = await requests(method, path, headers, body, query)
            return answer
        try:
            principal = iam.caller(_ROUTER.extract_access_key_id(headers, query))
            answer = _RESPONSES.json_response(operation(json.loads(body or b"{}"), principal))
        except RequestError as error:
            answer = _RESPONSES.error_response_json(error.code, error.message, 400)
        return answer

    _CLOUD_CONTROL.handle_request = handle_request


class _Service:
    """The operations on resources; those on requests are ministack's."""

    def __init__(self) -> None:
        self.operations: dict[str, Callable[[dict[str, Any], iam.Principal], dict[str, Any]]] = {
            "CreateResource": self._create,
            "GetResource": self._get,
            "UpdateResource": self._update,
            "DeleteResource": self._delete,
            "ListResources": self._list,
        }
        self._by_client_token: Any = _RESPONSES.AccountRegionScopedDict()

    def _create(self, data: dict[str, Any], principal: iam.Principal) -> dict[str, Any]:
        _check_type(data)
        model = _parsed(data, "DesiredState")
        _check_model(model)

        def make() -> str:
            bucket = model["TableBucketARN"]
            iam.require(principal, "s3tables:CreateTable", bucket)
            if "IcebergMetadata" in model:
                iam.require(principal, "s3tables:PutTableData", f"{bucket}/table/*")
            return table_handler.create(model)

        return self._once("CREATE", data, make)

    def _get(self, data: dict[str, Any], principal: iam.Principal) -> dict[str, Any]:
        _check_type(data)
        return {"TypeName": TYPE_NAME, "ResourceDescription": _description(data["Identifier"], principal)}

    def _update(self, data: dict[str, Any], principal: iam.Principal) -> dict[str, Any]:
        _check_type(data)
        identifier, operations = data["Identifier"], _parsed(data, "PatchDocument")
        current = json.loads(_description(identifier, principal)["Properties"])
        model = _patched(current, operations)

        def change() -> str:
            iam.require(principal, "s3tables:PutTableMaintenanceConfiguration", identifier)
            table_handler.update(identifier, model)
            return str(identifier)

        return self._once("UPDATE", data, change)

    def _delete(self, data: dict[str, Any], principal: iam.Principal) -> dict[str, Any]:
        _check_type(data)
        identifier = data["Identifier"]

        def remove() -> str:
            iam.require(principal, "s3tables:DeleteTable", identifier)
            table_handler.delete(identifier)
            return str(identifier)

        return self._once("DELETE", data, remove)

    def _list(self, data: dict[str, Any], principal: iam.Principal) -> dict[str, Any]:
        _check_type(data)
        model = _parsed(data, "ResourceModel") if data.get("ResourceModel") else {}
        found = [_description(arn, principal) for arn in table_handler.table_arns(model)]
        return {"TypeName": TYPE_NAME, "ResourceDescriptions": found}

    def _once(self, operation: str, data: dict[str, Any], act: Callable[[], str]) -> dict[str, Any]:
        """Act, unless the client's token says that it was done; record and answer the request.

        Raises:
            RequestError: the token came with another request before.
        """
        token = data.get("ClientToken")
        said = json.dumps([operation, data], sort_keys=True)
        if token in self._by_client_token:
            before, event = self._by_client_token[token]
            if before != said:
                raise RequestError("ClientTokenConflictException", f"ClientToken {token} came with another request")
            return {"ProgressEvent": event}
        event = _CLOUD_CONTROL._record_request(_progress(operation, data, act))
        if token:
            self._by_client_token[token] = (said, event)
        return {"ProgressEvent": event}


def _progress(operation: str, data: dict[str, Any], act: Callable[[], str]) -> dict[str, Any]:
    event = {"TypeName": TYPE_NAME, "RequestToken": str(uuid.uuid4()), "Operation": operation, "EventTime": time.time()}
    if "Identifier" in data:
        event["Identifier"] = data["Identifier"]
    try:
        event["Identifier"] = act()
    except HandlerError as error:
        return {**event, "OperationStatus": "FAILED", "ErrorCode": error.code, "StatusMessage": error.message}
    except iam.AccessDeniedError as error:
        return {**event, "OperationStatus": "FAILED", "ErrorCode": "AccessDenied", "StatusMessage": str(error)}
    if operation != "DELETE":
        event["ResourceModel"] = json.dumps(table_handler.read(str(event["Identifier"])))
    return {**event, "OperationStatus": "SUCCESS"}


def _check_type(data: dict[str, Any]) -> None:
    name = data.get("TypeName")
    if name != TYPE_NAME:
        raise RequestError("UnsupportedTypeException", f"Resource type {name}: the embedded AWS has {TYPE_NAME} only")


def _parsed(data: dict[str, Any], key: str) -> Any:
    try:
        return json.loads(data.get(key, ""))
    except ValueError as error:
        raise RequestError("InvalidRequestException", f"{key} is no JSON document: {error}") from error


def _check_model(model: Any) -> None:
    found = violations(model)
    if found:
        raise RequestError("ValidationException", f"Model validation failed ({'; '.join(found)})")


def _description(identifier: str, principal: iam.Principal) -> dict[str, str]:
    try:
        iam.require(principal, "s3tables:GetTable", identifier)
        properties = table_handler.read(identifier)
    except iam.AccessDeniedError as error:
        raise RequestError("AccessDeniedException", str(error)) from error
    except HandlerError as error:
        raise RequestError("ResourceNotFoundException", error.message) from error
    return {"Identifier": identifier, "Properties": json.dumps(properties)}


def _patched(current: dict[str, Any], operations: Any) -> dict[str, Any]:
    """Apply an update's patch to what can be read, and check what it changes."""
    try:
        model = patch.apply(current, operations)
    except patch.PatchError as error:
        raise RequestError("InvalidRequestException", f"Invalid patch update: {error}") from error
    touched = {path[0] for path in patch.paths(operations)}
    for what, names, code in (
        ("createOnlyProperties", CREATE_ONLY, "NotUpdatableException"),
        ("readOnlyProperties", READ_ONLY, "ValidationException"),
    ):
        changed = [name for name in names if name in touched and model.get(name) != current.get(name)]
        if changed:
            named = ", ".join(f"/properties/{name}" for name in changed)
            raise RequestError(code, f"Invalid patch update: {what} [{named}] cannot be updated")
    _check_model({key: value for key, value in model.items() if key not in READ_ONLY})
    return model
