"""`GET /portal`: the customers' page. Anybody may load it; what it shows, it asks for with the customer's token."""

from functools import cache
from http import HTTPStatus
from typing import Any

import boto3

from portal import Config, ConfigError, Page, assemble
from proxy.request import Request, RequestError
from proxy.response import Response, cached, problem

CLIENT_ID = "user_pool_client_id"
"""Stage variable that names the app client."""


@cache
def cognito_endpoint() -> str:
    """Return the address of Cognito in the function's Region, as the SDK knows it; asked for once."""
    return str(boto3.client("cognito-idp").meta.endpoint_url)


@cache
def page(client_id: str) -> Page:
    """Return the page for an app client, made once."""
    return assemble(Config(client_id, cognito_endpoint()))


def handler(event: Any, _context: object) -> Response:
    """Answer with the page, or with 503 if the stage does not say through which client customers sign in."""
    try:
        request = Request.of(event)
    except RequestError as error:
        return problem(HTTPStatus.BAD_REQUEST, str(error))
    client_id = request.stage_variables.get(CLIENT_ID)
    if not client_id:
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, f"stage variable {CLIENT_ID}: must be there, got none")
    try:
        made = page(client_id)
    except ConfigError as error:
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, f"the portal is not set up: {error}")
    return cached(request, "text/html; charset=utf-8", made.html, made.headers)
