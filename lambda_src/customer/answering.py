"""What all answers to a customer have in common: who asks, and what is said if the services behind do not answer."""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from billing.catalogs import CatalogChangedError
from billing.documents import MissingObjectError
from billing.dynamo import BusyError
from proxy.request import Request
from proxy.response import Response, problem

logger = logging.getLogger(__name__)

SOON, LATER = "5", "60"
"""Seconds after which to ask again: what passes by itself, and what may take a person."""


def for_tenant(event: Any, answer: Callable[[Request, str], Response]) -> Response:
    """Answer a request of a tenant's, who is that of the token.

    Args:
        event: of the proxy integration.
        answer: gets the request and the tenant; whatever AWS refuses it is told as 503.

    Raises:
        proxy.request.RequestError: the event is no request.
    """
    request = Request.of(event)
    if request.tenant_id is None:
        return problem(HTTPStatus.UNAUTHORIZED, "this needs the ID token of a user who belongs to a tenant")
    try:
        return answer(request, request.tenant_id)
    except (MissingObjectError, CatalogChangedError) as error:
        logger.error("%s", error)  # noqa: TRY400 - the message says it all: an object's name
        return _unavailable("an object that this is made of is not where it must be", LATER)
    except (ClientError, BotoCoreError, BusyError):
        logger.exception("a service did not answer")
        return _unavailable("a service that this is made of does not answer at present", SOON)


def unknown_number() -> Response:
    """Answer that the tenant has no such document: the same, to the byte, whether another tenant has one or nobody."""
    return problem(HTTPStatus.NOT_FOUND, "you have no invoice and no credit note of this number")


def _unavailable(detail: str, seconds: str) -> Response:
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, {"Retry-After": seconds})
