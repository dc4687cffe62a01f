"""The three protocols in which CloudWatch is spoken to: JSON (boto3), CBOR (newer SDKs), query with XML (older ones).

Requests and answers are dicts of AWS's own model here; only this module knows how they travel.
"""

import base64
import functools
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

import botocore.session

from embedded_aws import hooks
from embedded_aws.cloudwatch import cbor

_RESPONSES = hooks.use("ministack.core.responses", "new_uuid")

NAMESPACE: Final = "http://monitoring.amazonaws.com/doc/2010-08-01/"
JSON, CBOR, QUERY = "json", "cbor", "query"
_CBOR_HEADERS: Final = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
_JSON_HEADERS: Final = {"Content-Type": "application/x-amz-json-1.0"}
_OPERATION = re.compile(r"/operation/([^/?]+)")
_SERVER_ERROR = 500

Answer = tuple[int, dict[str, str], bytes]


class MalformedError(ValueError):
    """A request that is not of its protocol's or its operation's form."""


@functools.cache
def model() -> Any:
    """Give botocore's model of CloudWatch."""
    return botocore.session.get_session().get_service_model("cloudwatch")


def protocol_of(headers: Mapping[str, str]) -> str:
    """Tell in which protocol a request speaks."""
    kind = headers.get("content-type", "")
    if "cbor" in kind or "cbor" in headers.get("smithy-protocol", ""):
        return CBOR
    return JSON if "json" in kind or headers.get("x-amz-target") else QUERY


def operation_of(headers: Mapping[str, str], path: str, query: Mapping[str, Any], body: bytes) -> str:
    """Tell which operation a request calls; empty if it says none."""
    if target := headers.get("x-amz-target"):
        return target.rsplit(".", 1)[-1]
    if match := _OPERATION.search(path):
        return match[1]
    return _form(query, body).get("Action", "")


def request(protocol: str, operation: str, query: Mapping[str, Any], body: bytes) -> dict[str, Any]:
    """Read a request of a known operation; times become datetimes.

    Raises:
        MalformedError: it cannot be read.
    """
    shape = model().operation_model(operation).input_shape
    if shape is None:
        return {}
    try:
        if protocol == QUERY:
            found = _from_form(shape, _form(query, body), "")
            return found or {}
        sent = json.loads(body or b"{}") if protocol == JSON else cbor.read(body)
    except ValueError as error:
        raise MalformedError(f"The request's body cannot be read: {type(error).__name__}") from error
    typed: dict[str, Any] = _typed(shape, sent or {})
    return typed


def answer(protocol: str, operation: str, result: Mapping[str, Any]) -> Answer:
    """Write the answer of an operation; members that are None are left out."""
    shape = model().operation_model(operation).output_shape
    if protocol == CBOR:
        return 200, dict(_CBOR_HEADERS), cbor.written(_present(result))
    if protocol == JSON:
        return (
            200,
            {"Content-Type": "application/x-amz-json-1.0"},
            json.dumps(_present(result), default=_epoch).encode(),
        )
    inner = _xml(shape, result) if shape is not None else ""
    wrapped = f"<{operation}Result>{inner}</{operation}Result>" if shape is not None else ""
    return 200, {"Content-Type": "text/xml"}, _envelope(f"{operation}Response", wrapped)


def failure(protocol: str, code: str, message: str, status: int = 400) -> Answer:
    """Write an error."""
    fault = "Sender" if status < _SERVER_ERROR else "Receiver"
    if protocol == QUERY:
        told = f"<Type>{fault}</Type><Code>{code}</Code><Message>{escape(message)}</Message>"
        told = f"<Error>{told}</Error><RequestId>{_RESPONSES.new_uuid()}</RequestId>"
        body = f'<ErrorResponse xmlns="{NAMESPACE}">{told}</ErrorResponse>'
        return status, {"Content-Type": "text/xml"}, body.encode()
    told_as = {"__type": code, "message": message}
    headers = {"x-amzn-query-error": f"{code};{fault}"}
    if protocol == CBOR:
        return (
            status,
            headers | {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"},
            cbor.written(told_as),
        )
    return status, headers | {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(told_as).encode()


def typed_answer(operation: str, told: Any) -> dict[str, Any]:
    """Give times in an answer that was written in JSON their type."""
    shape = model().operation_model(operation).output_shape
    typed: dict[str, Any] = _typed(shape, told) if shape is not None else {}
    return typed


def _form(query: Mapping[str, Any], body: bytes) -> dict[str, str]:
    given = {key: value[0] if isinstance(value, list) else value for key, value in query.items()}
    return given | dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _from_form(shape: Any, form: Mapping[str, str], path: str) -> Any:
    """Read what stands below a path of a form, `Dimensions.member.1.Name` and the like; None if there is nothing."""
    if shape.type_name == "structure":
        members = {name: _from_form(of, form, f"{path}.{name}" if path else name) for name, of in shape.members.items()}
        return {name: value for name, value in members.items() if value is not None} or None
    if shape.type_name == "list":
        items: list[Any] = []
        while (item := _from_form(shape.member, form, f"{path}.member.{len(items) + 1}")) is not None:
            items.append(item)
        return items or None
    text = form.get(path)
    return None if text is None else _scalar(shape, text)


def _scalar(shape: Any, text: str) -> Any:
    match shape.type_name:
        case "boolean":
            return text == "true"
        case "integer" | "long":
            return int(text)
        case "double" | "float":
            return float(text)
        case "timestamp":
            return _moment(text)
        case "blob":
            return base64.b64decode(text)
    return text


def _typed(shape: Any, value: Any) -> Any:
    if value is None:
        return None
    if shape.type_name == "structure":
        if not isinstance(value, dict):
            raise MalformedError(f"A structure is expected, not {type(value).__name__}")
        return {name: _typed(shape.members[name], item) for name, item in value.items() if name in shape.members}
    if shape.type_name == "list":
        if not isinstance(value, list):
            raise MalformedError(f"A list is expected, not {type(value).__name__}")
        return [_typed(shape.member, item) for item in value]
    return _moment(value) if shape.type_name == "timestamp" else value


def _moment(value: Any) -> datetime:
    """Read a time in whichever form a protocol has it: a datetime, seconds since 1970, or ISO 8601."""
    try:
        if isinstance(value, datetime):
            return value if value.tzinfo else value.replace(tzinfo=UTC)
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        moment = datetime.fromisoformat(str(value))
    except (ValueError, OverflowError) as error:
        raise MalformedError(f"Not a time: {value!r}") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _present(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _present(item) for name, item in value.items() if item is not None}
    return [_present(item) for item in value] if isinstance(value, list) else value


def _epoch(value: Any) -> float:
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"no JSON: {type(value).__name__}")


def _xml(shape: Any, value: Any) -> str:
    """Write a value of the model as the query protocol does."""
    if shape.type_name == "structure":
        parts = []
        for name, member in shape.members.items():
            if value.get(name) is not None:
                parts.append(f"<{name}>{_xml(member, value[name])}</{name}>")
        return "".join(parts)
    if shape.type_name == "list":
        return "".join(f"<member>{_xml(shape.member, item)}</member>" for item in value)
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03d}Z"
    return escape(str(value).lower() if isinstance(value, bool) else str(value))


def _envelope(tag: str, inner: str) -> bytes:
    told = f"<ResponseMetadata><RequestId>{_RESPONSES.new_uuid()}</RequestId></ResponseMetadata>"
    return f'<{tag} xmlns="{NAMESPACE}">{inner}{told}</{tag}>'.encode()
