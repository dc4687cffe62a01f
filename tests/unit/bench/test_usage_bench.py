"""The bench of `GET /usage` prints its lines and holds its limit; how fast it is, is its own to say and no test's."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from metering.records import API_REQUESTS
from tests.bench import usage_bench, usage_world
from tests.bench.usage_bench import Measured

TYPES = {
    "string": pa.string(),
    "timestamptz": pa.timestamp("us", tz="UTC"),
    "int": pa.int32(),
    "long": pa.int64(),
    "boolean": pa.bool_(),
}
FEW = Measured(10_000, [[0.010, 0.012, 0.090], [0.020, 0.022, 0.024]])


def _measured(monkeypatch: pytest.MonkeyPatch, many: Measured) -> list[tuple[list[int], int]]:
    asked: list[tuple[list[int], int]] = []

    def measure(sizes: Sequence[int], rounds: int) -> list[Measured]:
        asked.append((list(sizes), rounds))
        return [FEW, many]

    monkeypatch.setattr(usage_bench, "measure", measure)
    return asked


def test_the_bench_takes_enough_rounds_and_prints_the_ratio(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    many = Measured(1_000_000, [[0.012, 0.0132, 0.050], [0.022, 0.0231, 0.023]])
    asked = _measured(monkeypatch, many)
    usage_bench.main([])
    assert capsys.readouterr().out.splitlines() == [
        "GET /usage with 10,000 rows: p50 21.0 ms, p99 90.0 ms",
        "GET /usage with 1,000,000 rows: p50 22.5 ms, p99 50.0 ms",
        "GET /usage 1,000,000/10,000 rows ratio 1.07",
    ]
    usage_bench.main(["--rows", "10", "20", "--rounds", "3"])
    assert asked == [([10_000, 1_000_000], usage_bench.ROUNDS), ([10, 20], 3)]
    assert usage_bench.ROUNDS >= 15


def test_answers_that_grow_with_the_table_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    _measured(monkeypatch, Measured(1_000_000, [[0.013, 0.015, 0.016], [0.026, 0.027, 0.028]]))
    with pytest.raises(SystemExit, match=r"^GET /usage must not grow with the table: ratio at most 1.2, is 1.24$"):
        usage_bench.main([])


@pytest.mark.parametrize(("count", "place"), [(1, 0), (99, 98), (100, 98), (101, 99), (620, 613)])
def test_the_99th_percentile_is_a_request_of_its_own(count: int, place: int) -> None:
    seconds = [number / 1000 for number in range(count)]
    assert Measured(1, [seconds[: count // 2], seconds[count // 2 :]]).p99 == seconds[place]


def test_rows_are_billable_requests_of_the_month_the_same_for_every_tenant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage_world, "_ROWS_PER_FILE", 1_000)
    schema = pa.schema([pa.field(column.name, TYPES[column.type]) for column in API_REQUESTS.columns])
    parts = list(usage_world.rows_of(2_400, schema))
    assert [len(part) for part in parts] == [1_000, 1_000, 400]
    rows = pa.concat_tables(parts).to_pylist()
    assert Counter(row["tenant_id"] for row in rows) == {f"tenant-{number:02d}": 120 for number in range(20)}
    assert len({row["extended_request_id"] for row in rows}) == len(rows)
    assert {row["request_time"].date().day for row in rows} == set(range(1, 31))
    as_of = datetime.fromisoformat(usage_world.AS_OF).astimezone(UTC)
    assert all(usage_world.PERIOD.start <= row["request_time"] < row["ingested_at"] < as_of for row in rows)
    assert {row["billable"] for row in rows} == {True}
    assert {name for row in rows for name, value in row.items() if value is None}.isdisjoint(
        column.name for column in API_REQUESTS.columns if column.required
    )
