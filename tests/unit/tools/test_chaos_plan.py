from datetime import UTC, datetime, timedelta

import pytest

from tools.chaos.plan import API, EVENTS, LONG, REQUESTS, SHORT, TRIAL, Kind, Plan, Planned, make_plan
from tools.chaos.sightings import ALARM, BY_RECONCILIATION, Timeline, alarms_of

SIZES = [500, 4_999, 100_000, 1_000_000]
NINE = datetime(2026, 12, 10, 9, tzinfo=UTC)


@pytest.mark.parametrize("requests", SIZES)
@pytest.mark.parametrize("seed", range(5))
def test_every_kind_strikes_each_pipeline_and_several_at_once(requests: int, seed: int) -> None:
    plan = make_plan(requests, seed)
    struck = {(fault.kind, fault.where) for fault in plan.faults}
    assert {(kind, where) for kind in SHORT for where in (REQUESTS, EVENTS)} <= struck
    assert {kind for kind, where in struck if where == API} == {Kind.API_KILL, Kind.EVENTS_KILL}
    assert {where for kind, where in struck if kind in LONG} == {REQUESTS, EVENTS}
    assert plan.most_at_once() >= 4
    assert len({fault.name for fault in plan.faults}) == len(plan.faults)


@pytest.mark.parametrize("requests", SIZES)
def test_every_fault_begins_and_ends_within_the_run(requests: int) -> None:
    plan = make_plan(requests, 1)
    started = [fault for slot in range(plan.slots) for fault in plan.starting(slot)]
    ended = [fault for slot in range(plan.slots + 1) for fault in plan.ending(slot)]
    assert sorted(one.name for one in started) == sorted(one.name for one in ended)
    assert all(fault.start < fault.end <= plan.slots for fault in plan.faults)
    assert {fault.end for fault in plan.faults if fault.kind in LONG} == {plan.slots}


@pytest.mark.parametrize("requests", SIZES)
def test_the_slots_shares_are_all_requests(requests: int) -> None:
    plan = make_plan(requests, 1)
    assert sum(plan.share(slot) for slot in range(plan.slots)) == requests
    assert min(plan.share(slot) for slot in range(plan.slots)) > 50


def test_a_blocked_error_bucket_has_something_to_refuse() -> None:
    for seed in range(20):
        plan = make_plan(1_000, seed)
        [bucket] = [fault for fault in plan.faults if fault.kind is Kind.BUCKET]
        beside = {one.kind for one in plan.faults if one.where == bucket.where and one.start == bucket.start}
        assert Kind.COMMIT in beside


def test_the_seed_decides() -> None:
    assert make_plan(1_000, 3) == make_plan(1_000, 3)
    assert make_plan(1_000, 3).faults != make_plan(1_000, 4).faults


def fault(kind: Kind, where: str = REQUESTS) -> Planned:
    return Planned("f", kind, where, 0, 1, 0)


def test_there_is_an_alarm_for_every_fault_but_those_that_do_no_harm() -> None:
    without = {kind for kind in Kind if not any(alarms_of(fault(kind)))}
    assert without == BY_RECONCILIATION
    assert alarms_of(fault(Kind.THROTTLE, EVENTS)) == (("events-throttled",), ())
    assert alarms_of(fault(Kind.HOLD)) == ((), ("requests-freshness",))
    assert alarms_of(fault(Kind.API_KILL, API)) == (("api-5xx",), ())


def test_an_alarm_after_a_faults_end_saw_another_one_unless_it_takes_time() -> None:
    timeline, five = Timeline(), timedelta(minutes=5)
    for number, (failures, objects) in enumerate([("OK", "OK"), ("OK", "OK"), (ALARM, "OK"), ("OK", ALARM)]):
        states = {"requests-transform-failures": failures, "requests-error-objects": objects}
        timeline.add(NINE + five * number, states)
    crash, nonsense = fault(Kind.CRASH), fault(Kind.NONSENSE)
    assert timeline.seen(crash, NINE, NINE + five) is None
    assert timeline.seen(crash, NINE + five, NINE + 2 * five) == ("requests-transform-failures", NINE + 2 * five)
    assert timeline.seen(nonsense, NINE, NINE + five) == ("requests-error-objects", NINE + 3 * five)


def test_the_first_alarm_since_a_moment_and_its_end_are_found() -> None:
    timeline = Timeline()
    states = [("OK", "OK"), (ALARM, "OK"), (ALARM, ALARM), ("OK", ALARM), ("OK", "INSUFFICIENT_DATA")]
    for minute, (one, other) in enumerate(states):
        timeline.add(NINE + timedelta(minutes=minute), {"one": one, "other": other})
    assert timeline.first_alarm(["other", "one"], NINE) == ("one", NINE + timedelta(minutes=1))
    assert timeline.first_alarm(["other"], NINE) == ("other", NINE + timedelta(minutes=2))
    assert timeline.first_alarm(["other"], NINE, NINE + timedelta(minutes=1)) is None
    assert timeline.first_alarm(["one"], NINE + timedelta(minutes=2)) is None
    assert timeline.first_alarm([], NINE) is None
    assert timeline.over("one", NINE + timedelta(minutes=1)) == NINE + timedelta(minutes=3)
    assert timeline.over("other", NINE + timedelta(minutes=2)) == NINE + timedelta(minutes=4)
    assert timeline.over("other", NINE + timedelta(minutes=4)) is None


def test_a_plan_without_faults_has_none_at_once() -> None:
    assert Plan(1, 100, TRIAL).most_at_once() == 0
