"""Measure how long `GET /usage` takes to answer while the table of requests has few rows and while it has many.

Run by `make bench`. Each size has a deployment in a process of its own, with usage rolled up; both stand side by side,
and rounds of requests go to one and the other in turn, so that a slow moment of the machine meets both alike.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection

import urllib3

from embedded_aws.server import EmbeddedAws
from tests.bench.billing_world import BenchError
from tests.bench.usage_world import PERIOD, TENANT, TENANTS, UsageWorld
from tools.people import signed_in

ROWS = (10_000, 1_000_000)
ROUNDS = 31
REQUESTS = 20
"""In a round, to each size."""
MOST_RATIO = 1.2
"""What the medians may differ by: the answer comes from a small item, whatever the size of the table."""
_READY_SECONDS = 900
_END_SECONDS = 60


@dataclass(frozen=True)
class Served:
    """A deployment that answers."""

    url: str
    token: str


@dataclass(frozen=True)
class Measured:
    """Seconds of every request, round by round."""

    rows: int
    rounds: Sequence[Sequence[float]]

    @property
    def median(self) -> float:
        """Of all requests."""
        return statistics.median(seconds for one in self.rounds for seconds in one)

    @property
    def p99(self) -> float:
        """What 99 of 100 requests do not exceed."""
        ordered = sorted(seconds for one in self.rounds for seconds in one)
        return ordered[-(-len(ordered) * 99 // 100) - 1]


def ratio(few: Measured, many: Measured) -> float:
    """Return how much longer answers take with many rows: the median of the rounds' ratios of medians."""
    pairs = zip(few.rounds, many.rounds, strict=True)
    return statistics.median(statistics.median(second) / statistics.median(first) for first, second in pairs)


def serve(rows: int, connection: Connection) -> None:
    """Deploy, fill the table, roll usage up, and answer until the other end says that it is enough."""
    with EmbeddedAws() as aws:
        world = UsageWorld.deploy(aws)
        world.fill(rows)
        world.roll_up()
        with signed_in(world.outputs, [TENANT], 1, "bench") as [user]:
            connection.send(Served(f"{world.outputs.rest_api_url}/usage?period={PERIOD}", user.id_token))
            connection.recv()


@contextmanager
def served(rows: int) -> Iterator[Served]:
    """Have a deployment with so many rows in a process of its own."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(rows, theirs))
    process.start()
    theirs.close()
    try:
        if not ours.poll(_READY_SECONDS):
            raise BenchError(f"a deployment with {rows:,} rows must answer within {_READY_SECONDS} s, does not")
        yield ours.recv()
        ours.send(None)
    finally:
        process.join(_END_SECONDS)
        process.kill()


def measure(sizes: Sequence[int], rounds: int) -> list[Measured]:
    """Ask deployments of all sizes in turn."""
    with ExitStack() as stack:
        asks = [_asker(stack.enter_context(served(rows)), rows) for rows in sizes]
        seconds: list[list[list[float]]] = [[] for _ in sizes]
        for ask in asks:
            _round(ask)
        for number in range(rounds):
            for place in sorted(range(len(sizes)), reverse=number % 2 == 1):
                seconds[place].append(_round(asks[place]))
    return [Measured(rows, found) for rows, found in zip(sizes, seconds, strict=True)]


def _round(ask: Callable[[], None]) -> list[float]:
    found = []
    for _ in range(REQUESTS):
        started = time.perf_counter()
        ask()
        found.append(time.perf_counter() - started)
    return found


def _asker(server: Served, rows: int) -> Callable[[], None]:
    pool = urllib3.PoolManager(maxsize=1, retries=False, timeout=60)
    headers = {"Authorization": server.token}

    def ask() -> None:
        answer = pool.request("GET", server.url, headers=headers)
        if answer.status != 200:
            raise BenchError(f"GET /usage must answer 200, got {answer.status} {answer.data.decode()[:200]}")

    content = pool.request("GET", server.url, headers=headers).json()
    quantities = {meter["meter"]: meter["quantity"] for meter in content["meters"]}
    if quantities["api_calls"] != str(rows // TENANTS):
        raise BenchError(f"usage must be {rows // TENANTS} calls, is {quantities['api_calls']}")
    return ask


def main(arguments: list[str] | None = None) -> None:
    """Print medians, 99th percentiles and the ratio.

    Raises:
        SystemExit: answers take longer with more rows.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.bench.usage_bench", description=__doc__)
    parser.add_argument("--rows", type=int, nargs=2, default=ROWS, metavar=("FEW", "MANY"))
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"default {ROUNDS}")
    asked = parser.parse_args(arguments)
    few, many = measure(asked.rows, asked.rounds)
    for one in (few, many):
        sys.stdout.write(
            f"GET /usage with {one.rows:,} rows: p50 {one.median * 1e3:.1f} ms, p99 {one.p99 * 1e3:.1f} ms\n"
        )
    found = ratio(few, many)
    sys.stdout.write(f"GET /usage {many.rows:,}/{few.rows:,} rows ratio {found:.2f}\n")
    if found > MOST_RATIO:
        raise SystemExit(f"GET /usage must not grow with the table: ratio at most {MOST_RATIO}, is {found:.2f}")


if __name__ == "__main__":
    main()
