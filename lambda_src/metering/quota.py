"""Hard limits of a plan, held before a product's own code runs: over one of them, a request gets a 429.

What is used is known from the rollup of usage, which is written every hour: a tenant can use more than its limit until
the next one. The guard never takes a product down: a request that it cannot judge passes.
"""

import logging
import math
import os
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache, wraps
from http import HTTPStatus
from typing import Any

from proxy.request import Request
from proxy.response import Response, problem

logger = logging.getLogger(__name__)

TABLE_VARIABLE = "USAGE_TABLE"
"""Environment variable with the name of the rollup's table; nothing is limited without it."""

KEPT_FOR = timedelta(seconds=30)
"""How long what was read of a tenant is taken for true, by the requests' own times."""
MOST_KEPT = 1000
"""Tenants and periods that are remembered at once; the one that was read first is forgotten first."""

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
"""A function behind the proxy integration: event and context in, answer out."""

Read = Callable[[str, str], Mapping[str, Any] | None]
"""Tenant and period, such as `2026-11` -> `{"over": [{"meter", "limit", "used"}], "as_of"}`; None if nothing is
known."""


def guard(handler: Handler, meters: Collection[str] | None = None) -> Handler:
    """Return a handler that answers 429 for a tenant who is over a hard limit, and else calls the one given.

    The limits are those in the table that `USAGE_TABLE` names, of the tenant in the token and of the month of the
    request's own time. Without a token, or without the variable, every request passes.

    Args:
        handler: of a route behind the proxy integration.
        meters: whose limits count for this route; None for all.
    """

    def read(tenant_id: str, period: str) -> Mapping[str, Any] | None:
        return _table(os.environ[TABLE_VARIABLE])(tenant_id, period)

    limited = guarded(handler, read, meters)

    @wraps(handler)
    def answer(event: dict[str, Any], context: Any) -> dict[str, Any]:
        return (limited if os.environ.get(TABLE_VARIABLE) else handler)(event, context)

    return answer


def guarded(handler: Handler, read: Read, meters: Collection[str] | None = None) -> Handler:
    """Return a guarded handler as `guard` does.

    Args:
        handler: as above.
        read: asks for what a tenant has used up; it may fail.
        meters: as above.
    """
    known = _Known(read)

    @wraps(handler)
    def answer(event: dict[str, Any], context: Any) -> dict[str, Any]:
        return _refusal(event, known, meters) or handler(event, context)

    return answer


def _refusal(event: Any, known: "_Known", meters: Collection[str] | None) -> Response | None:
    """Return the 429 for a request; None if it passes."""
    try:
        request = Request.of(event)
        item = known.of(request.tenant_id, request.time) if request.tenant_id else None
        for over in (item or {}).get("over", ()):
            if meters is None or over["meter"] in meters:
                return _too_many(request.time, over, (item or {})["as_of"])
    except Exception as error:  # noqa: BLE001 - whatever fails here, the product goes on
        logger.warning("a request passes unjudged: %s", type(error).__name__)
    return None


def _too_many(time: datetime, over: Mapping[str, str], as_of: str) -> Response:
    meter, limit, used = (str(over[name]) for name in ("meter", "limit", "used"))
    seconds = math.ceil((_end(time) - time).total_seconds())
    return problem(
        HTTPStatus.TOO_MANY_REQUESTS,
        f"{meter} must stay below {limit} in {_period(time)}, the limit of the plan, used {used} as of {as_of}",
        {"Retry-After": str(seconds)},
        meter=meter,
        limit=limit,
        used=used,
        period=_period(time),
        as_of=as_of,
    )


class _Known:
    """What was read of the last tenants; a read that failed is remembered as well, so that an outage costs little."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._kept: OrderedDict[tuple[str, str], tuple[datetime, Mapping[str, Any] | None]] = OrderedDict()

    def of(self, tenant_id: str, time: datetime) -> Mapping[str, Any] | None:
        key = tenant_id, _period(time)
        kept = self._kept.get(key)
        if kept and abs(time - kept[0]) < KEPT_FOR:  # requests may come in another order than they were sent
            return kept[1]
        item = self._try(*key)
        self._kept.pop(key, None)
        self._kept[key] = time, item
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return item

    def _try(self, tenant_id: str, period: str) -> Mapping[str, Any] | None:
        try:
            return self._read(tenant_id, period)
        except Exception as error:  # noqa: BLE001 - botocore's errors have no common base, and none may stop a request
            logger.warning("limits cannot be read, requests pass: %s", type(error).__name__)
            return None


@cache
def _table(name: str) -> Read:
    """Return what reads a table; one client for all guards of a function."""
    import boto3  # noqa: PLC0415 - functions without the table, and tests, do without
    from boto3.dynamodb.types import TypeDeserializer  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    # A caller is waiting: better an unlimited request than a slow one.
    waits = Config(connect_timeout=1, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 2})
    client = boto3.client("dynamodb", config=waits)
    plain = TypeDeserializer()

    def read(tenant_id: str, period: str) -> Mapping[str, Any] | None:
        answer = client.get_item(
            TableName=name,
            Key={"tenant_id": {"S": tenant_id}, "period": {"S": period}},
            ProjectionExpression="#over, #as_of",
            ExpressionAttributeNames={"#over": "over", "#as_of": "as_of"},
        )
        item = answer.get("Item")
        return {key: plain.deserialize(value) for key, value in item.items()} if item else None

    return read


def _period(time: datetime) -> str:
    return f"{time:%Y-%m}"


def _end(time: datetime) -> datetime:
    """Return the first moment of the next month."""
    return datetime(time.year + time.month // 12, time.month % 12 + 1, 1, tzinfo=UTC)
