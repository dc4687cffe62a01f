"""What the embedded AWS can be told beyond AWS's own calls: its clock, its scheduler's trigger, whether it rests."""

import json
import time
from datetime import UTC, datetime
from typing import Any

import urllib3

POLL_SECONDS = 0.1


class NotSettledError(RuntimeError):
    """The embedded AWS is still at work when it should have come to rest."""


class Embedded:
    """The embedded AWS behind an endpoint.

    Args:
        endpoint_url: where it answers, such as `http://127.0.0.1:4566`.
    """

    def __init__(self, endpoint_url: str) -> None:
        self._url = endpoint_url

    def now(self) -> datetime:
        """Tell the time of its clock."""
        return datetime.fromisoformat(self._call("GET", "clock")["now"]).astimezone(UTC)

    def set_clock(self, moment: datetime) -> None:
        """Set its clock, which runs on from there; nothing is fired for the time in between."""
        self._call("POST", "clock", {"now": _text(moment)})

    def fire(self, schedule: str, at: datetime) -> None:
        """Have the scheduler fire a schedule as if its time were `at`.

        Args:
            schedule: `group/name`.
            at: the scheduled time.
        """
        group, _, name = schedule.rpartition("/")
        event = {"Name": name, "GroupName": group or "default", "ScheduledTime": _text(at)}
        self._call("POST", "scheduler/fire", event)

    def evaluate_alarms(self) -> dict[str, Any]:
        """Have all alarms look at what its clock has behind it; returns the answer: their states by name."""
        return self._call("POST", "alarms/evaluate")

    def settle(self, seconds: float) -> None:
        """Wait until no message is on its way and no function runs.

        Raises:
            NotSettledError: something is still under way after so many seconds; says what.
        """
        end = time.monotonic() + seconds
        while not (answer := self._call("GET", "idle")).get("idle"):
            if time.monotonic() >= end:
                raise NotSettledError(f"the embedded AWS is not at rest after {seconds:.0f} s: {answer}")
            time.sleep(POLL_SECONDS)

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        url = f"{self._url}/_embedded/{path}"
        answer = urllib3.request(method, url, body=None if body is None else json.dumps(body), timeout=60)
        if answer.status != 200:  # noqa: PLR2004 - HTTP's own number
            raise RuntimeError(f"{method} {url}: {answer.status} {answer.data.decode(errors='replace')}")
        content: dict[str, Any] = answer.json()
        return content


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def now(endpoint_url: str) -> datetime:
    """Tell the time by which a stack lives: the embedded AWS's clock, else (no endpoint) this machine's."""
    return Embedded(endpoint_url).now() if endpoint_url else datetime.now(UTC)
