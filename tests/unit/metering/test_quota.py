import json
import logging
import pathlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering import quota
from metering.quota import MOST_KEPT, guard, guarded

EVENT = json.loads((pathlib.Path(__file__).parents[2] / "events" / "apigateway_random_strings.json").read_text())
SENT = datetime(2025, 12, 31, 23, 59, 59, 1000, UTC)
PASSED = {"statusCode": 200, "body": "the product's own"}
OVER = {
    "over": [
        {"meter": "gigabytes", "limit": "5", "used": "5.5"},
        {"meter": "api_calls", "limit": "10", "used": "12"},
    ],
    "as_of": "2025-12-31T23:05:00Z",
}
REFUSED = {
    "type": "about:blank",
    "title": "Too Many Requests",
    "status": 429,
    "detail": "api_calls must stay below 10 in 2025-12, the limit of the plan, used 12 as of 2025-12-31T23:05:00Z",
    "meter": "api_calls",
    "limit": "10",
    "used": "12",
    "period": "2025-12",
    "as_of": "2025-12-31T23:05:00Z",
}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def product(_event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer as a product does."""
    return PASSED


class Usage:
    """Rollups by tenant and period, and how often they were read."""

    def __init__(self, items: Mapping[tuple[str, str], Any] | None = None) -> None:
        self.items = dict(items or {})
        self.read_keys: list[tuple[str, str]] = []

    def read(self, tenant_id: str, period: str) -> Mapping[str, Any] | None:
        self.read_keys.append((tenant_id, period))
        item = self.items.get((tenant_id, period))
        if isinstance(item, Exception):
            raise item
        return item


def request(time: datetime = SENT, tenant_id: str | None = "acme") -> dict[str, Any]:
    claims = None if tenant_id is None else {"custom:tenant_id": tenant_id}
    epoch_ms = round(time.timestamp() * 1000)
    return EVENT | {"requestContext": {"requestTimeEpoch": epoch_ms, "authorizer": claims and {"claims": claims}}}


def test_over_a_hard_limit_the_product_is_not_called() -> None:
    called: list[Any] = []
    usage = Usage({("acme", "2025-12"): OVER})
    answer = guarded(lambda event, _: {"called": called.append(event)}, usage.read, ["api_calls"])(request(), None)
    assert (answer.pop("statusCode"), json.loads(answer.pop("body")), called) == (429, REFUSED, [])
    assert answer == {
        "headers": {
            "Content-Type": "application/problem+json",
            "Cache-Control": "no-store",
            "Retry-After": "1",
            "X-Content-Type-Options": "nosniff",
        },
        "isBase64Encoded": False,
    }


@pytest.mark.parametrize(
    ("meters", "meter"),
    [(None, "gigabytes"), (["api_calls"], "api_calls"), (["tokens", "gigabytes"], "gigabytes"), (["tokens"], None)],
)
def test_only_the_meters_of_the_route_count(meters: list[str] | None, meter: str | None) -> None:
    answer = guarded(product, Usage({("acme", "2025-12"): OVER}).read, meters)(request(), None)
    assert (answer if meter is None else json.loads(answer["body"])["meter"]) == (meter or PASSED)


@pytest.mark.parametrize(
    ("time", "seconds"),
    [
        (datetime(2025, 12, 1, tzinfo=UTC), 31 * 86_400),
        (datetime(2025, 12, 31, 23, 59, 59, 999_000, UTC), 1),
        (datetime(2028, 2, 29, tzinfo=UTC), 86_400),
    ],
)
def test_a_caller_may_come_again_in_the_next_period(time: datetime, seconds: int) -> None:
    answer = guarded(product, Usage({("acme", f"{time:%Y-%m}"): OVER}).read)(request(time), None)
    assert (answer["statusCode"], answer["headers"]["Retry-After"]) == (429, str(seconds))
    assert guarded(product, Usage({("acme", f"{time:%Y-%m}"): OVER}).read)(
        request(time + timedelta(seconds=seconds)), None
    ) == (PASSED)


@pytest.mark.parametrize(
    "event",
    [
        request(tenant_id="bolt"),
        request(tenant_id=None),
        {"queryStringParameters": None},
        {},
        None,
        [],
        {"requestContext": {"requestTimeEpoch": "now", "authorizer": {"claims": {"sub": "acme"}}}},
    ],
)
def test_what_cannot_be_judged_passes(event: Any) -> None:
    assert guarded(product, Usage({("acme", "2025-12"): OVER}).read)(event, None) == PASSED


@given(event=JSON)
def test_no_event_makes_the_guard_fail(event: Any) -> None:
    context = {"requestTimeEpoch": 1767225599001, "authorizer": event}
    usage = Usage({("acme", "2025-12"): OVER})
    for sent in (event, {"requestContext": event}, {"requestContext": context}, {**EVENT, "headers": event}):
        assert guarded(product, usage.read, ["none"])(sent, None) == PASSED


@given(item=st.none() | st.dictionaries(st.sampled_from(["over", "as_of"]), JSON))
def test_no_item_makes_the_guard_fail(item: Any) -> None:
    answer = guarded(product, Usage({("acme", "2025-12"): item}).read, ["none"])(request(), None)
    assert answer == PASSED


def test_a_table_that_fails_lets_requests_pass_and_is_not_asked_at_each(caplog: pytest.LogCaptureFixture) -> None:
    usage = Usage({("acme", "2025-12"): ValueError("with what the customer sent")})
    handler = guarded(product, usage.read)
    with caplog.at_level(logging.WARNING):
        assert [handler(request(), None), handler(request(), None)] == [PASSED, PASSED]
    assert caplog.messages == ["limits cannot be read, requests pass: ValueError"]


def test_what_was_read_is_true_for_thirty_seconds_of_the_requests_time() -> None:
    noon = datetime(2025, 12, 7, 12, tzinfo=UTC)
    usage = Usage()
    handler = guarded(product, usage.read)
    handler(request(noon), None)
    usage.items["acme", "2025-12"] = OVER
    statuses = [
        handler(request(noon + timedelta(milliseconds=after)), None)["statusCode"]
        for after in (0, 29_999, -29_999, 30_000, 30_001)
    ]
    assert statuses == [200, 200, 200, 429, 429]
    assert usage.read_keys == [("acme", "2025-12")] * 2


def test_the_first_moment_of_a_period_is_judged_by_that_period() -> None:
    usage = Usage({("acme", "2025-12"): OVER})
    handler = guarded(product, usage.read)
    answers = [handler(request(SENT + timedelta(seconds=after)), None)["statusCode"] for after in (0, 1)]
    assert (answers, usage.read_keys) == ([429, 200], [("acme", "2025-12"), ("acme", "2026-01")])


def test_no_more_than_so_many_tenants_are_remembered() -> None:
    usage = Usage()
    handler = guarded(product, usage.read)
    tenants = [f"t{number}" for number in range(MOST_KEPT + 1)]
    for tenant_id in [*tenants, tenants[1], tenants[0]]:
        handler(request(tenant_id=tenant_id), None)
    assert [tenant_id for tenant_id, _ in usage.read_keys] == [*tenants, tenants[0]]


def test_without_a_table_nothing_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("USAGE_TABLE", raising=False)
    assert guard(product)(request(), None) == PASSED


class Client:
    """DynamoDB with one item."""

    def __init__(self, item: Mapping[str, Any] | None) -> None:
        self.item = item
        self.calls: list[Any] = []

    def get_item(self, **call: Any) -> dict[str, Any]:
        self.calls.append(call)
        return {"Item": self.item} if self.item else {}


@pytest.mark.parametrize(("is_over", "status"), [(True, 429), (False, 200)])
def test_the_table_of_the_environment_is_read(monkeypatch: pytest.MonkeyPatch, *, is_over: bool, status: int) -> None:
    over = {"L": [{"M": {"meter": {"S": "api_calls"}, "limit": {"S": "10"}, "used": {"S": "12"}}}]}
    client = Client({"over": over, "as_of": {"S": "2025-12-31T23:05:00Z"}} if is_over else None)
    monkeypatch.setenv("USAGE_TABLE", "usage-of-test")
    monkeypatch.setattr(boto3, "client", lambda *_, **__: client)
    quota._table.cache_clear()
    answer = guard(product, ["api_calls"])(request(), None)
    quota._table.cache_clear()
    assert answer["statusCode"] == status
    assert is_over == (answer.get("body") != PASSED["body"])
    assert client.calls == [
        {
            "TableName": "usage-of-test",
            "Key": {"tenant_id": {"S": "acme"}, "period": {"S": "2025-12"}},
            "ProjectionExpression": "#over, #as_of",
            "ExpressionAttributeNames": {"#over": "over", "#as_of": "as_of"},
        }
    ]
