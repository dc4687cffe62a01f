"""What AWS's protocols refuse before a service sees it: bodies that are no JSON object.

AWS's SDKs never send them, and ministack takes them for granted: without this its faults would come back as 500.
"""

import json
import re
from collections.abc import Mapping, MutableMapping
from typing import Any

from embedded_aws.server import AsgiApp, EmbeddedAws, Receive, Scope, Send

_SIGNED_FOR = re.compile(r"Credential=[^/,]+/\d{8}/[^/,]+/([^/,]+)/aws4_request")
_REST_SERVICES = frozenset({"apigateway", "lakeformation", "lambda", "s3tables"})
_NO_JSON_DUE = re.compile(r"/_aws/|/iceberg/|/2014-11-13/functions/.*/invoke-async")
_INVOCATION = re.compile(r"/2015-03-31/functions/[^/]+/invocations/?")


def install(aws: EmbeddedAws) -> None:
    """Put the check before all services."""
    aws.app = _checking(aws.app)


def refusal(method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[str, str] | None:
    """Give AWS's error code and message for a call whose body its protocol does not allow, or None.

    Args:
        method: of the HTTP request.
        path: decoded, without the query.
        headers: names in lower case.
        body: as it came; an empty one stands for no parameters.
    """
    service = _service(method, path, headers)
    if service is None or not body or "content-encoding" in headers:
        return None
    try:
        sent = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        if service == "lambda":
            return "InvalidRequestContentException", f"Could not parse request body into json: {error}"
        return "SerializationException", f"The request's body is no JSON: {error}"
    if isinstance(sent, dict) or _INVOCATION.fullmatch(path):
        return None
    return "SerializationException", f"The request's body must be a JSON object, not {type(sent).__name__}"


def _service(method: str, path: str, headers: Mapping[str, str]) -> str | None:
    """Tell which service a call is for, if that service's protocol puts a JSON object into the body."""
    if ".execute-api." in headers.get("host", "") or _NO_JSON_DUE.match(path):
        return None
    if method == "POST" and path == "/" and "x-amz-target" in headers:
        return headers["x-amz-target"].split(".")[0]
    signed = _SIGNED_FOR.search(headers.get("authorization", ""))
    return signed.group(1) if signed and signed.group(1) in _REST_SERVICES else None


def _checking(app: AsgiApp) -> AsgiApp:
    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if _service(scope["method"], scope["path"], headers) is None:
            await app(scope, receive, send)
            return
        messages = await _received(receive)
        body = b"".join(message.get("body", b"") for message in messages)
        error = refusal(scope["method"], scope["path"], headers, body)
        if error is None:
            await app(scope, _again(messages, receive), send)
        else:
            await _answer(send, *error)

    return application


async def _received(receive: Receive) -> list[MutableMapping[str, Any]]:
    messages = [await receive()]
    while messages[-1]["type"] == "http.request" and messages[-1].get("more_body", False):
        messages.append(await receive())
    return messages


def _again(messages: list[MutableMapping[str, Any]], receive: Receive) -> Receive:
    left = iter(messages)

    async def receive_again() -> MutableMapping[str, Any]:
        message = next(left, None)
        return message if message is not None else await receive()

    return receive_again


async def _answer(send: Send, code: str, message: str) -> None:
    headers = [(b"content-type", b"application/x-amz-json-1.1"), (b"x-amzn-errortype", code.encode())]
    await send({"type": "http.response.start", "status": 400, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps({"__type": code, "message": message}).encode()})
