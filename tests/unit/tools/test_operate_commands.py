"""The commands as people see them, and the session in which they act."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from tests.unit.tools.operate_kit import AT, REQUESTS, World, error_object, key, log_line, typed
from tests.unit.tools.test_operate_voids import FakeAthena
from tools.operate.arguments import parser
from tools.operate.assumed import assumed_session
from tools.operate.at_once import at_once
from tools.operate.audit import NoReasonError
from tools.operate.commands.putting import ReplayOptionsError
from tools.outputs import StackOutputs


def test_a_replay_is_shown() -> None:
    world = World({key("one"): error_object(log_line("a"), b"{"), key("two"): error_object(b"[]")})
    assert typed(world, "replay --source api-requests").splitlines() == [
        "Replay",
        "source         objects   half-way   records   put   gone through   done before",
        "──────────────────────────────────────────────────────────────────────────────",
        "api-requests         1          0         1     0              1             0",
        "Why they failed, api-requests",
        "code                      number",
        "────────────────────────────────",
        "Lambda.FunctionTimedOut        1",
        "Records that can never be rows, api-requests",
        "reason        number",
        "────────────────────",
        "NotAnObject        1",
        "NotJson            1",
        "Bills",
        "month     what becomes of it",
        "─────────────────────────────────────────────────────────",
        "2026-11   not finalized: its bills are simply rated again",
        'Dry run, nothing is written: would put 1 record. Do it with --apply --reason "…".',
    ]
    shown = typed(world, "replay --source api-requests --apply --reason why --wait 3")
    [action] = world.actions()
    assert shown.splitlines()[-1] == f"1 record put again. Action {action['id']}."
    assert f"Replay {action['id']}" in shown
    world.s3.buckets["errors"][key("again", "2026-11-05-10-20-00")] = error_object(log_line("a"))
    assert typed(world, f"replay --status {action['id']}", code=1).splitlines()[1:7] == [
        "keys",
        "────────────────────────────",
        "put again                  1",
        "failed again               1",
        "rows, or on their way      0",
        "Why they failed again",
    ]


def test_a_backfill_is_shown(tmp_path: Path) -> None:
    world, path = World(), tmp_path / "lines"
    path.write_bytes(log_line("a") + b"{\n")
    world.answers((["key_hash"], []))
    told = typed(world, f"backfill {path} --source api-requests --skip-invalid").splitlines()
    assert told[3:10] == [
        "lines that can be rows                 1",
        "different keys                         1",
        "keys that the table has already        0",
        "lines that can be no rows              1",
        "lines to be put                        1",
        "lines put                              0",
        "Lines that are left out",
    ]
    assert told[-1] == 'Dry run, nothing is written: would put 1 line. Do it with --apply --reason "…".'


def test_a_void_is_shown() -> None:
    world = World()
    world.answers((["tenant_id", "day", "records"], [["acme", "2026-10-02", "1200"]]))
    told = typed(world, "void --source usage-events --key acme /job 1").splitlines()
    assert told[3:4] == ["acme     2026-10-02     1,200"]
    honoured = "final runs honour it from 2026-11-06T10:15:00Z on; what they bill before is adjusted afterwards"
    [dry] = " ".join(told).split("Dry run, ")[1:]
    assert dry == (
        f'nothing is written: would take 1,200 records out of the count; {honoured}. Do it with --apply --reason "…".'
    )


def test_records_that_change_while_they_are_made_void_are_told() -> None:
    world, days = World(), (["tenant_id", "day", "records"], [["acme", "2026-10-02", "2"]])
    world.services["athena"] = FakeAthena([], ["SUCCEEDED"])
    world.answers(days, days)
    told = typed(world, "void --source usage-events --key acme /job 1 --apply --reason test", code=1)
    assert "2 records changed meanwhile and stay as they were: type it again" in told
    assert "2 records taken out of the count; final runs honour it" in told


def test_objects_that_a_replay_left_half_way_are_told_when_others_are_set_aside() -> None:
    world = World({key("one"): error_object(log_line("a"), log_line("b")), key("two"): error_object(log_line("c"))})
    world.stack.marks.begin(REQUESTS, key("one"), action_id="x", at=AT, records=2)
    told = typed(world, "set-aside --apply --reason test", code=1).splitlines()
    assert "1 object left: a replay has put a part, and must end it first" in told
    assert told[-1].startswith("1 object set aside; what their hours lack stays missing. Action set-aside-")


def test_an_action_is_taken_back_to_the_last_part_of_a_second() -> None:
    world, none = World(), (["tenant_id", "day", "records"], list[list[str]]())
    lake = world.answers(none, none)
    until = "--from 2026-10-02T00:00:00Z --to 2026-10-02T23:59:59.999Z"
    typed(world, f"void --source usage-events --tenant acme {until} --apply --reason test")
    typed(world, f"unvoid --source usage-events --action {world.actions()[0]['id']}")
    assert "record_time < TIMESTAMP '2026-10-03 00:00:00.000000 UTC'" in lake.asked[-1]


def test_hours_their_acceptance_and_actions_are_shown() -> None:
    world = World()
    world.hour("api-requests", "2026-11-05T08:00:00Z", "missing", 4)
    world.hour("usage-events", "2026-11-05T08:00:00Z", "balanced")
    assert typed(world, "hours", code=1).splitlines()[3:] == [
        "api-requests   2026-11-05T08:00:00Z   missing          4             0   –",  # noqa: RUF001 - as shown
        "usage-events   2026-11-05T08:00:00Z   balanced         0             0   –",  # noqa: RUF001
    ]
    assert typed(world, "accept --hour 2026-11-05T08:00:00Z --source api-requests").splitlines()[3:] == [
        "2026-11-05T08:00:00Z   missing         4             0",
        'Dry run, nothing is written: would accept 1 hour. Do it with --apply --reason "…".',
    ]
    typed(world, "accept --hour 2026-11-05T08:00:00Z --source api-requests --apply --reason lost")
    [action] = world.actions()
    assert f"{action['at']}   {action['id']}" in typed(world, "actions")
    assert '"hour": "2026-11-05T08:00:00Z"' in typed(world, f"actions {action['id']}")
    assert "olga: lost" in typed(world, "hours")


@pytest.mark.parametrize(
    ("line", "error", "message"),
    [
        ("replay --apply", NoReasonError, "replay --apply: --reason must say why this is done, is missing"),
        ("replay --wait 5", ReplayOptionsError, "--wait is for --apply: nothing is put in a dry run, got 5"),
        (
            "replay --status x --apply --reason y",
            ReplayOptionsError,
            '--status puts nothing, and looks at all of a replay: leave out --apply, or the action "x"',
        ),
        (
            "replay --status x --source api-requests --all --wait 1",
            ReplayOptionsError,
            '--status puts nothing, and looks at all of a replay: leave out --source, --all, --wait, or the action "x"',
        ),
    ],
)
def test_options_that_do_not_go_together_are_refused(line: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as refused:
        typed(World(), line)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    "line",
    [
        "accept --source api-requests",
        "replay --reason  ",
        "replay --wait -1",
        "replay --wait nan",
        "void --key a",
        "hours --since x",
    ],
)
def test_a_line_that_is_no_command_is_refused(line: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        parser("").parse_args(line.split(" "))
    assert stopped.value.code == 2


def test_work_that_is_stopped_ends_with_what_is_under_way() -> None:
    stop, begun = Event(), list[int]()

    def work(number: int) -> int:
        begun.append(number)
        if number:
            assert stop.wait(10)
        return number

    running = at_once(work, range(1000), stop, threads=2)
    assert next(running) == 0
    running.close()
    assert (stop.is_set(), len(begun) <= 4) == (True, True)


class FakeSts:
    """Gives credentials that are over at once, the first time."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []

    def client(self, name: str) -> "FakeSts":
        assert name == "sts"
        return self

    def assume_role(self, **asked: str) -> dict[str, Any]:
        self.asked.append(asked)
        valid = timedelta(hours=1) if len(self.asked) > 1 else timedelta(seconds=1)
        keys = {"AccessKeyId": f"key-{len(self.asked)}", "SecretAccessKey": "s", "SessionToken": "t"}
        return {"Credentials": {**keys, "Expiration": datetime.now(UTC) + valid}}


def test_credentials_of_the_role_are_had_anew_when_they_end(monkeypatch: pytest.MonkeyPatch) -> None:
    sts, world = FakeSts(), World()
    monkeypatch.setattr(StackOutputs, "session", lambda _: sts)
    session = assumed_session(world.outputs, "arn:aws:iam::123456789012:user/olga")
    assert session.region_name == "eu-west-1"
    credentials = session.get_credentials()
    assert credentials.get_frozen_credentials().access_key == "key-2"
    assert credentials.get_frozen_credentials().access_key == "key-2"
    asked = {"RoleArn": "arn:aws:iam::123456789012:role/operator", "RoleSessionName": "olga"}
    assert sts.asked == [asked, asked]
