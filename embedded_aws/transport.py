"""How requests come: over plain HTTP on loopback, which stands for TLS on AWS's network.

Without this a policy that refuses plain HTTP, as every bucket and queue of the program has one, would refuse all. A
request with `X-Forwarded-Proto: http` counts as plain, so that a test can see the refusal.
"""

from contextvars import ContextVar

from embedded_aws import hooks
from embedded_aws.server import AsgiApp, EmbeddedAws, Receive, Scope, Send

_APP = hooks.use("ministack.app", "pin_request_origin")

_plain: ContextVar[bool] = ContextVar("plain", default=False)


def install(aws: EmbeddedAws) -> None:
    """Let requests count as sent over TLS."""
    pin = _APP.pin_request_origin

    def pin_request_origin(source_ip: str, _secure: bool) -> None:
        pin(source_ip, not _plain.get())

    _APP.pin_request_origin = pin_request_origin
    aws.app = _noting(aws.app)


def _noting(app: AsgiApp) -> AsgiApp:
    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        _plain.set((b"x-forwarded-proto", b"http") in scope.get("headers", []))
        await app(scope, receive, send)

    return application
