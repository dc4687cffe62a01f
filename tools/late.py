"""Late usage: access-log lines of requests that happened earlier, put on the stream as the gateway writes them."""

import json
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from metering.access_log import ABSENT, FIELDS, VERSION, VERSION_KEY

_LIKE_A_CALL = {
    "stage": "prod",
    "http_method": "GET",
    "resource_path": "/random/strings",
    "protocol": "HTTP/1.1",
    "status": "200",
    "response_length": "137",
    "response_latency_ms": "12",
    "integration_latency_ms": "9",
    "ip": "192.0.2.1",
}


def records(tenant: str, since: datetime, count: int, kind: str = "late") -> list[bytes]:
    """Give the log lines of good calls, a minute apart.

    Args:
        tenant: whose calls they are.
        since: time of the first.
        count: how many.
        kind: what their API and their ids are called by.
    """
    return [_line(tenant, since + timedelta(minutes=number), kind) for number in range(count)]


def _line(tenant: str, moment: datetime, kind: str) -> bytes:
    request, user = str(uuid.uuid4()), str(uuid.uuid5(uuid.NAMESPACE_DNS, tenant))
    values = {
        **_LIKE_A_CALL,
        "api_id": kind,
        "extended_request_id": f"{kind}-{request}",
        "request_id": request,
        "request_time_epoch": str(round(moment.timestamp() * 1000)),
        "tenant_id": tenant,
        "sub": user,
        "user": user,
    }
    keys: Sequence[str] = [field.log_key for field in FIELDS if field.log_key]
    line = {VERSION_KEY: VERSION, **{key: values.get(key, ABSENT) for key in keys}}
    return (json.dumps(line, separators=(",", ":")) + "\n").encode()
