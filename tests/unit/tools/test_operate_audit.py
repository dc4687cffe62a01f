"""The table of actions: who, when, what, why, and what came of it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from rating.period import Period
from tests.unit.billing.fake_aws import KilledError
from tests.unit.tools.operate_kit import AT, WHO, World, error_object, key, log_line, typed
from tools.operate.assumed import session_name
from tools.operate.audit import NoReasonError, UnknownActionError
from tools.operate.hours import AcceptError, Hours, accept, read_hours
from tools.operate.stack import AheadError

HOUR = "2026-11-05T08:00:00Z"
AT_EIGHT = datetime(2026, 11, 5, 8, tzinfo=UTC)


def test_an_action_is_kept_from_its_beginning_to_its_end() -> None:
    world = World()
    arguments = {"file": Path("x"), "at": AT, "period": Period(2026, 10), "keys": [("a", "b")], "none": None}
    with world.stack.actions.action("replay", arguments, reason="why", by=WHO, at=AT) as action:
        [begun] = world.actions()
        action.result["put"] = 3
    assert begun == {
        "id": action.id,
        "at": "2026-11-05T10:15:00Z",
        "began_at": "2026-11-05T10:15:00Z",
        "by": WHO,
        "command": "replay",
        "arguments": {"file": "x", "at": "2026-11-05T10:15:00Z", "period": "2026-10", "keys": [["a", "b"]]},
        "reason": "why",
        "state": "started",
    }
    ended = {"ended_at": "2026-11-05T10:15:00Z", "result": {"put": 3}}
    assert world.actions() == [{**begun, "state": "done", **ended}]
    assert [key for key, _ in world.items] == ["ACTION"]
    assert action.id.startswith("replay-20261105T101500Z-")


def test_when_an_action_was_done_is_kept_beside_the_time_that_its_command_was_told() -> None:
    world = World()
    world.hour("api-requests", HOUR, "missing", 4)
    accept(world.at(datetime(2026, 11, 5, 9, tzinfo=UTC)), "api-requests", AT_EIGHT, reason="why")
    [kept] = world.actions()
    assert [kept[name] for name in ("at", "began_at", "ended_at")] == [
        "2026-11-05T09:00:00Z",
        "2026-11-05T10:15:00Z",
        "2026-11-05T10:15:00Z",
    ]


@pytest.mark.parametrize("line", ["set-aside", "replay", "accept --hour 2026-11-05T08:00:00Z --source api-requests"])
def test_nothing_is_done_at_a_time_to_come(line: str) -> None:
    world = World({key("one"): error_object(log_line("a"))})
    world.hour("api-requests", HOUR, "missing", 4)
    world.stack = world.at(datetime(2026, 11, 5, 10, 15, 1, tzinfo=UTC))
    with pytest.raises(AheadError) as refused:
        typed(world, f"{line} --apply --reason why")
    assert str(refused.value) == (
        f"{line.split(maxsplit=1)[0]}: --at: must not be ahead, for it is kept as when this was done: "
        "it is now 2026-11-05T10:15:00Z, got 2026-11-05T10:15:01Z"
    )
    assert (world.items, world.firehose.calls) == ({}, [])


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError("not so"), "ValueError: not so"),
        (KeyboardInterrupt(), "stopped"),
        (KilledError("x"), "KilledError: x"),
    ],
    ids=["error", "Ctrl-C", "exit"],
)
def test_an_action_that_fails_is_kept_with_how_far_it_came(error: BaseException, told: str) -> None:
    world = World()

    def fail() -> None:
        with world.stack.actions.action("void", {}, reason="why", by=WHO, at=AT) as action:
            action.result["records"] = 2
            raise error

    with pytest.raises(type(error)):
        fail()
    [kept] = world.actions()
    assert (kept["state"], kept["result"]) == ("failed", {"records": 2, "error": told})


def test_actions_are_told_the_newest_first_and_found_by_id() -> None:
    world = World()
    ids = []
    for day in (1, 3, 2):
        at = datetime(2026, 11, day, tzinfo=UTC)
        with world.stack.actions.action("accept", {}, reason="why", by=WHO, at=at) as action:
            ids.append(action.id)
    assert [one["id"] for one in world.actions()] == [ids[1], ids[2], ids[0]]
    assert world.stack.actions.find(ids[2])["id"] == ids[2]
    with pytest.raises(UnknownActionError, match=r'^action must be one that `actions` lists, got "none"$'):
        world.stack.actions.find("none")


def test_an_action_without_a_reason_is_none() -> None:
    world = World()
    with (
        pytest.raises(NoReasonError, match=r"^void --apply: --reason must say why this is done, is empty$"),
        world.stack.actions.action("void", {}, reason=" ", by=WHO, at=AT),
    ):
        pass
    assert world.items == {}


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        ("arn:aws:iam::123456789012:user/team/olga", "olga"),
        ("arn:aws:sts::123456789012:assumed-role/admin/olga@x.example", "olga@x.example"),
        ("arn:aws:iam::123456789012:root", "root"),
        ("arn:aws:iam::123456789012:user/ö l", "--l"),
        ("arn:aws:iam::123456789012:user/o", "o-"),
        (f"arn:aws:iam::123456789012:user/{'o' * 70}", "o" * 64),
    ],
)
def test_the_roles_session_has_the_callers_name(arn: str, name: str) -> None:
    assert session_name(arn) == name


def test_an_open_hour_is_accepted_as_it_was_read() -> None:
    world = World()
    world.hour("api-requests", HOUR, "missing", 4)
    told = {"hour": HOUR, "state": "missing", "missing": 4, "unexplained": 0}
    dry = accept(world.stack, "api-requests", AT_EIGHT)
    assert dry.to_json() == {"action_id": None, "source": "api-requests", "hours": [told], "changed": []}
    assert "accepted" not in world.aws.dynamodb.tables["reconciliation"]["api-requests", HOUR]
    done = accept(world.stack, "api-requests", AT_EIGHT, reason="the client lost them")
    assert done.to_json() == {**dry.to_json(), "action_id": done.action_id}
    assert world.aws.dynamodb.tables["reconciliation"]["api-requests", HOUR]["accepted"] == {
        "by": WHO,
        "at": "2026-11-05T10:15:00Z",
        "reason": "the client lost them",
        "missing": 4,
        "unexplained": 0,
        "action_id": done.action_id,
    }
    with pytest.raises(AcceptError, match=f"to be accepted, is accepted by {WHO}$"):
        accept(world.stack, "api-requests", AT_EIGHT)


def test_an_hour_that_changed_meanwhile_is_not_accepted() -> None:
    world = World()
    world.period("2026-11")
    hours = [f"2026-11-05T0{hour}:00:00Z" for hour in (1, 2)]
    for hour in hours:
        world.hour("api-requests", hour, "missing", 4)
    writes = [0]

    def pause() -> None:
        writes[0] += 1
        if writes[0] == 3:  # the first query is over, the action is written
            world.hour("api-requests", hours[1], "missing", 5)

    world.aws.pause = pause
    found = accept(world.stack, "api-requests", Period(2026, 11), reason="why")
    assert ([one["hour"] for one in found.hours], found.changed) == ([hours[0]], (hours[1],))
    assert "accepted" not in world.aws.dynamodb.tables["reconciliation"]["api-requests", hours[1]]
    [action] = world.actions()
    assert action["result"]["changed"] == [hours[1]]


@pytest.mark.parametrize(
    ("of", "message"),
    [
        (AT_EIGHT, f"hour {HOUR} of api-requests must be reconciled to be accepted, is not; see `reconcile`"),
        (AT, "hour must be a full one, such as 2026-10-05T14:00:00Z, got 2026-11-05T10:15:00Z"),
        (Period(2026, 10), "month 2026-10 of api-requests must have an open hour to be accepted, has none"),
        (
            datetime(2026, 11, 5, 9, tzinfo=UTC),
            "hour 2026-11-05T09:00:00Z of api-requests must be missing or unexplained to be accepted, is late",
        ),
    ],
)
def test_what_cannot_be_accepted_says_why(of: datetime | Period, message: str) -> None:
    world = World()
    world.hour("api-requests", "2026-11-05T09:00:00Z", "late", 4)
    with pytest.raises(AcceptError) as refused:
        accept(world.stack, "api-requests", of, reason="why")
    assert str(refused.value) == message
    assert world.items == {}


def test_hours_are_those_of_two_months_or_of_one() -> None:
    world = World()
    hours = ["2026-09-03T00:00:00Z", "2026-10-31T23:00:00Z", "2026-11-05T09:00:00Z", "PERIOD#2026-11"]
    for number, hour in enumerate(hours):
        world.hour("api-requests", hour, "missing" if number % 2 else "balanced", number % 2)
    found = list(read_hours(world.stack, Hours()))
    assert [one["hour"] for one in found] == hours[1:3]
    assert [one["hour"] for one in read_hours(world.stack, Hours(only_open=True))] == [hours[1]]
    assert [one["hour"] for one in read_hours(world.stack, Hours("api-requests", Period(2026, 9)))] == [hours[0]]
