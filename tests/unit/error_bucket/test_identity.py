"""Which row a failed record would have been."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from error_bucket import Identity, identity
from metering.access_log import FIELDS

TIME = datetime(2026, 10, 5, 14, 3, 22, 125000, tzinfo=UTC)


def log_line(**values: str) -> bytes:
    known = {"extended_request_id": "JKJ=", "request_id": "r", "request_time_epoch": "1791209002125", "status": "200"}
    logged = {field.log_key: "-" for field in FIELDS if field.log_key}
    return (json.dumps({"v": "1", **logged, **known, **values}) + "\n").encode()


def event(**values: Any) -> bytes:
    known = {"specversion": "1.0", "id": "4711", "source": "/app", "type": "t", "time": "2026-10-05T14:03:22.125Z"}
    return json.dumps({name: value for name, value in {**known, **values}.items() if value is not None}).encode()


@pytest.mark.parametrize(
    ("values", "tenant"),
    [
        ({"tenant_id": "acme", "sub": "user"}, "acme"),
        ({"sub": "user"}, "user"),
        ({}, None),
        ({"tenant_id": 'a"\\é'}, 'a"\\é'),
    ],
)
def test_a_request_has_its_key_time_and_tenant(values: dict[str, str], tenant: str | None) -> None:
    assert identity("api-requests", log_line(**values)) == Identity(("JKJ=",), TIME, tenant)


def test_an_event_has_its_key_time_and_tenant_whether_or_not_a_meter_counts_it() -> None:
    expected = Identity(("acme", "/app", "4711"), TIME, "acme")
    assert identity("usage-events", event(tenantid="acme")) == expected
    assert identity("usage-events", event(tenantid="acme", type="unheard-of")) == expected
    assert identity("usage-events", event(tenantid="acme", time="2026-10-05T16:03:22.125+02:00")) == expected


@pytest.mark.parametrize(
    ("role", "raw"),
    [
        ("api-requests", b"no JSON"),
        ("api-requests", log_line(status="-")),
        ("api-requests", event(tenantid="acme")),
        ("usage-events", b"\xff"),
        ("usage-events", event()),
        ("usage-events", event(tenantid="acme", time=None)),
        ("usage-events", log_line(tenant_id="acme")),
    ],
)
def test_what_can_be_no_row_has_no_identity(role: str, raw: bytes) -> None:
    assert identity(role, raw) is None


def test_an_unknown_role_is_an_error() -> None:
    with pytest.raises(ValueError, match="role of failed records must be one of api-requests, usage-events, got 'x'"):
        identity("x", b"")
