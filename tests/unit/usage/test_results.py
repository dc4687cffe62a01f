import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from rating.bill import Group, Quantity, SegmentUsage
from rating.period import Period
from tests.unit.usage.usage_kit import PERIOD, meter, named
from usage import largest
from usage.columns import UsageColumns
from usage.evidence import Evidence
from usage.failure import ResultError
from usage.forms import segment_usage_from_json, segment_usage_to_json, usage_from_json, usage_to_json
from usage.results import LateTenant, TenantUsage, read_late_tenants, read_usage

METERS = named(meter("calls", group_by=["status", "user"]), meter("bytes", "sum", "response_length"))
HEADER = UsageColumns(METERS).names(PERIOD)
SUMS = "0 0 0 0 7"
WHOLE, GROUPED = "3", "0"
USAGE = TenantUsage(
    "acme",
    {
        0: SegmentUsage(
            3,
            {"calls": Quantity(Decimal(3), 3), "bytes": Quantity(Decimal("12.5"), 2)},
            {
                "calls": (
                    Group((("status", "200"), ("user", None)), Quantity(Decimal(1), 1)),
                    Group((("status", "200"), ("user", "ann")), Quantity(Decimal(2), 2)),
                )
            },
        ),
        2: SegmentUsage(1, {"calls": Quantity(Decimal(0), 0), "bytes": Quantity(Decimal(0), 0)}, {"calls": ()}),
    },
    {
        0: Evidence({date(2026, 2, 1): 1, date(2026, 2, 28): 2}, f"{7:064x}", 2),
        2: Evidence({date(2026, 2, 2): 1}, f"{7:064x}"),
    },
)


def days(**rows: int) -> str:
    return " ".join(str(rows.get(f"d{day}", 0)) for day in range(1, 29))


def row(**values: str) -> list[str]:
    names = {"tenant_id": "acme", "segment": "0", "level": WHOLE, "quantity_calls": "3", "events_calls": "3"}
    return [{**names, **values}.get(name, "") for name in HEADER]


def whole(**values: str) -> list[str]:
    figures = {"quantity_bytes": "12.500000000", "events_bytes": "2"}
    evidence = {"rows_per_day_of_2026-02": days(d1=1, d28=2), "key_sums": SUMS, "differing": "0"}
    return row(**{**figures, **evidence, **values})


def group(status: str, user: str, calls: str, **values: str) -> list[str]:
    named_values = {"by_status": status, "by_user": user, "quantity_calls": calls, "events_calls": calls}
    return row(**{"level": GROUPED, **named_values, **values})


NOTHING = {"quantity_calls": "0", "events_calls": "0", "quantity_bytes": "", "events_bytes": "0"}
ROWS = [
    group("200", "ann", "2"),
    group("200", "", "1"),
    group("404", "", "0"),
    whole(differing="2"),
    group("", "", "0", segment="2"),
    whole(segment="2", **NOTHING, **{"rows_per_day_of_2026-02": days(d2=1)}),
]


def read(*rows: list[str], header: list[str] = HEADER) -> list[TenantUsage]:
    return list(read_usage(METERS, header, rows))


def test_an_answer_is_read_tenant_by_tenant() -> None:
    other = whole(tenant_id="b")
    [first, second] = read(*ROWS, other)
    assert first == USAGE
    assert (second.tenant_id, list(second.segments)) == ("b", [0])


def test_quantities_have_no_zeros_at_their_end() -> None:
    [found] = read(whole(quantity_bytes="100.000000000"))
    assert str(found.segments[0].quantities["bytes"].value) == "100"


def test_an_answer_without_rows_is_no_usage() -> None:
    assert read() == []


