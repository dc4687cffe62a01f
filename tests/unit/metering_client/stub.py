"""An API on loopback that answers `POST /events` by a script, and a clock that only the tests move."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from metering_client import Timing

Event = dict[str, Any]
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Answer:
    """What the API answers."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Received:
    """A request that has arrived."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def events(self) -> list[Event]:
        events: list[Event] = json.loads(self.body)
        return events

    @property
    def identities(self) -> list[tuple[str, str, str]]:
        return [(event["source"], event["id"], event["time"]) for event in self.events]


Script = Callable[[Received], Answer | None]
"""An answer to a request; None hangs up without one."""


def result(event: Event, status: str = "accepted", reason: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "source": event["source"],
        "id": event["id"],
        "time": event["time"],
        "status": status,
        "reason": reason,
        **more,
    }


def results(status: int, found: list[dict[str, Any]], headers: Mapping[str, str] | None = None) -> Answer:
    accepted = sum(one["status"] == "accepted" for one in found)
    body = {"accepted": accepted, "rejected": len(found) - accepted, "results": found}
    return Answer(status, body, headers or {})


def accept(received: Received) -> Answer:
    return results(202, [result(event) for event in received.events])


def answer(status: int, body: Any = None, **headers: str) -> Script:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: Answer(status, body, named)


def hang_up(_: Received) -> None:
    return None


class Api:
    """The API: a script for each request to come, then it accepts."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.connections = 0
        self.script: list[Script] = []
        self.url = ""

    def answer(self, received: Received) -> Answer | None:
        self.received.append(received)
        return (self.script.pop(0) if self.script else accept)(received)


@contextmanager
def serve() -> Iterator[Api]:
    api = Api()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            api.connections += 1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found = api.answer(Received(self.path, dict(self.headers), body))
            if found is None:
                self.close_connection = True
                return
            content = found.body if isinstance(found.body, bytes) else json.dumps(found.body).encode()
            self.send_response(found.status)
            for name, value in {"Content-Length": str(len(content)), **found.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)
            self.close_connection = "Connection" in found.headers

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        api.url = f"http://127.0.0.1:{server.server_port}/v1"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield api
        finally:
            server.shutdown()
            thread.join()


class Clock:
    """A clock that a wait moves on, and nothing else."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.waits: list[float] = []

    def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds

    @property
    def timing(self) -> Timing:
        return Timing(
            now=lambda: NOON + timedelta(seconds=self.seconds),
            monotonic=lambda: self.seconds,
            sleep=self._sleep,
            jitter=lambda: 1.0,
        )
