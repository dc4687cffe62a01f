"""Replay against fakes: what goes again, what is left, what a crash leaves, what fails again."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.tools.operate_kit import (
    A_DAY_LATER,
    AT,
    EVENTS,
    REFUSED,
    REQUESTS,
    TIMED_OUT,
    WHO,
    World,
    error_object,
    event,
    key,
    log_line,
)
from tools.operate.again import failed_again, watch
from tools.operate.months import TOLD
from tools.operate.putting import StreamRefusesError
from tools.operate.replay import Wanted, replay
from tools.operate.sources import UnknownSourceError

STREAM, EVENTS_STREAM = "amazon-apigateway-x", "events-stream"
WHY = "the transform timed out"
ALL_REQUESTS = Wanted("api-requests")


def counts(**changed: Any) -> dict[str, Any]:
    none: dict[str, Any] = {"objects": 0, "resumed": 0, "records": 0, "put": 0, "set_aside": 0, "done_before": 0}
    none |= {"unreadable": 0, "why_unreadable": None}
    return {"source": "api-requests", **none, "codes": {}, "never": {}, "months": {}, **changed}


def test_a_dry_run_tells_and_writes_nothing() -> None:
    lines = [log_line("a"), log_line("b"), b"{"]
    world = World({key("one"): error_object(*lines)}, {key("two"): error_object(event("e"))})
    found = replay(world.stack, Wanted())
    assert found.to_json() == {
        "action_id": None,
        "sources": [
            counts(objects=1, records=2, codes={TIMED_OUT: 2}, never={"NotJson": 1}, months={"2026-11": 2}),
            counts(source="usage-events", objects=1, records=1, codes={TIMED_OUT: 1}, months={"2026-11": 1}),
        ],
        "effects": [{"month": "2026-11", "effect": "open", "meaning": TOLD["open"], "counted_from": A_DAY_LATER}],
        "again": None,
    }
    assert (world.items, world.firehose.calls) == ({}, [])


def test_original_bytes_go_again_and_the_action_is_kept() -> None:
    lines = [log_line("a"), b"\xff", log_line("b")]
    world = World({key("one"): error_object(*lines)})
    found = replay(world.stack, Wanted(), reason=WHY)
    assert world.firehose.taken == {STREAM: [lines[0], lines[2]]}
    assert world.marks() == {key("one"): ("done", 3, 2)}
    done = counts(objects=1, records=2, put=2, codes={TIMED_OUT: 2}, never={"NotUtf8": 1}, months={"2026-11": 2})
    assert found.to_json()["sources"][0] == done
    [action] = world.actions()
    assert action == {
        "id": found.action_id,
        **dict.fromkeys(("at", "began_at", "ended_at"), "2026-11-05T10:15:00Z"),
        "by": WHO,
        "command": "replay",
        "arguments": {"everything": False},
        "reason": WHY,
        "state": "done",
        "result": {"sources": [done, counts(source="usage-events")]},
    }


def test_what_was_replayed_is_not_replayed_again() -> None:
    world = World({key("one"): error_object(log_line("a"))})
    replay(world.stack, ALL_REQUESTS, reason=WHY)
    assert replay(world.stack, ALL_REQUESTS, reason=WHY).to_json()["sources"] == [counts(done_before=1)]
    assert world.firehose.taken == {STREAM: [log_line("a")]}


def test_what_can_never_be_a_row_goes_only_if_it_is_wanted_and_then_alone() -> None:
    world = World({key("mixed"): error_object(b"{", log_line("a")), key("never"): error_object(b"[]", code=REFUSED)})
    reasons = {"NotAnObject": 1, "NotJson": 1}
    put = {"objects": 1, "records": 1, "put": 1, "codes": {TIMED_OUT: 1}, "months": {"2026-11": 1}}
    left = counts(**put, never=reasons, set_aside=1)
    assert replay(world.stack, ALL_REQUESTS).to_json()["sources"] == [{**left, "put": 0}]
    assert world.marks() == {}
    assert replay(world.stack, ALL_REQUESTS, reason=WHY).to_json()["sources"] == [left]
    assert world.marks() == {key("mixed"): ("done", 2, 1), key("never"): ("done", 1, 0)}
    found = replay(world.stack, ALL_REQUESTS, reason=WHY).to_json()
    assert found["sources"] == [counts(never=reasons, done_before=2)]
    everything = Wanted("api-requests", everything=True)
    never = counts(objects=2, records=2, put=2, codes={REFUSED: 1, TIMED_OUT: 1}, never=reasons)
    assert replay(world.stack, everything, reason=WHY).to_json()["sources"] == [never]
    assert world.firehose.taken == {STREAM: [log_line("a"), b"{", b"[]"]}
    assert world.marks() == {key("mixed"): ("done", 2, 2), key("never"): ("done", 1, 1)}
    assert replay(world.stack, everything, reason=WHY).to_json()["sources"] == [counts(done_before=2)]


def test_what_can_be_a_row_by_todays_rules_only_goes_with_all_that_can() -> None:
    world = World({key("one"): error_object(log_line("a"), log_line("b"))})
    world.stack.marks.begin(REQUESTS, key("one"), action_id="then", at=AT, records=2)
    world.stack.marks.done(REQUESTS, key("one"), at=AT, put=1)  # by the rules of then, b could be no row
    assert replay(world.stack, ALL_REQUESTS, reason=WHY).put == 2
    assert world.marks() == {key("one"): ("done", 2, 2)}


def test_what_a_crash_left_of_a_replay_of_everything_is_set_aside() -> None:
    world = World({key("never"): error_object(b"[]", b"{")})
    world.stack.marks.begin(REQUESTS, key("never"), action_id="killed", at=AT, records=2)
    assert replay(world.stack, ALL_REQUESTS, reason=WHY).to_json()["sources"][0]["set_aside"] == 1
    assert (world.marks(), world.firehose.calls) == ({key("never"): ("done", 2, 0)}, [])


def test_objects_are_chosen_by_time_and_reason() -> None:
    objects = {
        key("early", "2026-11-05-08-59-59"): error_object(log_line("early")),
        key("first", "2026-11-05-09-00-00"): error_object(log_line("first")),
        key("other", "2026-11-05-09-10-00"): error_object(log_line("other"), code="Lambda.InvokeAccessDenied"),
        key("late", "2026-11-05-10-00-00"): error_object(log_line("late")),
    }
    world = World(objects)
    since, until = datetime(2026, 11, 5, 9, tzinfo=UTC), datetime(2026, 11, 5, 10, tzinfo=UTC)
    found = replay(world.stack, Wanted("api-requests", since, until, TIMED_OUT), reason=WHY)
    assert world.firehose.taken == {STREAM: [log_line("first")]}
    assert found.to_json()["sources"] == [
        counts(objects=1, records=1, put=1, codes={TIMED_OUT: 1}, months={"2026-11": 1})
    ]


def test_only_refused_records_are_put_again() -> None:
    refusals = [
        lambda records: [None if number % 3 else "ServiceUnavailableException" for number, _ in enumerate(records)]
    ]

    def refuse(records: Sequence[bytes]) -> Sequence[str | None]:
        return refusals.pop()(records) if refusals else [None] * len(records)

    world = World({key("one"): error_object(*(log_line(f"k{number}") for number in range(700)))})
    world.firehose.refuse = refuse
    assert replay(world.stack, ALL_REQUESTS, reason=WHY).put == 700
    assert world.firehose.calls == [500, 167, 200]
    assert sorted(world.firehose.taken[STREAM]) == sorted(log_line(f"k{number}") for number in range(700))


def test_a_call_has_at_most_four_mebibytes() -> None:
    world = World(None, {key("large"): error_object(*(event(str(n), data={"x": "y" * 900_000}) for n in range(9)))})
    assert replay(world.stack, Wanted("usage-events"), reason=WHY).put == 9
    assert world.firehose.calls == [4, 4, 1]


def test_a_stream_that_takes_nothing_fails_the_action_and_the_next_replay_does_the_rest() -> None:
    world = World({key(f"{number:04}"): error_object(log_line(f"k{number}")) for number in range(40)})
    left = [10]

    def refuse(records: Sequence[bytes]) -> Sequence[str | None]:
        left[0] -= 1
        return [None if left[0] >= 0 else "ServiceUnavailableException" for _ in records]

    world.firehose.refuse = refuse
    with pytest.raises(StreamRefusesError, match=r"^stream amazon-apigateway-x: none of 1 records is taken: Service"):
        replay(world.stack, ALL_REQUESTS, reason=WHY)
    [action] = world.actions()
    assert (action["state"], action["result"]["error"].split(":")[0]) == ("failed", "StreamRefusesError")
    states = [state for state, _, _ in world.marks().values()]
    assert states.count("done") == 10
    assert states.count("putting") > 0
    world.firehose.refuse = lambda records: [None] * len(records)
    again = replay(world.stack, ALL_REQUESTS, reason=WHY).sources[0]
    assert (again.put, again.done_before, again.resumed) == (30, 10, states.count("putting"))
    assert sorted(world.firehose.taken[STREAM]) == sorted(log_line(f"k{number}") for number in range(40))


def test_a_crash_within_an_object_goes_on_where_it_stopped() -> None:
    world = World({key("one"): error_object(*(log_line(f"k{number}") for number in range(1200)))})
    calls = [0]

    def stopped(records: Sequence[bytes]) -> Sequence[str | None]:
        calls[0] += 1
        if calls[0] == 3:
            raise KeyboardInterrupt
        return [None] * len(records)

    world.firehose.refuse = stopped
    with pytest.raises(KeyboardInterrupt):
        replay(world.stack, ALL_REQUESTS, reason=WHY)
    assert world.marks() == {key("one"): ("putting", 1200, 1000)}
    [action] = world.actions()
    assert (action["state"], action["result"]["error"]) == ("failed", "stopped")
    found = replay(world.stack, ALL_REQUESTS, reason=WHY).sources[0]
    assert (found.put, found.records, found.resumed) == (200, 200, 1)
    assert world.firehose.taken[STREAM] == [log_line(f"k{number}") for number in range(1200)]
    assert world.marks() == {key("one"): ("done", 1200, 1200)}


def test_thousands_of_objects_go_with_a_view_of_how_far_it_is() -> None:
    world = World({key(f"{number:05}"): error_object(log_line(f"k{number}")) for number in range(2000)})
    seen = list[tuple[str, int, int | None]]()
    found = replay(world.stack, ALL_REQUESTS, reason=WHY, progress=lambda *told: seen.append(told))
    assert (found.put, len(world.marks()), len(set(world.firehose.taken[STREAM]))) == (2000, 2000, 2000)
    assert seen == [("replay api-requests", number, 2000) for number in range(1, 2001)]


def test_what_fails_again_is_told_apart() -> None:
    world = World({key("one"): error_object(log_line("a"), log_line("b"), b"{")})
    action = replay(world.stack, ALL_REQUESTS, reason=WHY).action_id
    assert action is not None
    later = key("two", "2026-11-05-10-16-00")
    world.s3.buckets[REQUESTS][later] = error_object(log_line("b"), log_line("b"), log_line("c"), code=REFUSED)
    world.s3.buckets[REQUESTS][key("old", "2026-11-05-10-00-00")] = error_object(log_line("a"))
    world.s3.buckets[EVENTS][later] = error_object(event("e"))
    assert failed_again(world.stack, action).to_json() == {
        "action_id": action,
        "put": 2,
        "failed": 1,
        "codes": {REFUSED: 1},
        "objects": [f"s3://{REQUESTS}/{later}"],
        "others": 1,
    }


def test_the_wait_ends_when_all_has_failed_again_or_the_time_is_over() -> None:
    world = World({key("one"): error_object(log_line("a"))})
    found = replay(world.stack, ALL_REQUESTS, reason=WHY, wait=12)
    assert found.again is not None
    assert (found.again.put, found.again.failed, world.seconds) == (1, 0, 12)
    world.s3.buckets[REQUESTS][key("two", "2026-11-05-10-16-00")] = error_object(log_line("a"))
    assert (watch(world.stack, str(found.action_id), 60).failed, world.seconds) == (1, 12)


def test_a_replay_of_everything_is_compared_by_bytes() -> None:
    world = World({key("one"): error_object(b"{", b"[")})
    action = replay(world.stack, Wanted("api-requests", everything=True), reason=WHY).action_id
    world.s3.buckets[REQUESTS][key("two", "2026-11-05-10-16-00")] = error_object(b"{", code=REFUSED)
    again = failed_again(world.stack, str(action))
    assert (again.put, again.failed, again.codes) == (2, 1, {REFUSED: 1})


def test_an_unknown_source_is_refused() -> None:
    with pytest.raises(UnknownSourceError, match=r'^source must be one of api-requests, usage-events, got "logs"$'):
        replay(World().stack, Wanted("logs"))


def test_a_result_is_json() -> None:
    found = replay(World({key("one"): error_object(log_line("a"))}).stack, Wanted(), reason=WHY)
    assert json.loads(json.dumps(found.to_json())) == found.to_json()
