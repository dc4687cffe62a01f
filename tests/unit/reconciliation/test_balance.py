"""The balance of hours."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciliation.balance import (
    AFTER,
    REACH,
    Balance,
    Band,
    Figures,
    Tolerance,
    balance,
    shift,
    source_band,
    stream_band,
)

NONE = Tolerance(Decimal(0), Decimal(0))
DEFAULT = Tolerance(Decimal(0), Decimal("0.01"))


def hour(number: int = 100, **figures: int | None) -> Figures:
    """Give an hour of requests in which all became rows, but for some figures."""
    whole = {"incoming": number, "rows": number, "keys": number, "counted": number, "source_keys": number}
    return Figures(**{**whole, **figures})


def verdict(*hours: Figures, tolerance: Tolerance = NONE, before: Sequence[Figures] = ()) -> list[tuple[int, int, int]]:
    """Give of each hour what is missing, unexplained, and missing but put aside."""
    return [(one.missing, one.unexplained, one.failed) for one in balance(hours, tolerance, before)]


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        pytest.param(hour(), (0, 0, 0), id="all are rows"),
        pytest.param(hour(0), (0, 0, 0), id="nothing happened"),
        pytest.param(hour(rows=97, keys=97, source_keys=97), (3, 0, 0), id="lost behind the stream"),
        pytest.param(hour(rows=97, source_keys=97, failed=2, source_failed=2), (3, 0, 2), id="some of it put aside"),
        pytest.param(hour(rows=97, source_keys=97, failed=3), (3, 0, 3), id="all of it put aside"),
        pytest.param(hour(rows=100, failed=3), (0, 0, 0), id="put aside, and rows all the same"),
        pytest.param(hour(rows=97, failed=5), (3, 0, 3), id="put aside, and some of it rows all the same"),
        pytest.param(hour(rows=97, replayed=3), (0, 0, 0), id="replayed"),
        pytest.param(hour(rows=100, replayed=3), (0, 0, 0), id="replayed, and a row before"),
        pytest.param(hour(rows=96, replayed=3), (1, 0, 0), id="replayed, and one lost"),
        pytest.param(hour(rows=150, duplicates=50), (0, 0, 0), id="committed twice"),
        pytest.param(hour(rows=151, duplicates=50), (0, 1, 0), id="committed twice, and one more"),
        pytest.param(hour(rows=90, duplicates=50, source_keys=100), (10, 0, 0), id="twice does not fill up"),
        pytest.param(hour(rows=102), (0, 2, 0), id="more rows than records"),
        pytest.param(hour(99, counted=100), (1, 0, 0), id="lost in front of the stream"),
        pytest.param(hour(source_keys=103), (0, 3, 0), id="more keys than requests"),
        pytest.param(hour(incoming=104, rows=104, source_keys=99), (1, 0, 0), id="others' records do not fill up"),
        pytest.param(hour(rows=90, source_keys=103), (10, 3, 0), id="both"),
        pytest.param(hour(99, counted=100, source_failed=1), (1, 0, 1), id="put aside in the next hour"),
    ],
)
def test_an_hour_of_requests(figures: Figures, expected: tuple[int, int, int]) -> None:
    assert verdict(figures) == [expected]


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        pytest.param(hour(source_keys=None), (0, 0, 0), id="all came by POST"),
        pytest.param(hour(source_keys=None, counted=10), (0, 0, 0), id="most were put directly"),
        pytest.param(hour(source_keys=None, counted=101), (1, 0, 0), id="accepted, and not on the stream"),
        pytest.param(hour(source_keys=None, rows=99), (1, 0, 0), id="lost behind the stream"),
        pytest.param(hour(source_keys=None, duplicates=7), (0, 0, 0), id="the same twice in one batch"),
        pytest.param(hour(source_keys=None, rows=107, duplicates=7), (0, 0, 0), id="committed twice"),
        pytest.param(hour(source_keys=None, rows=108, duplicates=7), (0, 1, 0), id="more rows than records"),
    ],
)
def test_an_hour_of_events(figures: Figures, expected: tuple[int, int, int]) -> None:
    assert verdict(figures) == [expected]


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        (hour(1_000_000, source_keys=999_900), (0, 0, 0)),
        (hour(1_000_000, source_keys=999_899), (101, 0, 0)),
        (hour(1_000_000, source_keys=1_000_100), (0, 0, 0)),
        (hour(1_000_000, source_keys=1_000_101), (0, 101, 0)),
        (hour(1_000_000, rows=999_999), (1, 0, 0)),
        (hour(9_999, source_keys=9_998), (1, 0, 0)),
        (hour(10_000, source_keys=9_999), (0, 0, 0)),
        (hour(1_000_000, rows=999_999, source_keys=999_899), (101, 0, 0)),
        (hour(0, source_keys=1), (0, 1, 0)),
    ],
)
def test_what_the_gateway_counted_may_be_off_by_a_ten_thousandth_and_the_stream_by_nothing(
    figures: Figures, expected: tuple[int, int, int]
) -> None:
    assert verdict(figures, tolerance=DEFAULT) == [expected]


def test_a_tolerance_of_the_stream_is_of_what_it_took() -> None:
    off = Tolerance(Decimal("0.5"), Decimal(0))
    assert verdict(hour(1000, rows=995), tolerance=off) == [(0, 0, 0)]
    assert verdict(hour(1000, rows=994), tolerance=off) == [(6, 0, 0)]


def test_neighbours_make_up_for_each_other() -> None:
    assert verdict(hour(rows=98), hour(rows=102)) == [(0, 0, 0)] * 2
    assert verdict(hour(rows=102), hour(rows=98)) == [(0, 0, 0)] * 2
    assert verdict(hour(source_keys=98), hour(source_keys=102)) == [(0, 0, 0)] * 2
    assert verdict(hour(rows=98), hour(rows=105)) == [(0, 0, 0), (0, 3, 0)]
    assert verdict(hour(rows=95), hour(rows=102)) == [(3, 0, 0), (0, 0, 0)]
    assert verdict(hour(rows=98), hour(rows=104), hour(rows=98)) == [(0, 0, 0)] * 3
    assert verdict(hour(rows=98), hour(rows=98)) == [(2, 0, 0)] * 2


def test_an_hours_own_difference_is_told_whoever_makes_up_for_it() -> None:
    found = balance([hour(rows=95), hour(rows=102, source_keys=101), hour(source_keys=99)], NONE)
    assert [(one.missing, one.unexplained) for one in found] == [(3, 0), (0, 0), (0, 0)]
    assert [one.own for one in found] == [(5, 0), (0, 2), (1, 0)]
    [one] = balance([hour(20_000, source_keys=19_995)], DEFAULT, before=[hour(20_000, source_keys=20_004)])
    assert ((one.missing, one.unexplained), one.own) == ((0, 0), (5, 0))


def test_a_few_that_are_carried_over_every_turn_show_only_where_traffic_changes() -> None:
    begins, steady, ends = hour(1000, rows=1003), hour(1000), hour(1000, rows=997)
    assert verdict(begins, *[steady] * 10, ends) == [(0, 0, 0)] * 12
    assert verdict(ends, *[steady] * 10, begins) == [(0, 0, 0)] * 12
    assert verdict(begins, ends, steady, ends) == [(0, 0, 0)] * 3 + [(3, 0, 0)]
    [*rest, last] = verdict(begins, *[steady] * 24, ends)
    assert (rest[0], last) == ((0, 3, 0), (3, 0, 0))


def test_more_than_a_few_are_not_carried_so_far() -> None:
    """Of 600 in an hour, 10 come in a minute."""
    begins, steady, ends = hour(600, rows=620), hour(600), hour(600, rows=580)
    assert verdict(begins, ends) == [(0, 0, 0)] * 2
    assert verdict(begins, steady, ends) == [(0, 9, 0), (0, 0, 0), (9, 0, 0)]
    assert verdict(begins, hour(0), hour(0), ends) == [(0, 19, 0), (0, 0, 0), (0, 0, 0), (19, 0, 0)]


def test_a_loss_shows_whatever_is_carried_over() -> None:
    carried = [hour(1000, rows=1003), hour(1000), hour(1000, rows=995), hour(1000, rows=1001), hour(1000, rows=999)]
    found = verdict(*carried)
    assert sum(missing for missing, _, _ in found) == 2
    assert sum(unexplained for _, unexplained, _ in found) == 0


def test_of_events_others_puts_make_up_for_a_few() -> None:
    events, none = hour(source_keys=None, counted=50), hour(0, source_keys=None)
    late = hour(0, source_keys=None, counted=1)
    assert verdict(events, none, late) == [(0, 0, 0)] * 3


def test_what_was_shifted_is_told_of_both_hours() -> None:
    found = balance([hour(rows=98), hour(rows=102, source_keys=101), hour(source_keys=99)], NONE)
    assert [(one.figures.shifted, one.figures.source_shifted) for one in found] == [(2, 0), (-2, -1), (0, 1)]


def test_a_surplus_that_would_be_explained_is_a_neighbours_if_that_lacks_it() -> None:
    assert verdict(hour(rows=99), hour(rows=101, duplicates=1)) == [(0, 0, 0)] * 2


def test_an_hour_goes_on_from_those_before() -> None:
    events = hour(source_keys=None, counted=50)
    late = hour(0, source_keys=None, counted=1)
    assert verdict(late) == [(1, 0, 0)]
    assert verdict(late, before=[events]) == [(0, 0, 0)]


def test_what_hours_before_gave_one_another_they_have_no_more() -> None:
    pair = [hour(rows=98), hour(rows=102)]
    assert verdict(hour(rows=98), before=pair) == [(2, 0, 0)]
    assert verdict(hour(rows=98), before=pair[1:]) == [(0, 0, 0)]


def test_an_hour_that_is_balanced_once_more_keeps_what_the_one_before_gave_it() -> None:
    given, late = balance([hour(rows=102), hour(rows=90)], NONE)
    assert (given.missing, given.figures.shifted, late.missing) == (0, -2, 8)
    assert verdict(hour(rows=98), before=[given.figures]) == [(0, 0, 0)]


def test_an_hour_that_is_balanced_once_more_has_no_more_what_it_gave_the_one_before() -> None:
    taken, late = balance([hour(rows=98), hour(rows=102, source_keys=90)], NONE)
    assert (taken.missing, taken.figures.shifted, late.missing) == (0, 2, 10)
    assert verdict(hour(rows=102), before=[taken.figures]) == [(0, 0, 0)]


def test_hours_before_are_not_judged() -> None:
    assert verdict(hour(), before=[hour(rows=1)]) == [(0, 0, 0)]


@pytest.mark.parametrize(
    ("missing", "unexplained", "late", "state"),
    [
        (0, 0, True, "balanced"),
        (0, 0, False, "balanced"),
        (1, 0, True, "late"),
        (0, 1, True, "late"),
        (1, 0, False, "missing"),
        (0, 1, False, "unexplained"),
        (1, 1, False, "missing"),
    ],
)
def test_the_state_of_an_hour(missing: int, unexplained: int, late: bool, state: str) -> None:
    assert Balance(Figures(), missing, unexplained, 0, (0, 0)).state(may_be_late=late) == state


small = st.integers(0, 4)


@st.composite
def bands(draw: st.DrawFn) -> list[Band]:
    limits = draw(st.lists(st.tuples(small, st.one_of(st.none(), small), small, small), max_size=6))
    return [
        Band(least, extra if extra is None else least + extra, found, few=few) for least, extra, found, few in limits
    ]


exact = st.lists(st.tuples(small, small), min_size=1, max_size=6)


@given(exact)
def test_what_hours_lack_and_have_too_many_cancels_if_few_enough_are_carried(hours: list[tuple[int, int]]) -> None:
    made = [Band(wanted, wanted, found, few=99) for wanted, found in hours]
    shift(made)
    wanted, found = (sum(numbers) for numbers in zip(*hours, strict=True))
    assert sum(band.lacking for band in made) == max(0, wanted - found)
    assert sum(band.beyond for band in made) == max(0, found - wanted)


@given(exact)
def test_without_carrying_no_two_neighbours_are_left_that_could_cancel(hours: list[tuple[int, int]]) -> None:
    made = [Band(wanted, wanted, found) for wanted, found in hours]
    shift(made)
    for left, right in itertools.pairwise(made):
        assert not (left.lacking and right.beyond)
        assert not (left.beyond and right.lacking)
    moved = list(itertools.accumulate(band.shifted for band in made))
    assert all(abs(number) <= 4 for number in moved)


@given(bands())
def test_making_up_moves_rows_and_makes_none(hours: list[Band]) -> None:
    before = [replace(one) for one in hours]
    shift(hours)
    assert sum(one.shifted for one in hours) == 0
    for old, new in zip(before, hours, strict=True):
        assert new.lacking <= old.lacking
        assert new.beyond <= old.beyond


figures = st.builds(
    lambda lost, twice, aside, handed, rows, counted, keys: Figures(
        incoming=rows + lost + aside + handed,
        rows=rows + twice,
        keys=rows,
        duplicates=twice,
        failed=aside,
        replayed=handed,
        counted=counted,
        source_keys=keys,
    ),
    *[small] * 5,
    small,
    st.one_of(st.none(), small),
)


@given(st.lists(figures, max_size=6))
def test_what_is_put_aside_or_lost_is_missing_and_what_is_replayed_or_there_twice_is_not(hours: list[Figures]) -> None:
    """With nothing stamped in another hour, the stream's balance is exact, whatever the neighbours are like."""
    for one in hours:
        band = stream_band(one)
        lost = one.incoming - one.keys - one.failed - one.replayed
        spare = one.duplicates - lost - one.failed
        assert band.lacking == max(0, -spare)
        assert band.beyond == 0


