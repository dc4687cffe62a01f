"""Calls that AWS does not have, by which the demo and tests steer the embedded AWS: `/_embedded/<path>`, in JSON.

Nobody signs them: the server is on loopback alone.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from embedded_aws.server import AsgiApp, EmbeddedAws, Receive, Scope, Send

PREFIX = "/_embedded/"

Call = Callable[[dict[str, Any]], dict[str, Any]]


class InvalidControlError(ValueError):
    """What a control was sent is not what it takes; it is answered with 400 and the message."""


class Controls:
    """The controls that parts offer; `EmbeddedAws.controls`."""

    def __init__(self) -> None:
        self._calls: dict[tuple[str, str], Call] = {}

    def add(self, method: str, path: str, call: Call) -> None:
        """Offer a control.

        Args:
            method: such as `POST`.
            path: below `/_embedded/`.
            call: gets the body's JSON object, gives the answer's; it runs in a thread of its own.
        """
        self._calls[method, PREFIX + path] = call

    def find(self, method: str, path: str) -> Call | None:
        """Give the control for a request, if it is one."""
        return self._calls.get((method, path))


def install(aws: EmbeddedAws) -> None:
    """Answer controls in front of all services."""
    aws.controls = Controls()
    aws.app = _answering(aws.app, aws.controls)


def text_of(body: dict[str, Any], name: str) -> str:
    """Give a member of a control's body that must be text.

    Raises:
        InvalidControlError: it is missing or something else.
    """
    value = body.get(name)
    if not isinstance(value, str):
        raise InvalidControlError(f"{name}: must be text, not {value!r}")
    return value


def _answering(app: AsgiApp, controls: Controls) -> AsgiApp:
    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        call = controls.find(scope["method"], scope["path"]) if scope["type"] == "http" else None
        if call is None:
            await app(scope, receive, send)
            return
        status, answer = await asyncio.to_thread(_called, call, await _body(receive))
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    return application


def _called(call: Call, body: bytes) -> tuple[int, dict[str, Any]]:
    try:
        return 200, call(_object(body))
    except InvalidControlError as error:
        return 400, {"message": str(error)}


def _object(body: bytes) -> dict[str, Any]:
    try:
        sent = json.loads(body or b"{}")
    except ValueError as error:
        raise InvalidControlError(f"the body is no JSON: {error}") from error
    if not isinstance(sent, dict):
        raise InvalidControlError("the body must be a JSON object")
    return sent


async def _body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body
