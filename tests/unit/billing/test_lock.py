"""The conditions on which everything rests: who may claim, number, finish and overwrite."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from billing.dynamo import BusyError, ConditionFailedError
from billing.records import Candidate, FinalRun, Head, PeriodRecord
from billing.runs import Runs
from billing.store import AccountItem, TransitionError
from rating.period import Period
from tests.unit.billing.world import World

OCTOBER = Period(2026, 10)
HEAD = Head("t", OCTOBER, "draft", 1, "run", "2026-11-02T06:00:00Z", "2026-11-02T06:00:00Z", "digest", [])


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def runs(world: World) -> Runs:
    return world.planner.runs


def run(time: str, period: Period = OCTOBER, **values: Any) -> FinalRun:
    order = f"{time}#{period}"
    return FinalRun(f"final-{period}-{time}", period, time, "cutoff", order, **{"state": "rating", **values})


@pytest.mark.parametrize(
    ("known", "claiming", "claimed"),
    [
        (None, run("2"), True),
        (run("2"), run("2"), True),
        (run("2"), run("3"), True),
        (run("2"), run("1"), False),
        (run("2"), run("2", OCTOBER.next), True),
        (run("2", OCTOBER.next), run("2"), False),
        (run("2", state="numbered"), run("2"), False),
        (run("2", state="numbered"), run("3"), False),
        (run("2", state="done"), run("3"), True),
        (run("2", state="done"), run("2", OCTOBER.next), True),
        (run("2", state="done"), run("2"), False),
        (run("2", state="done"), run("1"), False),
    ],
    ids=[
        "the first",
        "itself again",
        "a later one instead",
        "an earlier one too late",
        "the next period",
        "the period before too late",
        "itself, numbered",
        "a later one, while it is numbered",
        "a later one, after it",
        "the next period, after it",
        "itself, after it",
        "an earlier one, after it",
    ],
)
def test_who_may_be_the_run_in_flight(
    world: World, runs: Runs, known: FinalRun | None, claiming: FinalRun, claimed: bool
) -> None:
    if known:
        world.planner.store.invoices.put(known.to_item())
    assert runs.claim(claiming) is claimed
    assert runs.final() == (claiming if claimed else known)


def test_numbers_go_on_where_the_series_ended_and_are_given_once(runs: Runs) -> None:
    first = run("2026-12-31")
    assert runs.claim(first)
    numbered = runs.number(first, attempt="a", prefix="INV", year=2026, count=3, left=1)
    block = {"prefix": "INV", "year": 2026, "first": 1, "count": 3}
    assert numbered == replace(first, state="numbered", attempt="a", block=block, left=1) == runs.final()
    assert runs.number(first, attempt="b", prefix="INV", year=2026, count=3, left=0) is None
    assert runs.final() == numbered
    assert runs.finish(numbered)
    assert not runs.finish(numbered)
    for year, expected in ((2026, 4), (2027, 1)):
        following = run(f"{year}-x")
        assert runs.claim(following)
        numbered = runs.number(following, attempt="c", prefix="INV", year=year, count=2, left=0)
        assert numbered
        assert numbered.block == {"prefix": "INV", "year": year, "first": expected, "count": 2}
        assert runs.finish(numbered)
    assert (runs.next_number("INV-2026"), runs.next_number("INV-2027"), runs.next_number("CN-2026")) == (6, 3, 1)


def test_a_run_without_numbers_leaves_the_series_alone(runs: Runs) -> None:
    first = run("2026-12-31")
    assert runs.claim(first)
    numbered = runs.number(first, attempt="a", prefix="INV", year=2026, count=0, left=0)
    assert numbered
    assert numbered.block == {"prefix": "INV", "year": 2026, "first": 1, "count": 0}
    assert runs.next_number("INV-2026") == 1


def test_a_period_is_closed_when_nobody_is_left(world: World, runs: Runs) -> None:
    world.planner.store.add_period(OCTOBER)
    for time, count, left in (("2026-11-04T06:00:00Z", 2, 1), ("2026-11-05T06:00:00Z", 1, 0)):
        now = replace(run(time), cutoff=f"cutoff of {time}")
        assert runs.claim(now)
        numbered = runs.number(now, attempt="a", prefix="INV", year=2026, count=count, left=left)
        assert numbered
        assert runs.finish(numbered)
        [record] = world.planner.store.periods()
        state, cutoff = "open" if left else "closed", "cutoff of 2026-11-04T06:00:00Z"
        assert record == PeriodRecord(OCTOBER, state, cutoff, time, issued=2 if left else 3, left=left)


def test_a_candidate_is_written_once(runs: Runs) -> None:
    first = Candidate("run", "attempt", "a", "t", "issue", 1, None, "location")
    assert runs.put_candidate(first) == first
    assert runs.put_candidate(replace(first, outcome="held")) == first
    assert list(runs.candidates("run", "attempt")) == [first]


def test_batches_count_once_and_complete_an_attempt_in_any_order(runs: Runs) -> None:
    assert not runs.batch_done("run", "attempt", "rate", 1).is_complete
    assert not runs.batch_done("run", "attempt", "rate", 1).is_complete
    assert not runs.all_sent("run", "attempt", "rate", batches=2).is_complete
    done = runs.batch_done("run", "attempt", "rate", 0)
    assert (done.done, done.batches, done.is_complete) == ({0, 1}, 2, True)
    assert runs.attempt("run", "attempt", "rate") == done
    assert not runs.attempt("run", "attempt", "issue").is_complete
    assert runs.all_sent("run", "none", "rate", batches=0).is_complete


@pytest.mark.parametrize(
    ("change", "written"),
    [
        ({"as_of": "2026-11-03T06:00:00Z"}, True),
        ({"run": "the same time"}, True),
        ({"as_of": "2026-11-01T06:00:00Z"}, False),
        ({"as_of": "2026-11-03T06:00:00Z", "revision": 2}, False),
    ],
    ids=["later", "same time", "earlier", "other revision"],
)
def test_a_draft_gives_way_to_none_but_a_later_one(world: World, change: dict[str, Any], written: bool) -> None:
    store = world.planner.store
    store.invoices.put(HEAD.to_item())
    other = replace(HEAD, **change)
    assert store.rewrite_draft(other) is written
    assert store.head("t", OCTOBER) == (other if written else HEAD)


@pytest.mark.parametrize("state", ["finalized", "skipped", "void"])
def test_what_is_no_draft_any_more_is_never_drafted(world: World, state: Any) -> None:
    store, settled = world.planner.store, replace(HEAD, state=state)
    store.invoices.put(settled.to_item())
    assert not store.rewrite_draft(replace(HEAD, as_of="2027-01-01T00:00:00Z"))
    with pytest.raises(TransitionError, match=f"bill 2026-10 of tenant t must be a draft of revision 1 .*{state}"):
        store.settle(replace(HEAD, state="finalized", number="INV-1"), invoice=None, event=None, frozen=())
    assert store.head("t", OCTOBER) == settled


def test_an_account_is_not_written_over_a_change_that_was_not_read(world: World) -> None:
    store, first = world.planner.store, AccountItem("t", {"subscriptions": []}, 0)
    written = store.put_account(first, "now")
    assert written.version == 1
    for stale in (first, replace(written, version=2)):
        with pytest.raises(ConditionFailedError):
            store.put_account(stale, "now")
    assert store.account("t") == written


def test_a_single_write_waits_for_a_transaction_that_has_its_item(world: World, runs: Runs) -> None:
    tried: list[str] = []
    put, update = world.aws.dynamodb.put_item, world.aws.dynamodb.update_item

    def contended(write: Callable[..., Any]) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            tried.append(write.__name__)
            if tried.count(write.__name__) < 3:
                raise ClientError({"Error": {"Code": "TransactionConflictException", "Message": ""}}, "Write")
            return write(**request)

        return call

    world.aws.dynamodb.put_item = contended(put)  # type: ignore[method-assign]
    world.aws.dynamodb.update_item = contended(update)  # type: ignore[method-assign]
    assert runs.claim(run("2"))
    runs.continue_at(run("2").run_id, "later")
    assert runs.final() == run("2", continue_at="later")
    assert tried == ["put_item"] * 3 + ["update_item"] * 3


def test_a_single_write_gives_up_on_an_item_that_is_never_free(world: World, runs: Runs) -> None:
    def conflict(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "TransactionConflictException", "Message": ""}}, "PutItem")

    world.aws.dynamodb.put_item = conflict  # type: ignore[method-assign]
    with pytest.raises(BusyError, match="table invoices: an item is in others' transactions after 20 tries"):
        runs.claim(run("2"))
