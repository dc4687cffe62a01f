"""The clients: processes with some threads each, every thread a tenant's program with a connection of its own.

What was answered is written to files while it happens, so that a million requests need no memory here.
"""

import json
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import IO, Any, NamedTuple

from tools.chaos.connection import Answer, Connection, UnansweredError
from tools.chaos.tally import Event, Tally
from tools.traffic import BAD_PATHS, GOOD_PATHS, forge
from tools.usage_events import MODELS, TOKENS, USAGE

ID_BYTES = 16
"""Of a request's own id, as the gateway writes it."""
MOST_EVENTS = 50
"""Of one request."""
SOURCE = "https://example.com/chaos"
_CONTENT_TYPE = "application/cloudevents-batch+json"
_KINDS, _SHARES = ("good", "events", "bad", "no token", "forged"), (84, 5, 4, 5, 2)
"""Kinds of requests, and how many of each there are in a hundred."""
_PATIENCE = 3
"""Attempts without success after which events wait for the next slot."""


class Caller(NamedTuple):
    """A user of a tenant, with a token that is good for this slot."""

    tenant: str
    number: int
    token: str


@dataclass(frozen=True)
class Order:
    """What a process of clients is to do in a slot.

    Attributes:
        base_url: of the API.
        callers: who calls; a thread takes one after the other.
        requests: how many, by all threads together; the retries of events come on top.
        threads: how many clients there are.
        seed: decides who sends what; unlike for every process and slot.
        time: of the events, as text.
        folder: where files are written.
        pending: events of earlier slots that are not accepted yet, by tenant.
    """

    base_url: str
    callers: Sequence[Caller]
    requests: int
    threads: int
    seed: str
    time: str
    folder: Path
    pending: dict[str, list[Event]] = field(default_factory=dict)