@given(st.lists(figures, max_size=6))
def test_no_more_is_missing_than_was_counted(hours: list[Figures]) -> None:
    for before, after in zip(hours, balance(hours, NONE), strict=True):
        assert 0 <= after.failed <= after.missing <= max(before.incoming, before.counted)
        assert after.unexplained >= 0
        assert after.missing <= after.own[0]
        assert after.unexplained <= after.own[1]
        assert replace(after.figures, shifted=0, source_shifted=0) == before


@given(st.lists(figures, max_size=6), st.integers(0, 6))
def test_hours_checked_in_two_goes_are_as_if_in_one(hours: list[Figures], cut: int) -> None:
    first = balance(hours[:cut], NONE)
    assert balance(hours[cut:], NONE, [one.figures for one in first]) == balance(hours, NONE)[len(first) :]


@given(st.lists(figures, min_size=1, max_size=14), st.integers(0, 13), st.integers(1, 3))
def test_hours_in_between_are_judged_by_those_around_them_as_if_by_all(
    hours: list[Figures], start: int, length: int
) -> None:
    end = start + length
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reconciliation.balance.REACH", 2)
        whole = balance(hours, NONE)[start:end]
        around = balance(hours[start : end + AFTER - REACH + 2], NONE, hours[:start])[:length]
    assert around == whole


@given(figures)
def test_a_hidden_band_has_its_least_below_its_most(one: Figures) -> None:
    for band in (stream_band(one), source_band(one)):
        assert band.most is None or band.least <= band.most
