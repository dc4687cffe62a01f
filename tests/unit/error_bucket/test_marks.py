"""Marks of replayed objects."""

from datetime import UTC, datetime

import pytest

from error_bucket import Mark, Marks, is_aside, is_done
from tests.unit.billing.fake_aws import FakeAws

AT = datetime(2026, 10, 6, 9, 30, tzinfo=UTC)
LATER = datetime(2026, 10, 6, 10, tzinfo=UTC)


@pytest.fixture
def aws() -> FakeAws:
    return FakeAws()


@pytest.fixture
def marks(aws: FakeAws) -> Marks:
    return Marks(aws.dynamodb, "actions")


def test_an_object_is_marked_before_while_and_after_it_is_replayed(aws: FakeAws, marks: Marks) -> None:
    begun = Mark("a/1", "act-1", "2026-10-06T09:30:00Z", 700, 0, "putting")
    assert marks.begin("bucket", "a/1", action_id="act-1", at=AT, records=700) == begun
    advanced = Mark("a/1", "act-1", "2026-10-06T09:30:00Z", 700, 500, "putting")
    assert marks.advance("bucket", "a/1", at=AT, put=500) == advanced
    assert marks.of("bucket") == {"a/1": advanced}
    done = Mark("a/1", "act-1", "2026-10-06T10:00:00Z", 700, 700, "done")
    assert marks.done("bucket", "a/1", at=LATER, put=700) == done
    assert marks.of("bucket") == {"a/1": done}
    item = {"pk": "REPLAY#bucket", "sk": "a/1", "action_id": "act-1", "at": "2026-10-06T10:00:00Z"}
    assert aws.dynamodb.tables["actions"] == {
        ("REPLAY#bucket", "a/1"): {**item, "records": 700, "put": 700, "state": "done"}
    }


def test_what_was_left_half_way_is_taken_over_where_it_stopped(marks: Marks) -> None:
    marks.begin("bucket", "a/1", action_id="act-1", at=AT, records=700)
    marks.advance("bucket", "a/1", at=AT, put=500)
    taken = Mark("a/1", "act-2", "2026-10-06T10:00:00Z", 700, 500, "putting")
    assert marks.begin("bucket", "a/1", action_id="act-2", at=LATER, records=700) == taken


def test_a_done_object_stays_as_it_is(marks: Marks) -> None:
    marks.begin("bucket", "a/1", action_id="act-1", at=AT, records=1)
    done = marks.done("bucket", "a/1", at=AT, put=1)
    assert marks.begin("bucket", "a/1", action_id="act-2", at=LATER, records=1) is None
    assert marks.advance("bucket", "a/1", at=LATER, put=0) is None
    assert marks.done("bucket", "a/1", at=LATER, put=0) is None
    assert marks.of("bucket") == {"a/1": done}


def test_what_was_left_of_an_object_can_be_replayed_later(marks: Marks) -> None:
    marks.begin("bucket", "a/1", action_id="act-1", at=AT, records=5)
    marks.done("bucket", "a/1", at=AT, put=3)
    again = Mark("a/1", "act-2", "2026-10-06T10:00:00Z", 5, 3, "putting")
    assert marks.begin("bucket", "a/1", action_id="act-2", at=LATER, records=5) == again
    assert marks.done("bucket", "a/1", at=LATER, put=5) == Mark("a/1", "act-2", again.at, 5, 5, "done")
    assert marks.begin("bucket", "a/1", action_id="act-3", at=LATER, records=5) is None


def test_what_was_not_begun_cannot_go_on(marks: Marks) -> None:
    assert marks.advance("bucket", "a/1", at=AT, put=1) is None
    assert marks.done("bucket", "a/1", at=AT, put=1) is None
    assert marks.of("bucket") == {}


def test_marks_are_of_one_bucket(marks: Marks) -> None:
    for bucket in ("bucket", "bucket-2"):
        for key in ("1", "2", "3", "4"):
            marks.begin(bucket, key, action_id=bucket, at=AT, records=1)
    found = marks.of("bucket")
    assert {key: mark.action_id for key, mark in found.items()} == dict.fromkeys("1234", "bucket")


def test_only_what_is_done_is_done(marks: Marks) -> None:
    marks.begin("bucket", "1", action_id="a", at=AT, records=1)
    marks.begin("bucket", "2", action_id="a", at=AT, records=1)
    marks.done("bucket", "2", at=AT, put=1)
    assert [is_done(marks.of("bucket"), key) for key in "123"] == [False, True, False]


def test_an_object_is_set_aside_with_nothing_put_and_may_still_be_replayed(marks: Marks) -> None:
    aside = Mark("a/1", "act-1", "2026-10-06T09:30:00Z", 7, 0, "aside")
    for _ in range(2):  # a repetition does the same
        assert marks.set_aside("bucket", "a/1", action_id="act-1", at=AT, records=7) == aside
    assert (is_aside(marks.of("bucket"), "a/1"), is_done(marks.of("bucket"), "a/1")) == (True, False)
    assert marks.done("bucket", "a/1", at=LATER, put=0) is None
    begun = Mark("a/1", "act-2", "2026-10-06T10:00:00Z", 7, 0, "putting")
    assert marks.begin("bucket", "a/1", action_id="act-2", at=LATER, records=7) == begun


@pytest.mark.parametrize("put", [2, 7])
def test_what_was_put_again_cannot_be_set_aside(marks: Marks, put: int) -> None:
    marks.begin("bucket", "a/1", action_id="act-1", at=AT, records=7)
    marks.advance("bucket", "a/1", at=AT, put=put)
    before = marks.of("bucket")
    assert marks.set_aside("bucket", "a/1", action_id="act-2", at=LATER, records=7) is None
    marks.done("bucket", "a/1", at=AT, put=put)
    assert marks.set_aside("bucket", "a/1", action_id="act-2", at=LATER, records=7) is None
    assert (before["a/1"].state, marks.of("bucket")["a/1"].state) == ("putting", "done")
