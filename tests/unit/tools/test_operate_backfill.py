"""Backfill against fakes: which lines go, and which file is refused."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from events.delivery import MOST_RECORDS
from tests.unit.tools.operate_kit import A_DAY_LATER, World, event, log_line
from tools.operate.backfill import BadLinesError, backfill
from tools.operate.lines import MOST_BYTES
from tools.operate.months import TOLD
from tools.operate.putting import StreamRefusesError
from usage.evidence import key_hash

NO_KEYS = (["key_hash"], list[list[str]]())


def file_of(folder: Path, *lines: bytes) -> Path:
    path = folder / "lines"
    path.write_bytes(b"\n".join(lines))
    return path


def test_lines_are_put_as_they_are_but_those_that_the_table_has(tmp_path: Path) -> None:
    world = World()
    world.period("2026-10", "2026-11-04T00:00:00Z")
    world.period("2026-11")
    october = str(int(datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC).timestamp() * 1000))
    lines = [log_line("a"), log_line("b", request_time_epoch=october), log_line("c")]
    path = file_of(tmp_path, *(line.strip() for line in lines))
    lake = world.answers(NO_KEYS, (["key_hash"], [[key_hash(["c"])]]))
    found = backfill(world.stack, path, "api-requests", reason="why")
    assert world.firehose.taken == {"amazon-apigateway-x": [lines[0].strip(), lines[1].strip()]}
    digest = sha256(path.read_bytes()).hexdigest()
    assert found.to_json() == {
        "action_id": found.action_id,
        "source": "api-requests",
        "file": str(path),
        "digest": digest,
        "lines": 3,
        "invalid": [],
        "keys": 3,
        "in_table": 1,
        "to_put": 2,
        "put": 2,
        "months": [
            {
                "month": "2026-10",
                "effect": "adjusted",
                "meaning": TOLD["adjusted"],
                "lines": 1,
                "counted_from": A_DAY_LATER,
            },
            {"month": "2026-11", "effect": "open", "meaning": TOLD["open"], "lines": 2, "counted_from": A_DAY_LATER},
        ],
        "resumes": None,
    }
    before, after = sorted(lake.asked)
    assert "TIMESTAMP '2026-10-31 23:59:59.000000 UTC' AND" in before
    assert "< TIMESTAMP '2026-10-31 23:59:59.000001 UTC'" in before
    assert [[key_hash([name]) in sql for name in "abc"] for sql in (before, after)] == [
        [False, True, False],
        [True, False, True],
    ]
    [action] = world.actions()
    assert action["result"] == {**found.to_json(), "invalid": {}}
    assert action["arguments"] == {"file": str(path), "sha256": digest, "source": "api-requests", "skip_invalid": False}


def test_a_file_with_a_bad_line_is_refused_as_a_whole(tmp_path: Path) -> None:
    world, path = World(), file_of(tmp_path, log_line("a").strip(), b"{", b"  ", b"x" * (MOST_BYTES + 1), b"[]\r")
    with pytest.raises(BadLinesError) as refused:
        backfill(world.stack, path, "api-requests", reason="why")
    assert str(refused.value) == (
        f"{path}: every line must be a record that can be a row, 3 are none (NotAnObject 1, NotJson 1, TooLarge 1), "
        "in lines 2, 4, 5; mend them, or leave them out by --skip-invalid"
    )
    assert (world.items, world.firehose.calls) == ({}, [])
    world.answers(NO_KEYS)
    found = backfill(world.stack, path, "api-requests", skip_invalid=True)
    assert [tuple(line) for line in found.invalid] == [(2, "NotJson"), (4, "TooLarge"), (5, "NotAnObject")]
    assert (found.lines, found.put, world.items) == (1, 0, {})


def test_events_are_held_to_the_rules_of_the_catalog(tmp_path: Path) -> None:
    world = World()
    lines = [event("a"), event("b", type="x"), event("c", data={"value": -1}), event("d", time="2026-11-05T10:21:00Z")]
    world.answers(NO_KEYS)
    found = backfill(world.stack, file_of(tmp_path, *lines), "usage-events", skip_invalid=True)
    reasons = [(2, "UnknownEventType"), (3, "BadQuantity"), (4, "TimeAhead")]
    assert ([tuple(line) for line in found.invalid], found.lines) == (reasons, 1)


def test_thousands_of_lines_go_in_portions_and_what_is_left_goes_the_next_time(tmp_path: Path) -> None:
    world, keys = World(), [f"k{number}" for number in range(4000)]
    path = file_of(tmp_path, *(log_line(name).strip() for name in keys))
    world.firehose.refuse = lambda records: ["Throttled" if len(world.firehose.calls) > 4 else None for _ in records]
    world.answers(NO_KEYS, NO_KEYS)
    with pytest.raises(StreamRefusesError):
        backfill(world.stack, path, "api-requests", reason="why")
    taken = world.firehose.taken["amazon-apigateway-x"]
    assert len(taken) == 4 * MOST_RECORDS
    [action] = world.actions()
    assert action["state"] == "failed"
    assert action["result"]["to_put"] == 4000
    world.firehose.refuse = lambda records: [None for _ in records]
    known = [[key_hash([json.loads(line)["extended_request_id"]])] for line in taken]
    world.answers((["key_hash"], known), NO_KEYS)
    again = backfill(world.stack, path, "api-requests", reason="why")
    assert (again.put, again.resumes) == (2000, action["id"])
    assert sorted(taken) == sorted(log_line(name).strip() for name in keys)
