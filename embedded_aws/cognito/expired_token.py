"""A call that AWS does not have: an expired ID token, for tests.

Cognito's shortest validity is five minutes; no test waits that long, and the program's client is not bent for one.

    POST /_embedded/cognito/expired-token   {"IdToken": "<valid ID token>"}   ->   {"IdToken": "<the same, expired>"}
"""

import base64
import json
import time
from typing import Any

from embedded_aws import hooks
from embedded_aws.server import AsgiApp, Receive, Scope, Send

_COGNITO = hooks.use("ministack.services.cognito", "_signature_valid", "_signed_jwt")

PATH = "/_embedded/cognito/expired-token"
AGE_SECONDS = 60
"""How long ago the token expired."""


class InvalidTokenError(ValueError):
    """What was sent is no ID token of a user pool here."""


def expire(token: str) -> str:
    """Give an ID token once more, validly signed, and as if it had been issued so early that it has expired.

    Raises:
        InvalidTokenError: it is no JWT, not signed by its pool, or no ID token.
    """
    claims = _claims(token)
    if claims.get("token_use") != "id" or not _COGNITO._signature_valid(token):
        raise InvalidTokenError("IdToken: must be an ID token that a user pool of this server has signed")
    shift = claims["exp"] - int(time.time()) + AGE_SECONDS
    earlier = {name: claims[name] - shift for name in ("iat", "exp", "auth_time")}
    expired: str = _COGNITO._signed_jwt({**claims, **earlier}, str(claims["iss"]).rsplit("/", 1)[-1], "id")
    return expired


def answering(app: AsgiApp) -> AsgiApp:
    """Answer the call in front of an application."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or (scope["method"], scope["path"]) != ("POST", PATH):
            await app(scope, receive, send)
            return
        status, answer = _answer(await _body(receive))
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    return application


def _answer(body: bytes) -> tuple[int, dict[str, str]]:
    try:
        sent = json.loads(body)
        token = sent.get("IdToken") if isinstance(sent, dict) else None
        if not isinstance(token, str):
            raise InvalidTokenError('the body must be {"IdToken": "..."}')
        return 200, {"IdToken": expire(token)}
    except ValueError as error:
        return 400, {"message": str(error)}


def _claims(token: str) -> dict[str, Any]:
    try:
        _, body, _ = token.split(".")
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except ValueError as error:
        raise InvalidTokenError("IdToken: is no JSON web token") from error
    return claims if isinstance(claims, dict) else {}


async def _body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body
