"""How an embedded AWS ends, and what it does not leave behind; each in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.soak

PROJECT = Path(__file__).parents[2]


def _run(program: str, folder: Path, *arguments: str, said: int = 0) -> Any:
    """Give what a program prints; on its standard error it says so many lines."""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", f"tests.embedded.{program}", *arguments],
        cwd=PROJECT,
        env={"PATH": "/usr/bin:/bin", "TMPDIR": str(folder), "AWS_PROFILE": "of-the-user"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stderr.splitlines()) == said, done.stderr
    return json.loads(done.stdout)


def test_whoever_is_answered_during_the_stop_is_metered(tmp_path: Path) -> None:
    found = _run("stop_with_requests_in_flight", tmp_path, said=len(["the line of the slow request is lost"]))
    refused = {
        "body": '{"message": "Service Unavailable"}',
        "error": "ServiceUnavailableException",
        "connection": "close",
    }
    assert found == {
        "enough": True,
        "statuses": [200],
        "answered but not metered": [],
        "metered but not answered": 0,
        "metered twice": [],
        "last": [refused],
        "too slow": [[], "ServiceUnavailableException", 1],
        "left behind": {},
    }


def test_a_stop_is_bounded_whatever_is_stuck(tmp_path: Path) -> None:
    told = ["undelivered, time is up", "given up: a batch and an invocation", "the invocation is lost"]
    found = _run("stop_when_all_is_stuck", tmp_path, said=len(told))
    # One second each for requests in flight, work behind them and Firehose, then what functions and connections get.
    assert found.pop("seconds") < 13
    assert found == {"sleepers": 0, "in the error bucket": 1, "undelivered": 0, "left behind": {}}


def test_what_is_under_way_at_the_stop_is_done(tmp_path: Path) -> None:
    found = _run("stop_with_work_under_way", tmp_path)
    assert found == {"marks": ["delivered", "invoked", "message"], "left behind": {}}


@pytest.mark.parametrize(
    ("way", "told"),
    [
        ("port_taken", "OSError: [Errno 98] Address already in use"),
        ("part_fails", "LookupError: no such hook"),
        ("cannot_serve", "RuntimeError: the embedded AWS cannot serve on http://127.0.0.1:"),
        ("second_server", "OneServerPerProcessError: ministack keeps its state in modules"),
    ],
)
def test_a_start_that_fails_leaves_nothing_behind(tmp_path: Path, way: str, told: str) -> None:
    error, left_behind = _run("start_that_fails", tmp_path, way)
    assert error.startswith(told)
    assert left_behind == {}
