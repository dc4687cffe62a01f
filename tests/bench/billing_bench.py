"""Measure billing end to end in the embedded AWS: aggregate, rate and write the drafts of few and of many tenants.

Run by `make bench`. Each size has a deployment of its own, whose functions are warm; what is measured begins with the
call of the planner and ends when the queue is empty and no function runs.
"""

import argparse
import sys
from dataclasses import dataclass

from embedded_aws.server import EmbeddedAws
from tests.bench.apart import each_apart
from tests.bench.billing_world import World

TENANTS = (1_000, 10_000)


@dataclass(frozen=True)
class Measured:
    """A draft run of so many tenants."""

    tenants: int
    seconds: float
    planner_mb: float
    """The most memory that the planner's process held."""
    worker_mb: float
    """The most that any of the workers' processes held."""

    @property
    def per_tenant(self) -> float:
        """Seconds for each tenant."""
        return self.seconds / self.tenants


def measure(tenants: int) -> Measured:
    """Run the program with so many tenants; a process can do it once."""
    with EmbeddedAws() as aws:
        world = World.deploy(aws)
        world.add(tenants)
        world.warm_up()
        seconds = world.draft()
        world.check(tenants)
        functions = (world.outputs.billing_planner_function_name, world.worker)
        peaks = (max(process.peak_mb for process in world.processes(name)) for name in functions)
        return Measured(tenants, seconds, *peaks)


def main(arguments: list[str] | None = None) -> None:
    """Print the ratio of the seconds per tenant, and the functions' memory."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.billing_bench", description=__doc__)
    parser.add_argument(
        "--tenants", type=int, nargs=2, default=TENANTS, metavar=("FEW", "MANY"), help="default 1000 10000"
    )
    few, many = each_apart(measure, parser.parse_args(arguments).tenants)
    for one in (few, many):
        sys.stdout.write(
            f"billing of {one.tenants:,} tenants: {one.tenants / one.seconds:,.1f} tenants/s, "
            f"planner {one.planner_mb:.0f} MB, worker {one.worker_mb:.0f} MB\n"
        )
    seconds = ", ".join(f"{one.tenants:,} tenants {one.seconds:.1f} s" for one in (many, few))
    sys.stdout.write(f"billing/tenant ratio {many.per_tenant / few.per_tenant:.2f} ({seconds})\n")


if __name__ == "__main__":
    main()
