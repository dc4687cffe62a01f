"""`GET /random/strings`: the sample product behind the metered API."""

import json
from http import HTTPStatus
from typing import Any

from metering.quota import guard
from sample_product.random_strings import ParameterError, parse_request, random_strings


def _answer(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer a proxy event with a JSON list of strings, or a 400 that names parameter, rule and value."""
    try:
        request = parse_request(_parameters(event))
    except ParameterError as error:
        problem = {"parameter": error.parameter, "rule": error.rule, "value": error.value}
        return _response(HTTPStatus.BAD_REQUEST, {"message": str(error), **problem})
    return _response(HTTPStatus.OK, random_strings(request))


handler = guard(_answer, ["api_calls"])
"""The same, but a 429 for a tenant who is over a hard limit of its plan on API calls."""


def _parameters(event: dict[str, Any]) -> dict[str, list[str]]:
    """Return every value of each query parameter; API Gateway writes null for no parameters at all."""
    repeated = event.get("multiValueQueryStringParameters")
    if repeated is not None:
        return dict(repeated)
    return {name: [value] for name, value in (event.get("queryStringParameters") or {}).items()}


def _response(status: HTTPStatus, body: object) -> dict[str, Any]:
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return {"statusCode": status.value, "headers": headers, "body": json.dumps(body), "isBase64Encoded": False}
