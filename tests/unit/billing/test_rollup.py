"""The rollup in memory: what each tenant used so far, what it costs, and which periods are written when."""

from typing import Any

import pytest

from billing.parts import Parts
from billing.records import PeriodRecord
from billing.requests import RequestError
from billing.rollup import roll_up
from rating.period import Period
from tests.unit.billing.rollup_kit import RAW, body, stored
from tests.unit.billing.world import World

pytestmark = pytest.mark.usefixtures("_plain_pages")

NOW = "2026-11-16T00:00:00Z"
OCTOBER = {"period": "2026-10", "state": "open", "tenants": 0, "written": 0, "unrated": 0}


def november(**counts: Any) -> dict[str, Any]:
    return {"period": "2026-11", "state": "open", "tenants": 1, "written": 1, "unrated": 0, **counts}


@pytest.fixture
def world() -> World:
    return World(RAW)


def test_all_that_a_customer_is_shown(world: World) -> None:
    world.account("acme", ("tiered", "2026-11-01", None))
    world.calls("acme", "2026-11-02", 40)
    world.calls("acme", "2026-11-15", 34)
    world.calls("acme", "2026-10-31", 5)
    world.calls("acme", "2026-11-15", 9, ingested=NOW[:-1])  # at the cutoff: not there yet
    assert world.roll_up({"as_of": NOW})["periods"][0] == november()
    found = stored(world, "acme", "2026-11")
    assert found
    shown = found.pop("body")
    lines = shown["bill"]["lines"]
    assert found == {
        "tenant_id": "acme",
        "period": "2026-11",
        "as_of": NOW,
        "cutoff": NOW,
        "over": [],
        "expires": 1_835_481_600,  # 2028-03-01, fifteen months after November
    }
    assert [line["amount"] for line in lines] == ["30.00", "5.70"]
    assert shown == {
        "tenant_id": "acme",
        "period": {
            "id": "2026-11",
            "start": "2026-11-01T00:00:00Z",
            "end": "2026-12-01T00:00:00Z",
            "timezone": "UTC",
        },
        "as_of": NOW,
        "cutoff": NOW,
        "state": "open",
        "plan": {"name": "tiered", "description": "Tiered plan", "version": "v1"},
        "meters": [
            {
                "meter": "api_calls",
                "description": "API calls",
                "unit": "call",
                "aggregation": "count",
                "quantity": "74",
                "events": 74,
                "by_day": [{"day": "2026-11-02", "quantity": "40"}, {"day": "2026-11-15", "quantity": "34"}],
                "by_dimension": [],
                "dimensions_omitted": 0,
                "allowance": {
                    "free_units": {"included": "10", "used": "10", "remaining": "0"},
                    "tier": {"number": 2, "of": 2, "up_to": None, "remaining": None},
                },
                "limit": {"limit": "100", "used": "74", "remaining": "26", "soft": False, "reached": False},
            }
        ],
        "bill": {
            "currency": "USD",
            "currency_exponent": 2,
            "lines": lines,
            "subtotal": "35.70",
            "taxes": [{"rate": "20", "base": "35.70", "amount": "7.14"}],
            "reverse_charge": None,
            "total": "42.84",
            "projected_total": "47.28",  # 148 calls: 30 + 50 x 0.10 + 88 x 0.05, and 20 % tax
        },
        "differing_duplicates": 0,
    }


def test_the_bill_so_far_is_that_of_the_draft_to_the_last_line(world: World) -> None:
    world.account("acme", ("tiered", "2026-11-01", "2026-11-10"), ("pro", "2026-11-10", None))
    world.account("bolt", ("team", "2026-11-01", None), tax_rate=None, reverse_charge=True)
    for tenant_id in ("acme", "bolt", "default"):
        world.calls(tenant_id, "2026-11-09", 70)
        world.calls(tenant_id, "2026-11-10", 3)
    world.run(NOW)
    world.roll_up({"as_of": NOW})
    for tenant_id in ("acme", "bolt", "default"):
        bill = body(world, tenant_id, "2026-11")["bill"]
        draft = world.document(f"draft/period=2026-11/tenant={tenant_id}/invoice.json")
        del bill["projected_total"]
        assert bill == {name: draft[name] for name in bill}
        assert [line["meter"] for line in bill["lines"]].count("api_calls") == (2 if tenant_id == "acme" else 1)


def test_days_find_their_tenants_whatever_their_order(world: World) -> None:
    """Tenants whose plan changes come last, and one that has no place in a key does not come at all."""
    for tenant_id in ("a", "c"):
        world.account(tenant_id, ("team", "2026-11-01", "2026-11-10"), ("pro", "2026-11-10", None))
    world.account("b", ("team", "2026-11-01", None))
    for count, tenant_id in enumerate(("a", "b", "b" * 257, "c", "d"), start=1):
        world.calls(tenant_id, "2026-11-09", count)
        world.calls(tenant_id, "2026-11-12", 10 * count)
    assert world.roll_up({"as_of": NOW})["periods"][0] == november(tenants=4, written=4)
    shown = {tenant_id: body(world, tenant_id, "2026-11")["meters"][0] for tenant_id in "abcd"}
    assert {
        tenant_id: (meter["quantity"], [day["quantity"] for day in meter["by_day"]])
        for tenant_id, meter in shown.items()
    } == {"a": ("11", ["1", "10"]), "b": ("22", ["2", "20"]), "c": ("44", ["4", "40"]), "d": ("55", ["5", "50"])}


