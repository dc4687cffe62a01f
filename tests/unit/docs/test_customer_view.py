"""The examples of docs/customer-view.md are what the code answers."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from billing.lake import Answer
from billing.parts import Parts
from metering.quota import guarded
from rating.period import Period
from tests.unit.billing.rollup_kit import PLANS, RAW, body, told
from tests.unit.billing.world import METER, World, at
from tests.unit.rating.catalog.shipped import shipped_value
from usage.columns import LATE_COLUMNS, UsageColumns
from usage.daily import DailyColumns

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "customer-view.md").read_text(encoding="utf-8")
NOW = "2026-11-16T00:00:00Z"
CATALOG = {**RAW, "meters": {"api_calls": {**METER, "group_by": ["http_method"]}}, "plans": PLANS}


def block(section: str, language: str, number: int = 0) -> str:
    """Return a block of code of a section."""
    own = re.split(r"^## ", TEXT.split(f"\n## {section}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    return re.findall(rf"^```{language}\n(.*?)^```", own, re.DOTALL | re.MULTILINE)[number]


class TwoMethods:
    """A lake with 29 GETs and a POST on the second of November, and four GETs on the fifteenth."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.tables = world.lake.tables

    def ask(self, sql: str) -> Callable[[], Answer]:
        meters = self._world.planner.catalogs.today.meters
        if "GROUPING SETS" not in sql:  # nobody has tombstones
            return lambda: Answer("q", list(LATE_COLUMNS), iter(()))
        if "(tenant_id, day)" not in sql:
            header = UsageColumns(meters).names(Period(2026, 11))
            days = " ".join(str({2: 30, 15: 4}.get(day, 0)) for day in range(1, 31))
            groups = (("0", "GET", "33", "", ""), ("0", "POST", "1", "", ""), ("1", "", "34", days, "0 0 0 0 7"))
            rows = [
                ["acme", "0", level, method, count, count, counts, sums, "0" if sums else ""]
                for level, method, count, counts, sums in groups
            ]
            return lambda: Answer("q", header, iter(rows))
        found = [
            *(("3", "", "", "34"), ("2", "", "GET", "33"), ("2", "", "POST", "1")),
            *(("1", "2026-11-02", "", "30"), ("1", "2026-11-15", "", "4")),
            *(("0", "2026-11-02", "GET", "29"), ("0", "2026-11-02", "POST", "1"), ("0", "2026-11-15", "GET", "4")),
        ]
        days_rows = [["acme", *one, one[-1]] for one in found]
        return lambda: Answer("q", DailyColumns(meters).names(), iter(days_rows))


def test_the_answer_of_get_usage() -> None:
    world = World(CATALOG)
    world.account("acme", ("tiered", "2026-11-01", None))
    world.planner = Parts(**{**vars(world.planner), "lake": TwoMethods(world)})
    world.roll_up({"as_of": NOW, "period": "2026-11"})
    found = body(world, "acme", "2026-11")
    lines = found["bill"]["lines"]
    assert [[group["quantity"] for group in line["groups"]] for line in lines] == [[], ["33", "1"]]
    found["bill"]["lines"] = ["…"]
    assert json.loads(block("Usage", "json")) == found


def test_the_event_of_a_rollup_by_hand() -> None:
    event = json.loads(block("Freshness", "json"))
    assert [one["period"] for one in World(RAW).roll_up(event)["periods"]] == [event["period"]]


def test_the_shipped_catalogs_limits_are_the_example() -> None:
    example = {one["meter"]: one for one in yaml.safe_load(block("Quotas", "yaml"))["limits"]}
    shipped = {
        limit["meter"]: limit
        for plan in shipped_value()["plans"].values()
        for version in plan["versions"]
        for limit in version.get("limits", ())
    }
    assert example == shipped


def using(count: int) -> World:
    world = World(RAW)
    world.account("acme", ("hard", "2026-11-01", None))
    world.calls("acme", "2026-11-02", count)
    world.roll_up({"as_of": NOW})
    return world


def test_the_guards_answer() -> None:
    items = using(112).planner.usage
    assert items

    def read(tenant_id: str, period: str) -> Any:
        found = items.get(tenant_id, Period.parse(period))
        return found and vars(found)

    claims = {"claims": {"custom:tenant_id": "acme"}}
    context = {"requestTimeEpoch": int(at("2026-11-20T00:00:00").timestamp() * 1000), "authorizer": claims}
    answer = guarded(lambda *_: {"statusCode": 200}, read, ["api_calls"])({"requestContext": context}, None)
    assert json.loads(block("Quotas", "json")) == json.loads(answer["body"])


def test_the_event_of_a_threshold() -> None:
    world = using(85)
    [entry] = world.aws.published
    assert json.loads(block("Quotas", "json", 1)) == {
        "source": entry["Source"],
        "detail-type": entry["DetailType"],
        "detail": told(world)[0],
    }
