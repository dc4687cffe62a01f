"""What billing reads of reconciled hours."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from billing.moments import moment_text
from billing.reconciliation import (
    Reconciliation,
    acceptance,
    is_accepted,
    is_open,
    read_reconciliation,
    told,
    unreconciled,
)
from billing.store import Store
from rating.period import Period
from tests.unit.billing.fake_aws import FakeAws

OCTOBER = Period(2026, 10)
NOW = datetime(2026, 11, 4, 6, tzinfo=UTC)
MISSING = {"state": "missing", "missing": 5, "unexplained": 0}
ACCEPTED = {"by": "me", "at": "2026-11-01T08:00:00Z", "reason": "lost"}


class Hours:
    """The reconciliation table, with a month of balanced hours."""

    def __init__(self) -> None:
        aws = FakeAws()
        self.items = aws.dynamodb.tables["reconciliation"]
        self.store = Store(aws.dynamodb, "subscriptions", "invoices", "reconciliation")
        aws.dynamodb.page_size = 500
        for number in range(OCTOBER.days * 24):
            self.set(number)

    def set(self, number: int, state: str = "balanced", source: str = "a", **rest: Any) -> None:
        hour = moment_text(OCTOBER.start + timedelta(hours=number))
        self.items[source, hour] = {"source": source, "hour": hour, "state": state, **rest}

    def check(self, at: str, source: str = "a") -> None:
        self.items[source, "PERIOD#2026-10"] = {"source": source, "hour": "PERIOD#2026-10", "checked_at": at}

    def read(self, *sources: str, until: datetime = NOW, final: bool = False) -> Reconciliation:
        return read_reconciliation(self.store, sources or ("a",), OCTOBER, until, is_final=final)


@pytest.fixture
def hours() -> Hours:
    return Hours()


def test_every_hour_is_what_its_state_says(hours: Hours) -> None:
    hours.set(0, **MISSING)
    hours.set(1, "unexplained", missing=0, unexplained=2)
    hours.set(2, **MISSING, accepted={**ACCEPTED, "missing": 5, "unexplained": 0})
    hours.set(3, "late", missing=1, unexplained=0)
    del hours.items["a", "2026-10-01T04:00:00Z"]
    assert hours.read() == Reconciliation(open=2, accepted=1, absent=2)


def test_hours_that_are_not_over_do_not_count(hours: Hours) -> None:
    hours.set(30, **MISSING)
    assert hours.read(until=OCTOBER.start + timedelta(hours=30, minutes=59)) == Reconciliation(0, 0, 0)
    assert hours.read(until=OCTOBER.start + timedelta(hours=31)) == Reconciliation(1, 0, 0)
    assert hours.read(until=OCTOBER.start) == Reconciliation(0, 0, 0)
    assert hours.read("unheard-of", until=OCTOBER.start + timedelta(hours=2)) == Reconciliation(0, 0, 2)


@pytest.mark.parametrize(
    ("checked_at", "words"),
    [
        (None, "not reconciled"),
        ("2026-10-31T23:20:00Z", "not reconciled"),
        ("2026-11-01T00:59:59Z", "not reconciled"),
        ("2026-11-01T01:00:00Z", "balanced"),
        ("2026-11-03T04:20:00Z", "balanced"),
    ],
)
def test_a_final_run_needs_the_period_checked_as_a_whole_after_its_end(
    hours: Hours, checked_at: str | None, words: str
) -> None:
    if checked_at:
        hours.check(checked_at)
    assert str(hours.read(final=True)) == words
    assert str(hours.read()) == "balanced"


def test_every_source_needs_its_own_check(hours: Hours) -> None:
    for number in range(OCTOBER.days * 24):
        hours.set(number, source="b")
    hours.check("2026-11-01T04:20:00Z")
    assert hours.read("a", "b", final=True) == Reconciliation(0, 0, 0, 1)
    hours.check("2026-11-01T04:20:00Z", source="b")
    assert str(hours.read("a", "b", final=True)) == "balanced"


def test_the_check_of_the_period_is_no_hour(hours: Hours) -> None:
    hours.items["a", "PERIOD#2026-10"] = {**MISSING, "hour": "PERIOD#2026-10", "checked_at": "2026-11-01T04:20:00Z"}
    assert hours.read(final=True) == Reconciliation(0, 0, 0)


def test_an_open_hour_is_told_before_anything_else(hours: Hours) -> None:
    hours.set(0, **MISSING)
    hours.set(1, "late")
    assert str(hours.read(final=True)) == "open: 1 hour"


@pytest.mark.parametrize(
    ("missing", "unexplained", "holds"), [(5, 2, True), (4, 0, True), (0, 0, True), (6, 2, False), (5, 3, False)]
)
def test_an_acceptance_holds_for_what_was_accepted_and_no_more(missing: int, unexplained: int, holds: bool) -> None:
    accepted = acceptance(
        {"state": "missing", "missing": 5, "unexplained": 2, "figures": {}}, by="me", at=NOW, reason="lost"
    )
    assert accepted == {
        "by": "me",
        "at": "2026-11-04T06:00:00Z",
        "reason": "lost",
        "missing": 5,
        "unexplained": 2,
    }
    item = {"state": "missing", "missing": missing, "unexplained": unexplained, "accepted": accepted}
    assert (is_accepted(item), is_open(item)) == (holds, not holds)


def test_what_is_accepted_is_the_hours_own_difference() -> None:
    item = {"missing": 1, "unexplained": 0, "own": {"missing": 3, "unexplained": 2}}
    accepted = acceptance(item, by="me", at=NOW, reason="lost")
    assert (accepted["missing"], accepted["unexplained"]) == (3, 2)
    assert not is_open({**item, "state": "missing", "missing": 3, "accepted": accepted})
    assert is_open({**item, "state": "missing", "missing": 4, "accepted": accepted})


def test_what_was_never_reconciled_is_told_until_somebody_accepts_it(hours: Hours) -> None:
    for number in (1, 2, 3, 10, 20, 30, 31):
        del hours.items["a", moment_text(OCTOBER.start + timedelta(hours=number))]
    hours.set(4, "late", missing=2, unexplained=0)
    hours.set(5, **MISSING)
    hours.check("2026-10-31T04:20:00Z")
    found = list(unreconciled(hours.store, "a", OCTOBER))
    assert found == [
        *({"source": "a", "hour": f"2026-10-01T0{hour}:00:00Z"} for hour in (1, 2, 3)),
        {"source": "a", "hour": "2026-10-01T04:00:00Z", "state": "late", "missing": 2, "unexplained": 0},
        *({"source": "a", "hour": f"2026-10-0{hour}:00:00Z"} for hour in ("1T10", "1T20", "2T06", "2T07")),
        {"source": "a", "hour": "PERIOD#2026-10", "checked_at": "2026-10-31T04:20:00Z"},
    ]
    assert told(found) == (
        "2026-10-01T01:00:00Z to 2026-10-01T05:00:00Z, 2026-10-01T10:00:00Z to 2026-10-01T11:00:00Z, "
        "2026-10-01T20:00:00Z to 2026-10-01T21:00:00Z, 1 more, the month as a whole"
    )
    assert told(found[:1]) == "2026-10-01T01:00:00Z to 2026-10-01T02:00:00Z"
    assert (told(found[-1:]), told([])) == ("the month as a whole", "")
    assert hours.read(final=True) == Reconciliation(open=1, accepted=0, absent=8, unchecked=1)
    for item in found:
        accepted = acceptance(item, by="me", at=NOW, reason="nobody could")
        hours.items["a", item["hour"]] = {"state": "unreconciled", **item, "accepted": accepted}
    assert list(unreconciled(hours.store, "a", OCTOBER)) == []
    assert hours.read(final=True) == Reconciliation(open=1, accepted=0, absent=0, waived=9)
    hours.set(1, **MISSING, accepted=hours.items["a", "2026-10-01T01:00:00Z"]["accepted"])
    hours.check("2026-11-01T04:20:00Z")
    assert hours.read(final=True) == Reconciliation(open=2, accepted=0, absent=0, waived=7)


def test_only_hours_at_fault_are_open() -> None:
    states = {state: is_open({"state": state, "missing": 1, "unexplained": 1}) for state in ("balanced", "late")}
    assert states == {"balanced": False, "late": False}
    assert is_open({**MISSING})
    assert not is_accepted({**MISSING})
