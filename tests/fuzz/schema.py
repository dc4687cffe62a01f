"""The rows of both tables, checked by a reading of `docs/architecture.md` that shares nothing with the functions."""

import json
import re
from datetime import datetime
from typing import Any

INT, LONG = 2**31, 2**63
_MS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(?:\d{3})?Z")

REQUEST_TEXTS = {
    *("extended_request_id", "request_id", "tenant_id", "user", "api_id", "stage"),
    *("http_method", "resource_path", "protocol", "error_type", "ip"),
}
REQUEST_NUMBERS = {"status": INT, "response_length": LONG, "response_latency_ms": INT, "integration_latency_ms": INT}
REQUEST_REQUIRED = {"extended_request_id", "request_id", "request_time", "ingested_at", "status", "billable"}
EVENT_TEXTS = {"tenant_id", "source", "id", "type", "subject"}
EVENT_REQUIRED = {"tenant_id", "source", "id", "type", "time", "ingested_at"}


def request_row(row: bytes) -> dict[str, Any]:
    """Return the values of a row of the request table; fails if the table cannot hold it."""
    values = _object(row)
    assert values.keys() >= REQUEST_REQUIRED, f"missing: {REQUEST_REQUIRED - values.keys()}"
    for name, value in values.items():
        if name in REQUEST_TEXTS:
            _check_text(name, value)
            assert value != "-", f"{name} is what stands for no value"
        elif name in REQUEST_NUMBERS:
            assert type(value) is int, f"{name} is no number"
            assert 0 <= value < REQUEST_NUMBERS[name], f"{name} does not fit: {value}"
        elif name in {"request_time", "ingested_at"}:
            _check_time(name, value, _MS)
        else:
            assert name == "billable", f"no such column: {name}"
            assert type(value) is bool
    assert "tenant_id" in values or not values["billable"], "nobody would pay for it"
    assert 200 <= values["status"] < 400 or not values["billable"], "a failure is billed"
    return values


def event_row(row: bytes) -> dict[str, Any]:
    """Return the values of a row of the table of usage events; fails if the table cannot hold it."""
    values = _object(row)
    assert values.keys() >= EVENT_REQUIRED, f"missing: {EVENT_REQUIRED - values.keys()}"
    for name, value in values.items():
        if name in EVENT_TEXTS:
            _check_text(name, value)
        elif name in {"time", "ingested_at"}:
            _check_time(name, value, _TIME if name == "time" else _MS)
        else:
            assert name == "data", f"no such column: {name}"
            _strict(value)
    return values


def _object(row: bytes) -> dict[str, Any]:
    values = _strict(row.decode())
    assert isinstance(values, dict), "a row is no object"
    return values


def _strict(text: str) -> Any:
    """Read JSON as the strictest reader does: each key once, no NaN, no lone surrogate."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len(dict(pairs)) == len(pairs), "a key is there twice"
        return dict(pairs)

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    # A number of data may have more digits than `int` reads: here it only has to be one.
    reader = int if len(text) < 4000 else float
    value = json.loads(text, object_pairs_hook=once, parse_constant=refuse, parse_int=reader)
    json.dumps(value, ensure_ascii=False).encode()
    return value


def _check_text(name: str, value: Any) -> None:
    assert isinstance(value, str), f"{name} is no text"
    assert value, f"{name} is empty: that is no value"
    value.encode()


def _check_time(name: str, value: Any, form: re.Pattern[str]) -> None:
    assert isinstance(value, str), f"{name} is no text"
    assert form.fullmatch(value), f"{name} has another form: {value}"
    assert datetime.fromisoformat(value).tzinfo is not None
