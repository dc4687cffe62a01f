"""Measure how many usage events `POST /events` accepts in a second, in batches of 100, in the embedded AWS.

Run by `make bench`, over loopback. Some clients send at once, each its next batch when it has the answer to the last.
What is measured is all of the way: gateway, authorizer, function, stream. The function's processes are warm.
"""

import argparse
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

import urllib3

from embedded_aws.server import EmbeddedAws
from tests.bench.billing_world import BenchError, World
from tools.lake import Lake
from tools.outputs import StackOutputs
from tools.people import signed_in
from tools.usage_events import TOKENS, USAGE

BATCH = 100
BATCHES = 80
CLIENTS = 4
_WARM_UP = 2
"""Batches of each client before the clock runs."""
_SOURCE = "https://example.com/bench"


@dataclass(frozen=True)
class Measured:
    """Events that were accepted."""

    events: int
    clients: int
    seconds: float


def batch(number: int, moment: datetime) -> bytes:
    """Return a batch of events with ids of its own, half of them with data."""
    events = []
    for place in range(BATCH):
        event = {
            "specversion": "1.0",
            "id": f"{number}-{place}",
            "source": _SOURCE,
            "type": USAGE,
            "time": moment.isoformat().replace("+00:00", "Z"),
        }
        if place % 2:
            event |= {"type": TOKENS, "data": {"value": f"{place}.25", "model": ("small", "large")[place % 4 // 2]}}
        events.append(event)
    return json.dumps(events, separators=(",", ":")).encode()


def measure(batches: int, clients: int) -> Measured:
    """Send so many batches from so many clients at once; a process can do it once.

    Raises:
        BenchError: an event was not accepted, or is no row in the end.
    """
    with EmbeddedAws() as aws:
        outputs = World.deploy(aws).outputs
        bodies = [batch(number, datetime.now(UTC)) for number in range(batches + clients * _WARM_UP)]
        with signed_in(outputs, ["bench"], 1, "bench") as [user], ThreadPoolExecutor(clients) as threads:
            pool = urllib3.PoolManager(maxsize=clients, block=True, retries=False, timeout=60)

            def send(body: bytes) -> None:
                _send(pool, outputs, user.id_token, body)

            list(threads.map(send, bodies[batches:]))
            started = time.perf_counter()
            list(threads.map(send, bodies[:batches]))
            seconds = time.perf_counter() - started
        aws.firehose.flush(timeout=120)
        found = Lake(outputs).count_events([_SOURCE], datetime.now(UTC))
        if (found.rows, found.distinct_keys) != (BATCH * len(bodies), BATCH * len(bodies)):
            raise BenchError(f"events must be {BATCH * len(bodies)} rows, each once, are {found}")
    return Measured(BATCH * batches, clients, seconds)


def _send(pool: urllib3.PoolManager, outputs: StackOutputs, token: str, body: bytes) -> None:
    headers = {"Authorization": token, "Content-Type": "application/cloudevents-batch+json"}
    answer = pool.request("POST", f"{outputs.rest_api_url}/events", body=body, headers=headers)
    accepted = answer.json().get("accepted")
    if (answer.status, accepted) != (202, BATCH):
        raise BenchError(f"all of a batch must be accepted, got {answer.status} {answer.data.decode()[:200]}")


def main(arguments: list[str] | None = None) -> None:
    """Print the events that are accepted in a second."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.events_bench", description=__doc__)
    parser.add_argument("--batches", type=int, default=BATCHES, help=f"default {BATCHES}")
    parser.add_argument("--clients", type=int, default=CLIENTS, help=f"default {CLIENTS}")
    asked = parser.parse_args(arguments)
    one = measure(asked.batches, asked.clients)
    sys.stdout.write(
        f"POST /events: {one.events / one.seconds:,.0f} events/s accepted "
        f"({one.events:,} events in batches of {BATCH}, {one.clients} clients, {one.seconds:.1f} s)\n"
    )


if __name__ == "__main__":
    main()
