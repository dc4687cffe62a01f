"""A period's usage at the pace so far."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from rating.bill import Group, Quantity, SegmentUsage
from rating.forecast import forecast
from rating.terms import Segment
from tests.unit.rating.catalogs import meter, parse, raw

METERS = parse(
    raw(
        meters={
            "calls": meter(),
            "bytes": meter("sum", value="bytes"),
            "peak": meter("max", value="bytes"),
            "last": meter("latest", value="bytes"),
            "routes": meter("unique_count", value="route"),
        },
    )
).meters
GROUPS = {"calls": (Group((("route", "/a"),), Quantity(Decimal(3), 3)),)}


def november(*days: int) -> list[Segment]:
    """Return segments that begin on these days of November 2026; the last ends with the month."""
    starts = [date(2026, 11, day) for day in days]
    ends = [*starts, date(2026, 12, 1)][1:]
    return [
        Segment(index, start, end, "basic", "v1", on_default=False)
        for index, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]


def used(rows: int, total: str = "0", **more: str) -> SegmentUsage:
    """Return usage: as many calls as rows, a sum over all of them, and the other meters' quantities."""
    quantities = {"calls": Quantity(Decimal(rows), rows), "bytes": Quantity(Decimal(total), rows)}
    return SegmentUsage(rows, quantities | {name: Quantity(Decimal(text), rows) for name, text in more.items()}, {})


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        pytest.param("11-11T00:00:00", used(9, "1.5"), id="a third"),
        pytest.param("11-16T00:00:00", used(6, "1"), id="a half"),
        pytest.param("11-30T23:59:59", used(4, "0.500000192901"), id="all but a second: whole calls, exact sums"),
        pytest.param("12-01T00:00:00", used(3, "0.5"), id="the end"),
        pytest.param("12-09T00:00:00", used(3, "0.5"), id="after the end"),
        pytest.param("11-01T00:00:01", used(7_776_000, "1296000"), id="a second"),
    ],
)
def test_counts_and_sums_grow_with_time(moment: str, expected: SegmentUsage) -> None:
    assert forecast(METERS, november(1), {0: used(3, "0.5")}, at(moment)) == {0: expected}


def test_other_aggregations_stay_and_groups_are_not_told() -> None:
    so_far = used(3, "0.5", peak="7", last="2", routes="1")
    found = forecast(METERS, november(1), {0: SegmentUsage(3, so_far.quantities, GROUPS)}, at("11-16T00:00:00"))
    others = {name: so_far.quantities[name] for name in ("peak", "last", "routes")}
    assert found == {0: SegmentUsage(6, used(6, "1").quantities | others, {})}


def test_segments_that_are_over_stay_and_those_to_come_go_at_the_running_ones_pace() -> None:
    usage = {0: used(100, "7"), 1: used(10, "1")}
    found = forecast(METERS, november(1, 11, 21), usage, at("11-16T00:00:00"))
    assert found == {0: used(100, "7"), 1: used(20, "2"), 2: used(20, "2")}


@pytest.mark.parametrize(
    ("starts", "usage", "moment"),
    [
        ((1,), {}, "11-16T00:00:00"),
        ((20,), {}, "11-16T00:00:00"),
        ((1, 11), {0: used(5)}, "11-16T00:00:00"),
        ((), {}, "11-16T00:00:00"),
    ],
    ids=["nothing used", "not begun", "nothing used since a change", "no terms"],
)
def test_where_nothing_is_used_nothing_is_expected(
    starts: tuple[int, ...], usage: dict[int, SegmentUsage], moment: str
) -> None:
    assert forecast(METERS, november(*starts), usage, at(moment)) == usage


@pytest.mark.parametrize("starts", [(1,), (1, 16)])
def test_before_anything_has_elapsed_there_is_no_pace(starts: tuple[int, ...]) -> None:
    segments = november(*starts)
    assert (
        forecast(METERS, segments, {0: used(5)}, datetime.combine(segments[-1].start, at("11-01").time(), UTC)) is None
    )


def test_what_was_given_back_is_not_expected_again() -> None:
    assert forecast(METERS, november(1), {0: used(3, "-4")}, at("11-16T00:00:00")) == {
        0: SegmentUsage(6, used(6).quantities | {"bytes": Quantity(Decimal(-4), 3)}, {})
    }
