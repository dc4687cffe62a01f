"""Whatever arrives: the handler answers what API Gateway takes, below 500, and tells the truth of every event."""

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events import Intake, to_row
from handlers import events
from metering.usage_event import COLUMNS
from tests.unit.events.events_kit import BATCHED, NOW, RULES, STRUCTURED, FakeStream, event

NOW_MS = int(NOW.timestamp() * 1000)
STREAM = FakeStream()

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["\ud800", "1.0", "com.example.tokens", "2026-11-28T09:30:00Z", "1e5", 10**400])
)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
)
NAMES = st.sampled_from(
    ["specversion", "id", "source", "type", "time", "subject", "datacontenttype", "dataschema", "data", "data_base64"]
)
TYPES = st.sampled_from([f"com.example.{kind}" for kind in ("usage", "tokens", "seats", "credits", "users")])
DATA = st.fixed_dictionaries({}, optional={"value": JSON | st.integers(0, 9), "seats": JSON, "user": JSON}) | JSON
CHANGES = st.dictionaries(NAMES | st.text(max_size=3), JSON, max_size=2)
NEARLY = st.builds(lambda kind, data, changes: event(type=kind, data=data) | changes, TYPES, DATA, CHANGES)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    if draw(st.integers(0, 5)) == 0:
        return draw(st.binary(max_size=40))
    value = draw(NEARLY | st.lists(NEARLY | JSON, max_size=5) | JSON)
    text = json.dumps(value, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")
    place = draw(st.integers(0, len(text)))
    return text[:place] + draw(st.just(b"") | st.just(b"") | st.binary(max_size=3)) + text[place:]


@st.composite
def proxy_events(draw: st.DrawFn) -> Any:
    body = draw(bodies())
    content_type = draw(st.sampled_from([STRUCTURED, BATCHED, BATCHED, "application/json"]) | st.text(max_size=9))
    sent = {
        "httpMethod": "POST",
        "headers": {"Content-Type": content_type, **draw(st.dictionaries(st.text(max_size=9), st.text(max_size=9)))},
        "requestContext": {
            "requestTimeEpoch": NOW_MS,
            "authorizer": {"claims": {"custom:tenant_id": draw(st.just("acme") | st.text(max_size=3)), "sub": "s"}},
        },
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }
    if draw(st.integers(0, 3)) == 0:
        sent |= {"body": body.decode("utf-8", "surrogateescape"), "isBase64Encoded": False}
    if draw(st.integers(0, 9)) == 0:
        sent |= draw(st.dictionaries(st.sampled_from([*sent]), JSON, max_size=2))
    return sent


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("USAGE_TABLE", raising=False)
        patch.setattr(events, "intake", lambda: Intake(RULES, lambda _now: {"2026-10"}, STREAM.put))
        events.guarded.cache_clear()
        yield
        events.guarded.cache_clear()


def handled(sent: Any) -> tuple[int, dict[str, Any]]:
    """Return status and body of an answer that API Gateway takes."""
    STREAM.records.clear()
    STREAM.raw.clear()
    response = events.handler(sent, None)
    encoded = json.dumps(response, ensure_ascii=False).encode()
    assert json.loads(encoded) == response
    assert set(response) == {"statusCode", "headers", "body", "isBase64Encoded"}
    assert type(response["statusCode"]) is int
    assert type(response["body"]) is str
    assert all(type(text) is str for pair in response["headers"].items() for text in pair)
    return response["statusCode"], json.loads(response["body"])


@given(proxy_events() | JSON)
def test_no_input_is_the_servers_fault(sent: Any) -> None:
    status, body = handled(sent)
    if status not in (202, 207, 400) or "results" not in body:
        assert status in (400, 401, 403, 413, 415)
        assert (body["status"], body["type"]) == (status, "about:blank")
        assert STREAM.records == []
        return
    accepted = [one for one in body["results"] if one["status"] == "accepted"]
    rejected = [one for one in body["results"] if one["status"] == "rejected"]
    assert (body["accepted"], body["rejected"]) == (len(accepted), len(rejected))
    assert len(accepted) + len(rejected) == len(body["results"])
    assert status == (202 if not rejected else 207 if accepted else 400)
    assert all(set(one) == {"source", "id", "time", "status", "reason"} for one in body["results"])
    assert all(isinstance(one["reason"], str) for one in rejected)
    assert [(one["source"], one["id"], one["reason"]) for one in accepted] == [
        (record["source"], record["id"], None) for record in STREAM.records
    ]


@given(st.lists(NEARLY, min_size=1, max_size=4))
def test_what_is_accepted_becomes_a_row_of_exactly_the_tables_types(batch: list[Any]) -> None:
    body = json.dumps(batch)
    sent = {
        "headers": {"content-type": BATCHED},
        "requestContext": {"requestTimeEpoch": NOW_MS, "authorizer": {"claims": {"sub": "s"}}},
        "body": body,
    }
    handled(sent)
    required = {column.name for column in COLUMNS if column.required}
    for raw, record in zip(STREAM.raw, STREAM.records, strict=True):
        row = json.loads(to_row(raw, NOW_MS, RULES))
        assert required <= set(row) <= {column.name for column in COLUMNS}
        assert all(type(value) is str and value for value in row.values())
        assert (row["tenant_id"], row["ingested_at"]) == ("s", "2026-11-28T09:30:00.000Z")
        told = json.dumps(record.get("data"), ensure_ascii=False)
        assert json.loads(row.get("data", "null")) == json.loads(re.sub("[\ud800-\udfff]", "\ufffd", told))