def test_one_tenants_rows_are_held_at_a_time() -> None:
    taken: list[str] = []

    def endless() -> Iterator[list[str]]:
        for number in range(10**9):
            taken.append(f"{number:010}")
            yield whole(tenant_id=taken[-1])

    answer = read_usage(METERS, HEADER, endless())
    assert [next(answer).tenant_id for _ in range(3)] == taken[:3]
    assert len(taken) <= 4


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([row()[:-1]], "row 1 must have 12 values, got 11"),
        ([whole(tenant_id="")], "rows must be ordered by tenant, got '' after None"),
        ([whole(tenant_id="b"), whole()], "rows must be ordered by tenant, got 'acme' after 'b'"),
        ([whole(), whole()], "segment 0 of tenant 'acme' must be there once, got it again"),
        ([group("200", "", "1")], "tenant 'acme' must have a whole row of each of the segments [0]"),
        ([whole(), group("200", "", "1", segment="1")], "tenant 'acme' must have a whole row of each of the segments"),
        ([whole(level="1")], "level of tenant 'acme' must be one of its query's, got 1"),
        ([whole(level="")], "column level must hold a count, got ''"),
        ([whole(segment="-1")], "column segment must hold a count, got '-1'"),
        ([whole(events_calls="1.0")], "column events_calls must hold a count, got '1.0'"),
        ([whole(quantity_bytes="")], "column quantity_bytes must hold a number, made of 2 rows, got ''"),
        ([whole(quantity_bytes="1E5")], "column quantity_bytes must hold a number, made of 2 rows, got '1E5'"),
        ([whole(quantity_bytes="NaN")], "column quantity_bytes must hold a number, made of 2 rows, got 'NaN'"),
        ([whole(key_sums="1 2 3 4")], "evidence must be 5 counts with blanks between them, got '1 2 3 4'"),
        ([whole(key_sums="1 2 3 4 -5")], "evidence must be 5 counts with blanks between them, got '1 2 3 4 -5'"),
        ([whole(differing="")], "column differing must hold a count, got ''"),
        ([whole(**{"rows_per_day_of_2026-02": ""})], "evidence must be 28 counts with blanks between them, got ''"),
    ],
)
def test_a_damaged_answer_is_refused(rows: list[list[str]], problem: str) -> None:
    with pytest.raises(ResultError, match=r"^" + re.escape(problem)):
        read(*rows)


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        (HEADER[:-3], "columns must be one rows_per_day_of_<period> and others, got tenant_id, segment, "),
        (
            [*HEADER[:-3], "rows_per_day_of_2026-13", *HEADER[-2:]],
            "column rows_per_day_of_2026-13: period must be a month",
        ),
        ([HEADER[1], HEADER[0], *HEADER[2:]], "columns must be tenant_id, segment, level, "),
        (
            UsageColumns(named(*reversed(METERS.values()))).names(PERIOD),
            "columns must be tenant_id, segment, level, by_status, by_user, quantity_calls, ",
        ),
    ],
    ids=["no period", "no such period", "other order", "meters in another order"],
)
def test_an_answer_to_another_question_is_refused(header: list[str], problem: str) -> None:
    with pytest.raises(ResultError, match=r"^" + re.escape(problem)):
        read(header=header)


def test_the_header_tells_the_period() -> None:
    header = UsageColumns(METERS).names(Period(2026, 3))
    [found] = read([*whole()[:-3], " ".join(["0"] * 30 + ["4"]), SUMS, "0"], header=header)
    assert found.evidence[0].rows_per_day == {date(2026, 3, 31): 4}


def test_late_tenants_are_read() -> None:
    answer: tuple[Any, Any] = (["tenant_id", "rows"], [["a", "2"], ["b", "1"]])
    assert list(read_late_tenants(*answer)) == [LateTenant("a", 2), LateTenant("b", 1)]
    with pytest.raises(ResultError, match=r"^column rows must hold a count, got ''$"):
        list(read_late_tenants(["tenant_id", "rows"], [["a", ""]]))
    with pytest.raises(ResultError, match=r"^columns must be tenant_id, rows, got rows, tenant_id$"):
        list(read_late_tenants(["rows", "tenant_id"], []))


def test_of_too_many_groups_the_largest_are_read_and_the_others_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(largest, "MOST_GROUPS", 2)
    calls = {"z": "5", "b": "4", "": "4", "a": "4", "none": "0"}
    groups = [group("200", user, number) for user, number in calls.items()]
    [found] = read(*groups, whole(), whole(segment="2"), group("200", "ann", "3", segment="2"))
    usage = found.segments[0]
    assert usage.groups["calls"] == (
        Group((("status", "200"), ("user", None)), Quantity(Decimal(4), 4)),
        Group((("status", "200"), ("user", "z")), Quantity(Decimal(5), 5)),
    )
    assert (usage.groups_omitted, found.segments[2].groups_omitted) == ({"calls": 2}, {})
    assert usage.quantities["calls"] == Quantity(Decimal(3), 3)
    written = segment_usage_to_json(usage)
    assert written["groups_omitted"] == {"calls": 2}
    assert segment_usage_from_json(written) == usage


def test_usage_comes_back_from_json() -> None:
    written = usage_to_json(USAGE)
    assert written["segments"]["0"] == {
        "rows": 3,
        "quantities": {"calls": {"quantity": "3", "events": 3}, "bytes": {"quantity": "12.5", "events": 2}},
        "groups": {
            "calls": [
                {"dimensions": [["status", "200"], ["user", None]], "quantity": "1", "events": 1},
                {"dimensions": [["status", "200"], ["user", "ann"]], "quantity": "2", "events": 2},
            ]
        },
    }
    assert usage_from_json(written) == USAGE
    assert segment_usage_from_json(segment_usage_to_json(USAGE.segments[2])) == USAGE.segments[2]
