"""Measure how much memory planner, workers and rollup hold with more and more tenants, and how long they compute.

For every size the usage of all tenants is rolled up; the planner plans a draft run of them out of Athena's answer;
workers rate some of its batches; a worker numbers a final run with a candidate for each tenant. Not part of `make
bench`: the largest size takes about an hour, nearly all of it the embedded AWS's own.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from billing.chunks import in_chunks
from billing.inputs import TENANTS_PER_BATCH
from billing.records import Attempt, Candidate, FinalRun
from billing.rollup_store import UsageItems
from billing.store import shard_of
from billing.tasks import Task
from embedded_aws.server import EmbeddedAws
from tests.bench.apart import each_apart
from tests.bench.billing_world import AS_OF, PERIOD, SAMPLE, BenchError, Process, World, tenant_id

TENANTS = (100, 10_000, 100_000)
BATCHES = 40
"""How many of the planner's batches are rated at most."""
RUN, ATTEMPT = f"final-{PERIOD.previous}", "attempt"
"""The run that is numbered."""
_POLL_SECONDS = 0.1
_GRACE_SECONDS = 2
"""A worker takes a task off the queue within this time."""


@dataclass(frozen=True)
class Measured:
    """What functions held, in MB, and how long they computed, in seconds, with so many tenants."""

    tenants: int
    rollup: Process
    planner: Process
    rating: Process
    """Its seconds are those of a batch."""
    numbering: Process


def measure(tenants: int) -> Measured:
    """Run planner and workers with so many tenants; a process can do it once."""
    with EmbeddedAws() as aws:
        world = World.deploy(aws)
        world.add(tenants)
        work(world, enabled=False)
        return Measured(tenants, _roll_up(world, tenants), _plan(world), _rate(world), _number(world, tenants))


def _roll_up(world: World, tenants: int) -> Process:
    function = world.outputs.billing_rollup_function_name
    event = json.dumps({"as_of": AS_OF, "period": str(PERIOD)}).encode()
    world.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=event)
    world.settle()
    items = UsageItems(world.client("dynamodb"), world.outputs.usage_table_name)
    for number in range(0, tenants, max(1, tenants // SAMPLE)):
        item = items.get(tenant_id(number), PERIOD)
        if item is None or item.as_of != AS_OF:
            raise BenchError(f"usage of {tenant_id(number)} must be rolled up, is {item}")
    return max(world.processes(function), key=lambda process: process.seconds)  # the hourly schedule may call another


def _plan(world: World) -> Process:
    world.start()
    world.settle()
    [process] = world.processes(world.outputs.billing_planner_function_name)
    return process


def _rate(world: World) -> Process:
    messages = _messages(world)
    work(world, enabled=True)
    while _messages(world) > max(0, messages - BATCHES):
        time.sleep(_POLL_SECONDS)
    work(world, enabled=False)
    world.settle()
    processes = world.processes(world.worker)
    done = messages - _messages(world)
    return Process(max(one.peak_mb for one in processes), sum(one.seconds for one in processes) / done)


def _number(world: World, tenants: int) -> Process:
    world.client("sqs").purge_queue(QueueUrl=_queue(world))
    _write_candidates(world, tenants)
    before = sum(process.seconds for process in world.processes(world.worker))
    world.stack.parts.tasks.send([Task("number", RUN, ATTEMPT)])
    work(world, enabled=True)
    time.sleep(_GRACE_SECONDS)  # some of the tasks that the numbering sends out may be taken, and fail
    work(world, enabled=False)
    world.settle()
    lock = world.stack.parts.runs.final()
    if lock is None or lock.block is None or lock.block["count"] != tenants:
        raise BenchError(f"run {RUN} must have {tenants} numbers, is {lock}")
    processes = world.processes(world.worker)
    return Process(max(one.peak_mb for one in processes), sum(one.seconds for one in processes) - before)


def work(world: World, *, enabled: bool) -> None:
    """Let workers take tasks off the queue, or keep them from it."""
    functions = world.client("lambda")
    for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=enabled)


def _write_candidates(world: World, tenants: int) -> None:
    """Write a final run whose batches are all rated, with candidates that are to be issued."""
    table = world.stack.store.invoices
    batches = frozenset(range(-(-tenants // TENANTS_PER_BATCH)))
    lock = FinalRun(RUN, PERIOD.previous, AS_OF, AS_OF, f"{AS_OF}#{PERIOD.previous}", "rating")
    progress = Attempt(RUN, ATTEMPT, "rate", len(batches), done=batches)
    for record in (lock, progress):
        table.put({name: set(value) if name == "done" else value for name, value in record.to_item().items()})
    for some in in_chunks(_candidates(tenants), 25):
        requests = [{"PutRequest": {"Item": table.putting(item)["Put"]["Item"]}} for item in some]
        world.client("dynamodb").batch_write_item(RequestItems={table.name: requests})


def _candidates(tenants: int) -> Iterator[dict[str, Any]]:
    for number in range(tenants):
        tenant = tenant_id(number)
        location = f"run/{RUN}/{ATTEMPT}/candidate/{tenant}.json"
        yield Candidate(RUN, ATTEMPT, shard_of(tenant), tenant, "issue", 1, location=location).to_item()


def _messages(world: World) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = world.client("sqs").get_queue_attributes(QueueUrl=_queue(world), AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)


def _queue(world: World) -> str:
    url: str = world.client("sqs").get_queue_url(QueueName=world.outputs.billing_queue_name)["QueueUrl"]
    return url


def main(arguments: list[str] | None = None) -> None:
    """Print a line for each size."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.billing_memory", description=__doc__)
    parser.add_argument("--tenants", type=int, nargs="+", default=TENANTS, help="sizes; default 100 10000 100000")
    sizes = parser.parse_args(arguments).tenants
    for one in each_apart(measure, sizes):
        told = {"rollup": one.rollup, "planner": one.planner, "a batch": one.rating, "numbering": one.numbering}
        figures = (f"{name} {process.peak_mb:.0f} MB {process.seconds:.1f} s" for name, process in told.items())
        sys.stdout.write(f"{one.tenants:,} tenants: {', '.join(figures)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
