"""Turn API Gateway's access-log records into rows of the request table."""

import json
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Any

from metering import log_line
from metering.failure import Reason, RecordError
from metering.firehose import Batch, transform_batch
from metering.times import timestamp

_BILLABLE_STATUS = range(200, 400)

Route = tuple[str | None, str | None]
"""Method and resource path as JSON texts, as a log line's values are."""


def transform(event: dict[str, Any], unbillable_routes: Iterable[str] = ()) -> Batch:
    """Answer a Firehose event of access-log records with rows.

    Args:
        event: what Firehose hands to its transformation function.
        unbillable_routes: routes that no tenant pays for, each as `METHOD /resource/path`.

    Raises:
        TypeError: the event has no list of records.
    """
    routes = {_route(route) for route in unbillable_routes}
    return transform_batch(event, lambda payload, arrival_ms: to_row(payload, arrival_ms, routes))


def to_row(payload: bytes, arrival_ms: int, unbillable_routes: AbstractSet[Route]) -> bytes:
    """Return the row of one log line as UTF-8 JSON. A column without a value is left out; Firehose reads it as null.

    Raises:
        RecordError: the payload is no valid record; `reason` says why.
    """
    try:
        line = payload.decode()
    except UnicodeDecodeError:
        raise RecordError(Reason.NOT_UTF8) from None
    row = log_line.read(line)
    request_time_ms = int(row.pop("request_time_epoch"))
    subject = row.pop("sub", None)
    if subject and "tenant_id" not in row:
        row["tenant_id"] = subject  # a user without a tenant is its own
    billable = (
        "tenant_id" in row
        and int(row["status"]) in _BILLABLE_STATUS
        and (row.get("http_method"), row.get("resource_path")) not in unbillable_routes
    )
    row["request_time"] = f'"{timestamp(request_time_ms)}"'
    row["ingested_at"] = f'"{timestamp(arrival_ms)}"'
    row["billable"] = "true" if billable else "false"
    text = ",".join([f'"{column}":{value}' for column, value in row.items()])
    return f"{{{text}}}".encode()


def _route(route: str) -> Route:
    method, path = route.split(" ", 1)
    return json.dumps(method, ensure_ascii=False), json.dumps(path, ensure_ascii=False)
