"""A request as API Gateway's proxy integration hands it over."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from metering.access_log import ABSENT
from metering.times import EPOCH_MS

TENANT_CLAIM = "custom:tenant_id"
SUBJECT_CLAIM = "sub"
"""The tenant of a user who belongs to none: the user is a tenant of its own, as in the access log's rows."""


class RequestError(ValueError):
    """The event is no request of a proxy integration; the message names the member, the rule and the value's type."""


@dataclass(frozen=True)
class Request:
    """One request; whatever the gateway leaves out or writes as null is empty here."""

    method: str
    path_parameters: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    """Every value of each parameter, in order."""
    headers: Mapping[str, str]
    """Last value of each header, by its name in lower case."""
    claims: Mapping[str, str]
    """Of the caller's ID token; none on a route without authorizer."""
    stage_variables: Mapping[str, str]
    body: bytes
    time: datetime
    """When the gateway got the request, UTC: the only clock that there is."""

    @classmethod
    def of(cls, event: Any) -> Self:
        """Return the request that an event stands for.

        Raises:
            RequestError: it stands for none.
        """
        if not isinstance(event, Mapping):
            raise RequestError(f"event must be an object, got {type(event).__name__}")
        context = _object(event, "requestContext")
        return cls(
            str(event.get("httpMethod") or ""),
            _texts(event, "pathParameters"),
            _query(event),
            _headers(event),
            _texts(_object(context, "authorizer"), "claims"),
            _texts(event, "stageVariables"),
            _body(event),
            _time(context),
        )

    @property
    def tenant_id(self) -> str | None:
        """The caller's tenant, from the token and nothing else; None without a token.

        What the access log takes for no value is none here: who asks for a bill is who is billed.
        """
        named = (self.claims.get(claim, "") for claim in (TENANT_CLAIM, SUBJECT_CLAIM))
        return next((tenant for tenant in named if tenant not in ("", ABSENT)), None)

    def parameter(self, name: str) -> str | None:
        """Return the value of a query parameter, the last if it is there more than once; None if it is not."""
        values = self.query.get(name)
        return values[-1] if values else None


def _object(parent: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = parent.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise RequestError(f"{key} must be an object, got {type(value).__name__}")
    return value


def _texts(parent: Mapping[str, Any], key: str) -> dict[str, str]:
    return {name: str(value) for name, value in _object(parent, key).items() if value is not None}


def _query(event: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    repeated = _object(event, "multiValueQueryStringParameters")
    if not repeated:
        return {name: (value,) for name, value in _texts(event, "queryStringParameters").items()}
    return {name: tuple(map(str, values)) for name, values in repeated.items() if isinstance(values, list)}


def _headers(event: Mapping[str, Any]) -> dict[str, str]:
    return {name.lower(): value for name, value in _texts(event, "headers").items()}


def _body(event: Mapping[str, Any]) -> bytes:
    body = event.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise RequestError(f"body must be text, got {type(body).__name__}")
    if not event.get("isBase64Encoded"):
        return body.encode("utf-8", "surrogatepass")  # what is no UTF-8 then is for the reader to refuse
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise RequestError("body must be base64, as isBase64Encoded says, but is not") from None


def _time(context: Mapping[str, Any]) -> datetime:
    epoch_ms = context.get("requestTimeEpoch")
    if type(epoch_ms) is not int or epoch_ms not in EPOCH_MS:
        raise RequestError(f"requestContext.requestTimeEpoch must be milliseconds since 1970, got {epoch_ms!r:.40}")
    seconds, milliseconds = divmod(epoch_ms, 1000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=milliseconds * 1000)
