"""`GET /usage`: what a tenant used so far, read from the rollup by one key."""

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from billing.rollup_body import empty_body
from billing.rollup_store import UsageItem
from proxy.request import Request
from proxy.response import Response, cached, problem
from rating.period import Period

PARAMETERS = ("period", "meter")

Read = Callable[[str, Period], UsageItem | None]
"""Tenant and period -> the rollup's item; None if there is none."""


class ParameterError(ValueError):
    """A query parameter breaks a rule; the message names it, the rule and the value."""


def usage(request: Request, tenant_id: str, read: Read) -> Response:
    """Answer with a tenant's usage of a period.

    Args:
        request: `period`, such as `2026-11`, is that of the request's own time if it is not given; `meter` leaves out
            all other meters.
        tenant_id: whose usage is shown.
        read: asks for the rollup's item.
    """
    try:
        period, meter = _parameters(request)
        item = read(tenant_id, period)
        body = item.text() if item else _json(empty_body(tenant_id, period))
        return cached(request, "application/json", _only(body, meter) if meter is not None else body)
    except ParameterError as error:
        return problem(HTTPStatus.BAD_REQUEST, str(error))


def _parameters(request: Request) -> tuple[Period, str | None]:
    for name, values in request.query.items():
        if name not in PARAMETERS:
            raise ParameterError(f"parameter must be one of {', '.join(PARAMETERS)}, got {name!r:.60}")
        if len(values) != 1:
            raise ParameterError(f"{name} must be given once, got {len(values)} values")
    text = request.parameter("period")
    try:
        return Period.of(request.time) if text is None else Period.parse(text), request.parameter("meter")
    except ValueError as error:
        raise ParameterError(str(error)) from error


def _only(text: bytes, meter: str) -> bytes:
    body = json.loads(text)
    known = [one["meter"] for one in body["meters"]]
    if body["as_of"] is not None and meter not in known:
        raise ParameterError(f"meter must be one of {', '.join(known) or 'those that are used'}, got {meter!r:.60}")
    return _json({**body, "meters": [one for one in body["meters"] if one["meter"] == meter]})


def _json(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
