"""One request to a stage and all that is known of it, from which its access log line and metrics are made."""

import base64
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from embedded_aws.clock import CLOCK, epoch_milliseconds

INVALID_REQUEST_ID = "UUID_REPLACED_INVALID_REQUEST_ID"
"""What stands for a request id that the client chose and that is no UUID."""

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_AWS_HOST = re.compile(r"[a-z0-9-]+\.execute-api\.[a-z0-9-]+\.amazonaws\.com(\.cn)?")
_CURRENT: ContextVar["Exchange | None"] = ContextVar("exchange", default=None)


@dataclass
class Exchange:
    """A request and, step by step, its answer.

    Attributes:
        headers: the client's, names in lower case.
        request_id: the client may choose it, if it is a UUID.
        extended_request_id: never the client's to choose, never twice the same.
        arrived: by the embedded AWS's clock.
        admitted: it reached a REST API before the stop, so that an access log line is due.
        scope: account and Region of the API; None until the request reached a REST API.
        stage: the stage's settings; None if there is no such stage.
        request: ministack's view of the request, with the resource that matched.
        integration: the method's integration, once it is called.
        authorizer: `claims` of the token, or a Lambda authorizer's context; None unless it let the request through.
        error_type, error_message: the gateway response, if the gateway answered itself.
        integration_status: the status that the integrated service (Lambda) gave; None if it was not reached.
        integration_latency: milliseconds.
    """

    method: str
    headers: dict[str, str]
    source_ip: str
    request_id: str = ""
    extended_request_id: str = field(default_factory=lambda: base64.urlsafe_b64encode(os.urandom(11)).decode())
    arrived: datetime = field(default_factory=CLOCK.now)
    api_id: str = ""
    stage_name: str = ""
    path: str = ""
    admitted: bool = False
    scope: tuple[str, str] | None = None
    stage: dict[str, Any] | None = None
    request: dict[str, Any] = field(default_factory=dict)
    integration: dict[str, Any] = field(default_factory=dict)
    authorizer: dict[str, Any] | None = None
    error_type: str | None = None
    error_message: str | None = None
    integration_status: int | None = None
    integration_latency: int | None = None
    integration_error: str | None = None
    function_status: int | None = None
    status: int = 0
    response_length: int = 0
    response_latency: int = 0

    def __post_init__(self) -> None:
        chosen = self.headers.get("x-amzn-requestid")
        if chosen is None:
            self.request_id = str(uuid.uuid4())
        else:
            self.request_id = chosen if _UUID.fullmatch(chosen) else INVALID_REQUEST_ID

    @property
    def domain_name(self) -> str:
        """The name by which AWS serves the API, also when it was called by its address on loopback."""
        host = self.headers.get("host", "").split(":")[0]
        if _AWS_HOST.fullmatch(host):
            return host
        _, region = self.scope or ("", "")
        return f"{self.api_id}.execute-api.{region}.amazonaws.com"

    @property
    def request_time(self) -> str:
        """When it arrived, in the common log format."""
        return f"{self.arrived.astimezone(UTC):%d/%b/%Y:%H:%M:%S +0000}"

    @property
    def request_time_epoch(self) -> int:
        """When it arrived, in milliseconds since 1970."""
        return epoch_milliseconds(self.arrived)

    def context(self) -> dict[str, Any]:
        """Give the `$context` of the access log."""
        account, _ = self.scope or (None, None)
        error = {"message": self.error_message, "responseType": self.error_type}
        if self.error_message is not None:
            error["messageString"] = f'"{self.error_message}"'
        return {
            "accountId": account,
            "apiId": self.api_id,
            "authorizer": self.authorizer,
            "domainName": self.domain_name,
            "domainPrefix": self.domain_name.split(".")[0],
            "error": error,
            "extendedRequestId": self.extended_request_id,
            "httpMethod": self.method,
            "identity": {
                "apiKey": self.headers.get("x-api-key"),
                "sourceIp": self.source_ip,
                "userAgent": self.headers.get("user-agent"),
            },
            "integration": {
                "error": self.integration_error,
                "integrationStatus": self.integration_status,
                "latency": self.integration_latency,
                "status": self.function_status,
            },
            "integrationLatency": self.integration_latency,
            "integrationStatus": self.integration_status,
            "path": f"/{self.stage_name}{self.path}",
            "protocol": "HTTP/1.1",
            "requestId": self.request_id,
            "requestTime": self.request_time,
            "requestTimeEpoch": self.request_time_epoch,
            "resourcePath": self.request.get("resource_path") or None,
            "responseLatency": self.response_latency,
            "responseLength": self.response_length,
            "stage": self.stage_name,
            "status": self.status,
        }


def current() -> Exchange | None:
    """Give the request that is being served in this context."""
    return _CURRENT.get()


@contextmanager
def exchanging(exchange: Exchange) -> Iterator[None]:
    """Make an exchange the current one."""
    token = _CURRENT.set(exchange)
    try:
        yield
    finally:
        _CURRENT.reset(token)