def test_plan_allowance_and_limit_are_those_of_the_last_segment_that_has_begun(world: World) -> None:
    world.account("before", ("pro", "2026-11-01", "2026-11-16"), ("tiered", "2026-11-16", None))
    world.account("later", ("pro", "2026-11-01", "2026-11-17"), ("tiered", "2026-11-17", None))
    world.account("not-yet", ("tiered", "2026-11-17", None))
    world.deploy({**RAW, "default_plan": None})
    for tenant_id in ("before", "later"):
        world.calls(tenant_id, "2026-11-15", 60)
    world.calls("before", "2026-11-16", 3, ingested="2026-11-15T23:00:00")
    world.roll_up({"as_of": NOW})
    found = {tenant_id: body(world, tenant_id, "2026-11") for tenant_id in ("before", "later", "not-yet")}
    assert {tenant_id: shown["plan"] and shown["plan"]["name"] for tenant_id, shown in found.items()} == {
        "before": "tiered",
        "later": "pro",
        "not-yet": None,
    }
    [before], [later] = found["before"]["meters"], found["later"]["meters"]
    assert (before["allowance"], before["limit"]) == (
        {
            "free_units": {"included": "5", "used": "3", "remaining": "2"},  # half the month has half of them
            "tier": {"number": 1, "of": 2, "up_to": "25", "remaining": "25"},
        },
        {"limit": "100", "used": "63", "remaining": "37", "soft": False, "reached": False},
    )
    assert (later["allowance"], later["limit"], found["not-yet"]["meters"]) == (None, None, [])


def test_who_used_nothing_and_who_cannot_be_rated_have_an_item_too(world: World) -> None:
    world.account("quiet", ("team", "2026-11-01", None))
    world.account("gone", ("no-such-plan", "2026-11-01", None))
    world.account("idle")
    world.calls("gone", "2026-11-03", 2)
    assert world.roll_up({"as_of": NOW, "period": "2026-11"}) == {
        "periods": [november(tenants=2, written=2, unrated=1)]
    }
    assert stored(world, "idle", "2026-11") is None
    quiet, gone = body(world, "quiet", "2026-11"), body(world, "gone", "2026-11")
    assert (quiet["meters"][0]["quantity"], quiet["meters"][0]["by_day"], quiet["bill"]["total"]) == ("0", [], "36.00")
    assert quiet["bill"]["projected_total"] == "36.00"
    assert (gone["plan"], gone["bill"], gone["meters"][0]["by_day"]) == (
        None,
        None,
        [{"day": "2026-11-03", "quantity": "2"}],
    )


@pytest.mark.parametrize(("now", "projected"), [("2026-11-01T00:00:00Z", None), ("2026-12-01T00:00:00Z", "0.10")])
def test_a_bill_is_projected_while_its_period_runs(world: World, now: str, projected: str | None) -> None:
    world.calls("acme", "2026-11-01", 1, ingested="2026-10-31T23:59:00")
    world.roll_up({"as_of": now, "period": "2026-11"})
    bill = body(world, "acme", "2026-11")["bill"]
    assert (bill["total"], bill["projected_total"]) == ("0.10", projected)


def test_an_older_rollup_leaves_a_newer_item_as_it_is(world: World) -> None:
    world.calls("acme", "2026-11-02", 3)
    world.roll_up({"as_of": NOW, "period": "2026-11"})
    newer = stored(world, "acme", "2026-11")
    world.calls("acme", "2026-11-03", 3)
    world.roll_up({"as_of": NOW, "period": "2026-11"})
    again = stored(world, "acme", "2026-11")
    assert newer
    assert again
    assert (newer["body"]["meters"][0]["quantity"], again["body"]["meters"][0]["quantity"]) == ("3", "6")
    older = world.roll_up({"as_of": "2026-11-15T23:59:59Z", "period": "2026-11"})
    assert (older, stored(world, "acme", "2026-11")) == ({"periods": [november(written=0)]}, again)


