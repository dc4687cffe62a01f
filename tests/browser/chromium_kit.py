"""Chromium without a window, told what to do over a pair of pipes (DevTools protocol): one start for all pages."""

import base64
import fcntl
import json
import os
import pathlib
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Self

import pytest

EXECUTABLE = shutil.which("chromium") or shutil.which("google-chrome")

_SECONDS = 60
_FIRST_FREE = 10  # above 3 and 4, which the browser reads and writes
_MOVE = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4); os.execv(sys.argv[3], sys.argv[3:])"
)
_OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe"),
    # What a browser asks of its maker on its own.
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"),
)


@dataclass(frozen=True)
class Shown:
    """What came of a page."""

    pdf: bytes
    """Printed with the page's own size."""
    complaints: list[str]
    """Messages on the console, errors of the page, and requests."""
    overflow: dict[int, int]
    """Width of the window -> by how many pixels the page is wider."""


class Browser:
    """A running browser; leave its `with` block to end it."""

    def __init__(self, profile: pathlib.Path) -> None:
        assert EXECUTABLE is not None
        commands, self._commands = _pipe()
        self._answers, answers = _pipe()
        move = [sys.executable, "-ISc", _MOVE, str(commands), str(answers)]
        arguments = [EXECUTABLE, *_OPTIONS, f"--user-data-dir={profile}", "about:blank"]
        self._process = subprocess.Popen(  # noqa: S603 - the arguments are ours
            move + arguments, pass_fds=(commands, answers), stderr=subprocess.DEVNULL
        )
        os.close(commands)
        os.close(answers)
        self._unread = b""
        self._number = 0
        self._events: list[dict[str, Any]] = []
        self._results: dict[int, dict[str, Any]] = {}
        self._listeners: dict[str, Callable[[dict[str, Any]], None]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.call("Browser.close")
        self._process.wait(_SECONDS)
        os.close(self._commands)
        os.close(self._answers)

    def show(self, page: pathlib.Path, widths: tuple[int, ...] = ()) -> Shown:
        """Open a page, measure it at some widths of the window, and print it."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Log", "Runtime", "Network"):
            self.call(f"{domain}.enable", session)
        self._events.clear()
        self.call("Page.navigate", session, url=page.as_uri())
        self._until(lambda: any(event["method"] == "Page.loadEventFired" for event in self._events))
        overflow = {width: self._overflow(session, width) for width in widths}
        printed = self.call("Page.printToPDF", session, preferCSSPageSize=True, printBackground=True)["data"]
        self.call("Target.closeTarget", targetId=target)
        return Shown(base64.b64decode(printed), self._complaints(page.as_uri()), overflow)

    def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Return the result of a command."""
        self._number += 1
        number = self._number
        command = {"id": number, "method": method, "params": parameters}
        os.write(self._commands, json.dumps(command | ({"sessionId": session} if session else {})).encode() + b"\0")
        self._until(lambda: number in self._results)
        answer = self._results.pop(number)
        assert "error" not in answer, (method, answer)
        result: dict[str, Any] = answer["result"]
        return result

    def listen(self, session: str, listener: Callable[[dict[str, Any]], None]) -> None:
        """Hand a tab's events to a listener as they come in, also while a call waits; it may call, too."""
        self._listeners[session] = listener

    def _overflow(self, session: str, width: int) -> int:
        self.call(
            "Emulation.setDeviceMetricsOverride", session, width=width, height=1000, deviceScaleFactor=1, mobile=False
        )
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        measured: int = self.call("Runtime.evaluate", session, expression=wider)["result"]["value"]
        return measured

    def _complaints(self, own: str) -> list[str]:
        found = []
        for event in self._events:
            method, parameters = event.get("method"), event.get("params", {})
            if method == "Log.entryAdded":
                found.append(str(parameters["entry"]["text"]))
            elif method in {"Runtime.consoleAPICalled", "Runtime.exceptionThrown"}:
                found.append(json.dumps(parameters))
            elif method == "Network.requestWillBeSent" and parameters["request"]["url"] != own:
                found.append(f"asks for {parameters['request']['url']}")
        return found

    def _until(self, done: Callable[[], bool]) -> None:
        """Read messages until what is waited for is there; results and events are kept."""
        deadline = time.monotonic() + _SECONDS
        while not done():
            text, end, rest = self._unread.partition(b"\0")
            if end:
                self._unread = rest
                self._take(json.loads(text))
                continue
            # Not `select`, which knows no descriptor above 1023: a long session of tests may have that many open.
            waiting = select.poll()
            waiting.register(self._answers, select.POLLIN)
            ready = waiting.poll(max(0.0, deadline - time.monotonic()) * 1000)
            more = os.read(self._answers, 1 << 20) if ready else b""
            assert more, "the browser gave no answer"
            self._unread += more

    def _take(self, message: dict[str, Any]) -> None:
        if "id" in message:
            self._results[message["id"]] = message
        elif listener := self._listeners.get(message.get("sessionId", "")):
            listener(message)
        else:
            self._events.append(message)


def _pipe() -> tuple[int, int]:
    """Return both ends of a pipe, reading end first, with numbers that the browser does not use."""
    ends = os.pipe()
    moved = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _FIRST_FREE) for end in ends]
    for end in ends:
        os.close(end)
    return moved[0], moved[1]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if EXECUTABLE is None:
        missing = "chromium is not installed: apt-get install chromium fonts-liberation"
        if os.environ.get("CHROMIUM_REQUIRED"):
            pytest.fail(missing)
        pytest.skip(missing)
    with Browser(tmp_path_factory.mktemp("profile")) as running:
        yield running
