"""The benches of billing print their lines; how much time and memory it takes is theirs to say and no test's."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pytest

from components.catalog import read_catalog
from rating.account import check_plans, parse_account
from tests.bench import billing_bench, billing_memory, billing_world
from tests.bench.billing_world import Process
from tests.unit.billing.world import World

Asked = list[tuple[Any, list[int]]]


def measured_as(monkeypatch: pytest.MonkeyPatch, module: ModuleType, *results: Any) -> Asked:
    asked: Asked = []

    def each_apart(measure: Callable[[int], Any], sizes: Iterable[int]) -> Iterator[Any]:
        asked.append((measure, list(sizes)))
        return iter(results)

    monkeypatch.setattr(module, "each_apart", each_apart)
    return asked


def test_the_bench_prints_the_ratio_of_the_seconds_per_tenant(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    few, many = (
        billing_bench.Measured(1_000, 20.0, 61.4, 59.6),
        billing_bench.Measured(10_000, 250.0, 75.5, 60.0),
    )
    asked = measured_as(monkeypatch, billing_bench, few, many)
    billing_bench.main([])
    assert capsys.readouterr().out.splitlines() == [
        "billing of 1,000 tenants: 50.0 tenants/s, planner 61 MB, worker 60 MB",
        "billing of 10,000 tenants: 40.0 tenants/s, planner 76 MB, worker 60 MB",
        "billing/tenant ratio 1.25 (10,000 tenants 250.0 s, 1,000 tenants 20.0 s)",
    ]
    billing_bench.main(["--tenants", "20", "40"])
    assert asked == [(billing_bench.measure, [1_000, 10_000]), (billing_bench.measure, [20, 40])]


def test_memory_is_printed_for_each_size(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    processes = [Process(80.4, 612.0), Process(75.6, 90.04), Process(60.1, 1.23), Process(62.2, 31.5)]
    asked = measured_as(monkeypatch, billing_memory, billing_memory.Measured(100_000, *processes))
    billing_memory.main([])
    assert asked == [(billing_memory.measure, [100, 10_000, 100_000])]
    assert capsys.readouterr().out == (
        "100,000 tenants: rollup 80 MB 612.0 s, planner 76 MB 90.0 s, a batch 60 MB 1.2 s, numbering 62 MB 31.5 s\n"
    )


def test_tenants_of_the_bench_are_on_plans_of_the_catalog_on_the_default_one_or_change_theirs() -> None:
    catalog = World(json.loads(read_catalog("catalog.yaml"))).planner.catalogs.today
    kinds: Counter[str] = Counter()
    for number in range(100):
        item = billing_world.account_of(number)
        if item is None:
            kinds["default"] += 1
            continue
        account = parse_account(item["tenant_id"], item["account"])
        check_plans(account, catalog)
        kinds["-".join(subscription.plan for subscription in account.subscriptions)] += 1
    assert kinds == {"default": 30, "team": 55, "enterprise": 10, "team-enterprise": 5}


def test_rows_of_the_bench_are_each_of_one_request_in_the_month_before_the_runs_time() -> None:
    rows = list(billing_world.rows_of(40))
    assert Counter(row["tenant_id"] for row in rows) == {
        billing_world.tenant_id(number): billing_world.ROWS_PER_TENANT for number in range(40)
    }
    assert len({row["extended_request_id"] for row in rows}) == len(rows)
    as_of = datetime.fromisoformat(billing_world.AS_OF).astimezone(UTC)
    assert all(billing_world.PERIOD.start <= row["request_time"] < row["ingested_at"] < as_of for row in rows)
