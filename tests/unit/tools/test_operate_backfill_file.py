"""Backfill against fakes: a file that is not what it was, and events whose times are far apart."""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.unit.tools.operate_kit import World, catalog, event, log_line
from tools.operate.backfill import backfill
from tools.operate.lines import BLOCK_BYTES, ChangedFileError
from tools.operate.putting import StreamRefusesError
from usage.evidence import key_hash

NO_KEYS = (["key_hash"], list[list[str]]())
LINES = 4000
"""Of about 500 bytes: they are two blocks."""

Change = Callable[[bytes], bytes]


def lines_of(*keys: str) -> bytes:
    return b"".join(log_line(name) for name in keys)


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()


WHOLE = lines_of(*(f"k{number:04}" for number in range(LINES)))
AT_BLOCK = WHOLE.index(b"\n", BLOCK_BYTES - 1) + 1
"""Where the second block begins."""


@pytest.mark.parametrize(
    ("change", "most"),
    [
        (lambda content: content.replace(b"k0000", b"kXXXX"), 0),
        (lambda content: content.replace(b"k3999", b"kXXXX"), AT_BLOCK),
        (lambda content: content[:AT_BLOCK], AT_BLOCK),
        (lambda content: content + log_line("more"), AT_BLOCK),
        (lambda _: b"", 0),
    ],
    ids=["first line", "last line", "cut off", "grown", "emptied"],
)
def test_nothing_is_put_of_what_changed_after_it_was_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Change, most: int
) -> None:
    assert BLOCK_BYTES < len(WHOLE) < 2 * BLOCK_BYTES
    world, path = World(), tmp_path / "lines"
    path.write_bytes(WHOLE)

    world.answers(NO_KEYS, NO_KEYS)
    begin = world.stack.action

    def begin_late(*arguments: Any) -> Any:
        path.write_bytes(change(WHOLE))
        return begin(*arguments)

    monkeypatch.setattr(world.stack, "action", begin_late)
    with pytest.raises(ChangedFileError) as refused:
        backfill(world.stack, path, "api-requests", reason="why")
    assert str(refused.value) == (
        f"{path}: must stay what it was when it was checked (SHA-256 {digest(WHOLE)}), and be a file that can be read "
        "twice; has changed. Nothing of what changed is put; lines before it may be"
    )
    taken = world.firehose.taken.get("amazon-apigateway-x", [])
    assert set(taken) <= set(WHOLE[:most].splitlines())
    [action] = world.actions()
    assert (action["state"], action["result"]["digest"]) == ("failed", digest(WHOLE))


def test_what_cannot_be_read_twice_is_no_file_to_backfill() -> None:
    """Such as a pipe, `<(zcat lines.gz)`: it was checked, and then there is nothing."""

    end, begin = os.pipe()
    os.write(begin, lines_of("a"))
    os.close(begin)
    world = World()
    world.answers(NO_KEYS)
    with pytest.raises(ChangedFileError):
        backfill(world.stack, Path(f"/dev/fd/{end}"), "api-requests", reason="why")
    os.close(end)
    assert world.firehose.calls == []


def refuse_all(records: Sequence[bytes]) -> Sequence[str | None]:
    return ["Throttled" for _ in records]


def test_a_backfill_goes_on_with_the_file_with_which_it_began_or_says_so(tmp_path: Path) -> None:
    world, path = World(), tmp_path / "lines"
    first, other = lines_of("a", "b"), lines_of("a", "c")
    path.write_bytes(first)
    takes, world.firehose.refuse = world.firehose.refuse, refuse_all
    world.answers(*[NO_KEYS] * 5)
    with pytest.raises(StreamRefusesError):
        backfill(world.stack, path, "api-requests", reason="why")
    [begun] = world.actions()
    path.write_bytes(other)
    for reason in (None, "why"):
        with pytest.raises(ChangedFileError) as refused:
            backfill(world.stack, path, "api-requests", reason=reason)
        assert str(refused.value) == (
            f"{path}: must be as it was when {begun['id']} began, which did not come to its end (SHA-256 "
            f"{digest(first)}), has SHA-256 {digest(other)}; go on with that file, or say by --changed that another is "
            "meant"
        )
    assert len(world.actions()) == 1
    world.firehose.refuse = takes
    found = backfill(world.stack, path, "api-requests", changed=True, reason="the second line was wrong")
    assert (found.put, found.resumes) == (2, begun["id"])
    [kept] = [one for one in world.actions() if one["id"] == found.action_id]
    assert kept["arguments"] == {
        "file": str(path),
        "sha256": digest(other),
        "source": "api-requests",
        "skip_invalid": False,
        "changed": True,
        "resumes": begun["id"],
    }
    path.write_bytes(first)  # that one ended: whatever comes now is a backfill of its own
    assert backfill(world.stack, path, "api-requests", reason="why").resumes is None


def test_a_file_of_the_same_name_elsewhere_or_of_the_other_source_is_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, here, there = World(), tmp_path / "here", tmp_path / "there"
    for folder, content in ((here, lines_of("a")), (there, event("e"))):
        folder.mkdir()
        (folder / "lines").write_bytes(content)
    world.answers(*[NO_KEYS] * 4)
    takes, world.firehose.refuse = world.firehose.refuse, refuse_all
    monkeypatch.chdir(here)
    with pytest.raises(StreamRefusesError):
        backfill(world.stack, Path("lines"), "api-requests", reason="why")
    [begun] = world.actions()
    assert begun["arguments"]["file"] == str(here / "lines")
    world.firehose.refuse = takes
    monkeypatch.chdir(there)
    assert backfill(world.stack, Path("lines"), "usage-events", reason="why").resumes is None
    assert backfill(world.stack, here / "lines", "api-requests").resumes == begun["id"]


@pytest.mark.parametrize(("days", "first", "end"), [(0, "2026-11-01", "2026-12-01"), (40, "2026-09-22", "2027-01-10")])
def test_an_events_key_is_looked_for_where_a_bill_looks_for_it(tmp_path: Path, days: int, first: str, end: str) -> None:
    world, path = World(), tmp_path / "lines"
    world.stack.__dict__["catalog"] = replace(catalog(), duplicate_window_days=days)
    path.write_bytes(event("a"))
    lake = world.answers(NO_KEYS)
    backfill(world.stack, path, "usage-events")
    [sql] = lake.asked
    assert f">= TIMESTAMP '{first} 00:00:00.000000 UTC' AND" in sql
    assert f"< TIMESTAMP '{end} 00:00:00.000000 UTC'" in sql


def test_an_event_of_one_month_is_put_though_the_table_has_its_key_in_a_far_one(tmp_path: Path) -> None:
    world, path = World(), tmp_path / "lines"
    lines = [event("a", time="2026-05-05T09:00:00Z"), event("a"), event("a")]
    path.write_bytes(b"\n".join(lines))
    known = [[key_hash(["acme", "/job", "a"])]]
    world.answers((["key_hash"], known), NO_KEYS)
    found = backfill(world.stack, path, "usage-events", reason="why")
    assert (found.lines, found.keys, found.in_table, found.to_put, found.put) == (3, 2, 1, 2, 2)
    assert [json.loads(one)["time"] for one in world.firehose.taken["events-stream"]] == ["2026-11-05T09:00:00Z"] * 2