def test_the_hourly_rollup_is_of_the_periods_that_still_change_and_others_of_all_open_ones(world: World) -> None:
    world.deploy(RAW, seller=None)  # nothing is finalized: periods stay open
    for time in ("2026-09-01T06:00:00Z", "2026-11-03T06:00:00Z"):
        world.run(time)

    def periods(event: dict[str, Any]) -> list[str]:
        return [one["period"] for one in world.roll_up(event)["periods"]]

    assert periods({"scheduled_time": "2026-11-03T23:59:59Z"}) == ["2026-11", "2026-10"]
    assert periods({"scheduled_time": "2026-11-04T00:00:00Z"}) == ["2026-11"]
    assert periods({"as_of": "2026-11-04T00:00:00Z"}) == ["2026-11", "2026-10", "2026-09", "2026-08"]
    assert periods({"scheduled_time": "2026-12-01T00:05:00Z"}) == ["2026-12", "2026-11"]  # before a run opens it
    assert periods({"as_of": "2026-11-04T00:00:00Z", "period": "2025-01"}) == ["2025-01"]
    assert [str(record.period) for record in world.planner.store.periods()] == [
        "2026-08",
        "2026-09",
        "2026-10",
        "2026-11",
    ]


def test_a_closed_period_is_written_once_more_with_what_its_bills_count(world: World) -> None:
    world.account("acme", ("team", "2026-10-01", None))
    world.calls("acme", "2026-10-02", 5)
    world.calls("acme", "2026-10-30", 7, ingested="2026-11-03T06:00:00")  # at the final run's cutoff: late
    world.run("2026-10-20T06:00:00Z")
    world.run("2026-11-04T06:00:00Z")
    closed = {"period": "2026-10", "state": "closed", "tenants": 1, "written": 1, "unrated": 0}
    answers = [world.roll_up({"scheduled_time": f"2026-11-04T{hour}:05:00Z"})["periods"] for hour in ("07", "08")]
    assert [answer[1:] for answer in answers] == [
        [closed, {**closed, "period": "2026-09", "tenants": 0, "written": 0}],
        [],
    ]
    shown = body(world, "acme", "2026-10")
    invoice = world.document("final/period=2026-10/tenant=acme/INV-2026-000001.json")
    assert (shown["state"], shown["as_of"], shown["cutoff"], shown["meters"][0]["quantity"]) == (
        "closed",
        "2026-11-04T07:05:00Z",
        invoice["cutoff"],
        "5",
    )
    assert (shown["bill"]["lines"], shown["bill"]["total"], shown["bill"]["projected_total"]) == (
        invoice["lines"],
        invoice["total"],
        invoice["total"],
    )
    # What was taken back and billed again has had another final run.
    record = PeriodRecord(Period(2026, 10), "closed", invoice["cutoff"], "2026-11-05T06:00:00Z")
    world.planner.store.invoices.put(record.to_item())
    again = world.roll_up({"scheduled_time": "2026-11-05T07:05:00Z"})["periods"]
    assert again[1:] == [closed]


def test_periods_whose_items_are_expired_are_not_written(world: World) -> None:
    world.run("2026-09-20T06:00:00Z")
    for record in world.planner.store.periods():
        closed = PeriodRecord(record.period, "closed", "2026-10-03T06:00:00Z", "2026-10-04T06:00:00Z")
        world.planner.store.invoices.put(closed.to_item())
    periods = [one["period"] for one in world.roll_up({"scheduled_time": "2027-12-31T23:59:59Z"})["periods"]]
    assert periods == ["2027-12", "2026-09"]  # not August, whose items are gone


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ([], "event must be an object, got list"),
        ({}, "event must have either scheduled_time or as_of"),
        ({"as_of": NOW, "tenants": ["acme"]}, "event must have no other keys than as_of, period, scheduled_time, got"),
        ({"as_of": "now"}, "time of the run must be a moment"),
        ({"as_of": NOW, "period": "2026-12"}, r"period must have begun by 2026-11-16T00:00:00\+00:00, got 2026-12"),
    ],
)
def test_other_events_are_refused(world: World, event: Any, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        world.roll_up(event)


def test_without_its_table_nothing_is_rolled_up(world: World) -> None:
    parts = Parts(**{**vars(world.planner), "usage": None})
    with pytest.raises(RuntimeError, match="USAGE_TABLE must be set"):
        roll_up(parts, {"as_of": NOW})


def test_the_planner_calls_the_rollup_after_each_whole_run(world: World) -> None:
    world.plan({"scheduled_time": NOW})
    assert world.aws.rollup_calls == [{"as_of": NOW}]
    for more in ({"dry_run": True}, {"continued": True}, {"tenants": ["acme"]}, {"period": "2026-11"}):
        world.plan({"as_of": NOW, **more})
    assert world.aws.rollup_calls == [{"as_of": NOW}]
    world.planner = Parts(**{**vars(world.planner), "call_rollup": None})
    assert [run["period"] for run in world.plan({"scheduled_time": NOW})["runs"]] == ["2026-10", "2026-11", "2026-10"]


def test_a_rollup_that_cannot_be_called_fails_the_run(world: World) -> None:
    def refuse(_event: Any) -> None:
        raise ConnectionError("no such function")

    world.planner = Parts(**{**vars(world.planner), "call_rollup": refuse})
    with pytest.raises(ConnectionError, match="no such function"):
        world.plan({"scheduled_time": NOW})