def send(order: Order) -> Tally:
    """Send what an order says, in this process; returns when every request is answered or will never be."""
    shares = [order.requests * (number + 1) // order.threads for number in range(order.threads)]
    counts = [after - before for before, after in zip([0, *shares], shares, strict=False)]
    with ThreadPoolExecutor(order.threads) as pool:
        clients = [_Client(order, number, count) for number, count in enumerate(counts)]
        found = list(pool.map(_Client.run, clients))
    tally = Tally()
    tally.add(found)
    return tally


class _Client:
    """One thread's work."""

    def __init__(self, order: Order, number: int, requests: int) -> None:
        self._order, self._requests = order, requests
        self._seed = f"{order.seed}-{number}"
        self._random = random.Random(self._seed)  # noqa: S311 - chance that can be repeated, not secrets
        self._callers = [caller for index, caller in enumerate(order.callers) if index % order.threads == number]
        self._callers = self._callers or list(order.callers)
        mine = {caller.tenant for caller in self._callers}
        self._tally, self._made = Tally(), 0
        # The first thread of a tenant takes over what waits: nobody else has these ids.
        owners = {caller.tenant: index % order.threads for index, caller in reversed(list(enumerate(order.callers)))}
        self._waiting: dict[str, list[Event]] = {
            tenant: list(order.pending.get(tenant, [])) if owners[tenant] == number else [] for tenant in mine
        }

    def run(self) -> Tally:
        order = self._order
        order.folder.mkdir(parents=True, exist_ok=True)
        ids, events = order.folder / f"ids-{self._seed}", order.folder / f"events-{self._seed}"
        with Connection(order.base_url) as connection, ids.open("ab") as self._ids, events.open("a") as self._events:
            self._connection = connection
            self._written = {caller: self._requests_of(caller) for caller in self._callers}
            for number in range(self._requests):
                # Events first, so that both pipelines have something to deliver in every slot.
                self._one(self._random.choice(self._callers), "" if number else "events")
            for caller in {caller.tenant: caller for caller in self._callers}.values():
                self._insist(caller)
        self._tally.pending = {tenant: events for tenant, events in self._waiting.items() if events}
        return self._tally

    _ids: IO[bytes]
    _events: IO[str]

    def _requests_of(self, caller: Caller) -> dict[str, list[bytes]]:
        """Write down all that a caller sends but events: the same bytes again and again."""
        with_token, forged = {"Authorization": caller.token}, {"Authorization": forge(caller.token, "somebody-else")}
        request = self._connection.request
        return {
            "good": [request("GET", path, with_token) for path in GOOD_PATHS],
            "bad": [request("GET", path, with_token) for path in BAD_PATHS],
            "no token": [request("GET", path, {}) for path in GOOD_PATHS],
            "forged": [request("GET", path, forged) for path in GOOD_PATHS],
        }

    def _insist(self, caller: Caller) -> None:
        """Send what waits again, until all is accepted or one attempt after the other has failed."""
        failures = 0
        while self._waiting[caller.tenant] and failures < _PATIENCE:
            failures = 0 if self._post(caller, []) else failures + 1

    def _one(self, caller: Caller, kind: str) -> None:
        if not kind:
            [kind] = self._random.choices(_KINDS, _SHARES)
        if kind == "events":
            self._post(caller, [self._event() for _ in range(self._random.randint(1, 6))])
            return
        answer = self._send(self._random.choice(self._written[caller][kind]))
        if answer and kind in {"good", "bad"} and answer.status < HTTPStatus.BAD_REQUEST:
            usage = self._tally.of(caller.tenant)
            usage.calls += 1
            usage.response_bytes += len(answer.body)
            usage.users.add(caller.number)

    def _event(self) -> Event:
        self._made += 1
        event = {
            "specversion": "1.0",
            "id": f"{self._seed}-{self._made}",
            "source": SOURCE,
            "time": self._order.time,
        }
        if self._random.random() < 0.5:  # noqa: PLR2004 - half of them
            return {**event, "type": USAGE}
        data = {"value": self._random.randint(1, 5000), "model": self._random.choice(MODELS)}
        return {**event, "type": TOKENS, "data": data}

    def _post(self, caller: Caller, events: list[Event]) -> bool:
        """Send events, those first that wait; gives whether some were accepted or refused for good."""
        waiting = self._waiting[caller.tenant] + events
        batch, later = waiting[:MOST_EVENTS], waiting[MOST_EVENTS:]
        headers = {"Authorization": caller.token, "Content-Type": _CONTENT_TYPE}
        body = json.dumps(batch).encode()
        answer = self._send(self._connection.request("POST", "/events", headers, body))
        again = self._outcomes(caller, batch, answer)
        self._waiting[caller.tenant] = again + later
        return len(again) < len(batch)

    def _outcomes(self, caller: Caller, batch: list[Event], answer: Answer | None) -> list[Event]:
        """Count what became of events; gives those that must be sent again."""
        results = _results(answer, len(batch))
        again = []
        for event, result in zip(batch, results, strict=True):
            if result.get("status") == "accepted":
                self._count(caller.tenant, event)
            elif result.get("retry", True):
                again.append(event)
            else:
                self._tally.rejected += 1
        return again

    def _count(self, tenant: str, event: Event) -> None:
        usage = self._tally.of(tenant)
        if event["type"] == TOKENS:
            usage.tokens += event["data"]["value"]
            usage.token_events += 1
        else:
            usage.events += 1
        self._events.write(f"{tenant}\t{event['id']}\n")

    def _send(self, request: bytes) -> Answer | None:
        try:
            answer = self._connection.send(request)
        except UnansweredError:
            self._tally.unanswered += 1
            return None
        self._tally.statuses[answer.status] += 1
        self._ids.write(answer.extended_id.ljust(ID_BYTES)[:ID_BYTES])
        return answer


def _results(answer: Answer | None, size: int) -> list[dict[str, Any]]:
    """Read the result of each event; whatever is none is to be sent again."""
    unknown: list[dict[str, Any]] = [{} for _ in range(size)]
    if answer is None:
        return unknown
    try:
        results = json.loads(answer.body).get("results")
    except (ValueError, AttributeError):
        return unknown
    if not isinstance(results, list) or len(results) != size:
        return unknown
    return [{"retry": False, **result} if result.get("status") == "rejected" else result for result in results]
