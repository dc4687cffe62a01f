"""`GET /usage`, over items that the rollup wrote."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from handlers import customer_usage
from rating.period import Period
from tests.unit.billing.rollup_kit import RAW, body
from tests.unit.billing.world import World, at
from tests.unit.customer.customer_kit import event, problem_of

NOW = "2026-11-16T00:00:00Z"
EMPTY = {
    "tenant_id": "acme",
    "period": {"id": "2027-02", "start": "2027-02-01T00:00:00Z", "end": "2027-03-01T00:00:00Z", "timezone": "UTC"},
    "as_of": None,
    "cutoff": None,
    "state": "open",
    "plan": None,
    "meters": [],
    "bill": None,
    "differing_duplicates": 0,
}


@pytest.fixture(scope="module")
def world() -> World:
    made = World(RAW)
    for tenant_id in ("acme", "other"):
        made.account(tenant_id, ("tiered", "2026-11-01", None))
        made.calls(tenant_id, "2026-11-02", len(tenant_id))
    made.roll_up({"as_of": NOW})
    return made


@pytest.fixture(autouse=True)
def _connected(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(customer_usage, "items", lambda: world.planner.usage)


def get(query: Mapping[str, str] | None = None, tenant_id: str | None = "acme", **headers: str) -> dict[str, Any]:
    """Ask at a moment in February 2027."""
    return customer_usage.handler(event(tenant_id, query=query, **headers), None)


def test_what_the_rollup_wrote_is_the_answer(world: World) -> None:
    answer = get({"period": "2026-11"})
    assert json.loads(answer.pop("body")) == body(world, "acme", "2026-11")
    etag = answer["headers"].pop("ETag")
    assert answer == {
        "statusCode": 200,
        "headers": {
            "Content-Type": "application/json",
            "Cache-Control": "private, no-cache",
            "Vary": "Accept, Authorization",
            "X-Content-Type-Options": "nosniff",
        },
        "isBase64Encoded": False,
    }
    same = get({"period": "2026-11"}, if_none_match=etag)
    assert (same["statusCode"], same["headers"]["ETag"], same["body"]) == (304, etag, "")


def test_each_tenant_sees_its_own() -> None:
    shown = {tenant_id: json.loads(get({"period": "2026-11"}, tenant_id)["body"]) for tenant_id in ("acme", "other")}
    assert {name: (one["tenant_id"], one["meters"][0]["quantity"]) for name, one in shown.items()} == {
        "acme": ("acme", "4"),
        "other": ("other", "5"),
    }


@pytest.mark.parametrize("query", [None, {"period": "2027-02"}, {"meter": "no_such"}])
def test_of_a_period_without_an_item_nothing_is_known(query: Mapping[str, str] | None) -> None:
    """The request's own month is the default."""
    assert json.loads(get(query)["body"]) == EMPTY


def test_the_period_of_the_requests_own_time_is_the_default(world: World) -> None:
    sent = event("acme")
    sent["requestContext"]["requestTimeEpoch"] = int(at("2026-11-30T23:59:59").timestamp() * 1000)
    assert json.loads(customer_usage.handler(sent, None)["body"]) == body(world, "acme", "2026-11")


def test_one_meter_can_be_asked_for_and_the_bill_stays_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    both = World({**RAW, "meters": {**RAW["meters"], "again": RAW["meters"]["api_calls"]}})
    both.calls("acme", "2026-11-02", 4)
    both.roll_up({"as_of": NOW})
    monkeypatch.setattr(customer_usage, "items", lambda: both.planner.usage)
    whole = body(both, "acme", "2026-11")
    assert [meter["meter"] for meter in whole["meters"]] == ["again", "api_calls"]
    shown = json.loads(get({"period": "2026-11", "meter": "again"})["body"])
    assert shown == {**whole, "meters": whole["meters"][:1]}


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ({"period": "2026-13"}, 'period must be a month such as "2026-10", got "2026-13"'),
        ({"period": ""}, 'period must be a month such as "2026-10", got ""'),
        ({"period": "2026-11", "meter": "calls"}, "meter must be one of api_calls, got 'calls'"),
        ({"month": "2026-11"}, "parameter must be one of period, meter, got 'month'"),
    ],
)
def test_bad_parameters_are_refused(query: Mapping[str, str], detail: str) -> None:
    assert problem_of(get(query)) == (400, detail, {})


def test_a_parameter_is_given_once() -> None:
    sent = {**event("acme"), "multiValueQueryStringParameters": {"period": ["2026-10", "2026-11"]}}
    assert problem_of(customer_usage.handler(sent, None)) == (400, "period must be given once, got 2 values", {})


def test_without_a_token_nothing_is_shown() -> None:
    status, _, members = problem_of(get(tenant_id=None))
    assert (status, members) == (401, {})


def test_a_table_that_does_not_answer_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def get(self, _tenant_id: str, _period: Period) -> None:
            raise ClientError({"Error": {"Code": "InternalServerError", "Message": "acme's"}}, "GetItem")

    monkeypatch.setattr(customer_usage, "items", Broken)
    answer = get()
    assert (answer["statusCode"], answer["headers"]["Retry-After"], "acme" in answer["body"]) == (503, "5", False)
