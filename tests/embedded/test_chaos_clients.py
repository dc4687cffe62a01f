"""The clients of a chaos run against an API that answers as it is told, on loopback."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tools.chaos.clients import Caller, Order, send
from tools.chaos.connection import Connection, UnansweredError
from tools.chaos.keys import accepted_events, answered_requests
from tools.chaos.tally import Tally

TOKEN = "e30.eyJjdXN0b206dGVuYW50X2lkIjoiYWNtZSJ9.c2ln"
BODY = b"0123456789"

Respond = Callable[[str, str, bytes, str | None], tuple[int, bytes]]
"""Method, path, body and token of a request -> status and body."""


class Api:
    """An API that keeps what it answered."""

    def __init__(self, respond: Respond) -> None:
        api, self.ids, self.statuses = self, list[str](), Counter[tuple[str, int]]()
        self._lock = threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version, disable_nagle_algorithm = "HTTP/1.1", True

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, content = respond(self.command, self.path, body, self.headers.get("Authorization"))
                with api._lock:
                    extended_id = f"{len(api.ids):015d}="
                    api.ids.append(extended_id)
                    api.statuses[self.command, status] += 1
                self.send_response(status)
                self.send_header("x-amz-apigw-id", extended_id)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = _answer  # noqa: N815 - the base class's names

            def log_message(self, *_: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/prod"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def serve() -> Iterator[Callable[[Respond], Api]]:
    made: list[Api] = []

    def start(respond: Respond) -> Api:
        made.append(Api(respond))
        return made[-1]

    yield start
    for api in made:
        api.server.shutdown()
        api.server.server_close()


def accepting(body: bytes, **result: Any) -> bytes:
    events = json.loads(body)
    return json.dumps({"results": [{"id": one["id"], "status": "accepted", **result} for one in events]}).encode()


def well(method: str, path: str, body: bytes, token: str | None) -> tuple[int, bytes]:
    if method == "POST":
        return 202, accepting(body)
    if token != TOKEN:
        return 401, b"no"
    return (200, BODY) if path in GOOD else (400, b"bad parameter")


GOOD = {
    f"/prod{path}"
    for path in (
        "/random/strings",
        "/random/strings?len=16&num=5",
        "/random/strings?len=32&num=20&chars=digits",
        "/random/strings?len=12&chars=uppercase",
    )
}


def order(url: str, folder: Path, requests: int = 300, **options: Any) -> Order:
    callers = [Caller(tenant, number, TOKEN) for tenant in ("acme", "globex") for number in (0, 1)]
    values = {"seed": "1-0", "time": "2026-12-10T09:00:00Z", "threads": 3, **options}
    return Order(url, callers, requests, folder=folder, **values)


def test_every_answer_is_counted_once_and_kept(serve: Callable[[Respond], Api], tmp_path: Path) -> None:
    api = serve(well)
    tally = send(order(api.url, tmp_path))
    assert (tally.answered, tally.unanswered, tally.rejected, tally.waiting) == (300, 0, 0, 0)
    assert sorted(answered_requests(tmp_path)) == sorted(api.ids)
    assert set(tally.statuses) == {200, 202, 400, 401}
    usages = tally.usage.values()
    assert sum(usage.calls for usage in usages) == tally.statuses[200] == api.statuses["GET", 200]
    assert sum(usage.response_bytes for usage in usages) == 10 * tally.statuses[200]
    assert {tenant: usage.users for tenant, usage in tally.usage.items()} == {"acme": {0, 1}, "globex": {0, 1}}
    events = list(accepted_events(tmp_path))
    assert len(events) == len(set(events)) == sum(usage.events + usage.token_events for usage in usages) > 0
    assert all(usage.tokens > usage.token_events > 0 for usage in usages)


def test_events_without_a_clear_answer_are_sent_again_with_their_ids(
    serve: Callable[[Respond], Api], tmp_path: Path
) -> None:
    stored: list[str] = []

    def failing(method: str, path: str, body: bytes, token: str | None) -> tuple[int, bytes]:
        if method != "POST":
            return well(method, path, body, token)
        stored.extend(event["id"] for event in json.loads(body))
        if len(stored) % 3:
            return 502, b'{"message": "Internal server error"}'
        return 503, json.dumps({"results": [{"status": "rejected", "retry": True} for _ in json.loads(body)]}).encode()

    first = send(order(serve(failing).url, tmp_path))
    assert first.waiting == len(set(stored)) > 0
    assert list(accepted_events(tmp_path)) == []
    again = send(order(serve(well).url, tmp_path, requests=0, pending=first.pending))
    assert again.waiting == 0
    assert sorted(one.partition("\t")[2] for one in accepted_events(tmp_path)) == sorted(set(stored))


def test_events_that_are_refused_for_good_are_not_sent_again(serve: Callable[[Respond], Api], tmp_path: Path) -> None:
    def refusing(method: str, path: str, body: bytes, token: str | None) -> tuple[int, bytes]:
        return (400, accepting(body, status="rejected")) if method == "POST" else well(method, path, body, token)

    tally = send(order(serve(refusing).url, tmp_path))
    assert tally.rejected > 0
    assert (tally.waiting, list(accepted_events(tmp_path))) == (0, [])


def test_a_request_without_an_answer_is_counted_and_not_sent_again(tmp_path: Path) -> None:
    tally: Tally = send(order("http://127.0.0.1:9/prod", tmp_path, requests=5, threads=1))
    assert (tally.unanswered >= 5, tally.answered) == (True, 0)
    assert list(answered_requests(tmp_path)) == []


def test_a_connection_is_made_again_after_it_was_closed(serve: Callable[[Respond], Api]) -> None:
    api = serve(well)
    with Connection(api.url) as connection:
        request = connection.request("GET", "/random/strings", {"Authorization": TOKEN})
        assert connection.send(request) == (200, b"000000000000000=", BODY)
        connection.close()
        assert connection.send(request).status == 200
        api.server.shutdown()
        api.server.server_close()
        connection.close()
        with pytest.raises(UnansweredError):
            connection.send(request)
