"""What the commands print and keep has nothing of a record's content, whatever becomes of the record."""

import json
from pathlib import Path

import pytest

from tests.unit.tools.operate_kit import REFUSED, World, error_object, event, key, log_line, typed
from tests.unit.tools.status_kit import well
from tools.operate.backfill import BadLinesError

SECRET = "s3cr3t-0f-a-t3nant"
LINES = [log_line("a", ip=SECRET), SECRET.encode(), json.dumps({SECRET: SECRET}).encode(), b"{" + SECRET.encode()]
EVENTS = [
    event("e", data={"value": 5, "note": SECRET}),
    event("f", type=SECRET),
    event("g", subject=SECRET, data={"value": SECRET}),
    SECRET.encode(),
]
NO_KEYS = (["key_hash"], list[list[str]]())


def world() -> World:
    return well(
        World({key("one"): error_object(*LINES)}, {key("two"): error_object(*EVENTS, code=REFUSED)}),
    )


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("replay", 0),
        ("replay --all", 0),
        ("replay --apply --reason why", 0),
        ("set-aside", 0),
        ("set-aside --apply --reason why", 0),
        ("status", 1),
    ],
)
def test_error_objects(line: str, code: int, capfd: pytest.CaptureFixture[str]) -> None:
    here = world()
    printed = typed(here, line, code)
    assert SECRET not in printed + "".join(capfd.readouterr())
    assert SECRET not in repr(here.items)


def test_what_failed_again() -> None:
    here = world()
    typed(here, "replay --apply --reason why")
    [action] = here.actions()
    here.s3.buckets["errors"][key("again", "2026-11-05-10-20-00")] = error_object(*LINES)
    assert SECRET not in typed(here, f"replay --status {action['id']}", code=1)


@pytest.mark.parametrize(("source", "lines"), [("api-requests", LINES), ("usage-events", EVENTS)])
@pytest.mark.parametrize("options", ["", "--apply --reason why"])
def test_a_file_to_backfill(source: str, lines: list[bytes], options: str, tmp_path: Path) -> None:
    here, path = world(), tmp_path / "lines"
    path.write_bytes(b"\n".join(line.strip() for line in lines))
    with pytest.raises(BadLinesError) as refused:
        typed(here, f"backfill {path} --source {source}")
    here.answers(NO_KEYS)
    printed = typed(here, f"backfill {path} --source {source} --skip-invalid {options}")
    assert SECRET not in str(refused.value) + printed + repr(here.items)
