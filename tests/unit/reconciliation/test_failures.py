"""What lies in an error bucket, by hour."""

from collections import Counter
from collections.abc import Iterator

from error_bucket import FailedRecord, Mark
from reconciliation.failures import Failures, ObjectCounts, count_object
from tests.unit.reconciliation.world import EVENTS, HOUR, REQUESTS, SECOND, at, event, log_line


def record(raw: bytes, arrived: str) -> FailedRecord:
    return FailedRecord("c", "m", 1, at(arrived), raw)


def test_requests_are_counted_by_arrival_and_by_the_hour_to_which_they_belong() -> None:
    records = [
        record(log_line("a", at("05T13:59:59")), "05T14:00:00"),
        record(log_line("b", at("05T13:10")), "05T13:10:01"),
        record(b"garbage", "05T13:59:59"),
    ]
    assert count_object(REQUESTS, "k", records) == ObjectCounts(
        "k",
        {"2026-10-05T14:00:00Z": 1, "2026-10-05T13:00:00Z": 1},
        {"2026-10-05T13:00:00Z": 1},
        {"2026-10-05T13:00:00Z": 2},
    )


def test_events_are_counted_by_arrival_alone_for_their_time_is_their_senders() -> None:
    found = count_object(EVENTS, "k", [record(event("a", at("01T00:00")), "05T14:00:00"), record(b"", "05T14:00:00")])
    assert found == ObjectCounts("k", {"2026-10-05T14:00:00Z": 1}, {"2026-10-05T14:00:00Z": 1}, {})
    assert found.records == 2


def test_records_are_counted_one_at_a_time() -> None:
    held: list[int] = []

    def records() -> Iterator[FailedRecord]:
        for number in range(1000):
            held.append(number)
            yield record(event(str(number), at("05T14:00")), "05T14:00:00")

    assert count_object(EVENTS, "k", records()).records == len(held) == 1000


COUNTS = ObjectCounts("k", {"2026-10-05T14:00:00Z": 4}, {"2026-10-05T14:00:00Z": 1}, {"2026-10-05T13:00:00Z": 4})
FOURTEEN = at("05T14:00")


def mark(state: str, put: int) -> Mark:
    return Mark("k", "a", "2026-10-06T00:00:00Z", 5, put, state)


def test_an_object_is_failed_until_its_replay_is_done() -> None:
    for unfinished in (None, mark("putting", 4)):
        found = Failures()
        found.add(COUNTS, unfinished)
        assert found == Failures(Counter({FOURTEEN: 5}), Counter(), Counter({FOURTEEN - HOUR: 4}), 1, 5)


def test_what_was_set_aside_stays_failed_and_sets_off_no_alarm() -> None:
    found = Failures()
    found.add(COUNTS, mark("aside", 0))
    assert found == Failures(Counter({FOURTEEN: 5}), Counter(), Counter({FOURTEEN - HOUR: 4}), 0, 0)


def test_what_a_replay_left_out_stays_failed() -> None:
    found = Failures()
    found.add(COUNTS, mark("done", 4))
    assert found == Failures(Counter({FOURTEEN: 1}), Counter({FOURTEEN: 4}), Counter(), 0, 0)
    whole = Failures()
    whole.add(COUNTS, mark("done", 5))
    assert whole == Failures(Counter(), Counter({FOURTEEN: 5}), Counter(), 0, 0)


def test_of_an_object_that_is_gone_only_what_was_replayed_is_known() -> None:
    found = Failures()
    found.add_gone(COUNTS, mark("done", 4))
    assert found == Failures(Counter(), Counter({FOURTEEN: 4}), Counter(), 0, 0)


def test_a_second_is_enough_to_be_of_the_next_hour() -> None:
    found = count_object(EVENTS, "k", [record(event("a", FOURTEEN), "05T14:00:00"), record(b"", "05T13:59:59")])
    assert (found.can_be, found.never) == ({"2026-10-05T14:00:00Z": 1}, {"2026-10-05T13:00:00Z": 1})
    assert FOURTEEN - SECOND < FOURTEEN
