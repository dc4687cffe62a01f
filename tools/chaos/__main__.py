"""`make chaos`: many clients, a seeded plan of faults, and proof that nothing is missing and every bill is right."""

import argparse
import json
import sys
from pathlib import Path

from botocore.exceptions import ClientError
from rich.console import Console
from rich.markup import escape

from tools import interrupt
from tools.chaos import report
from tools.chaos.plan import make_plan
from tools.chaos.run import chaos
from tools.chaos.world import NotDeployedError

FEWEST = 500
"""Fewer requests have too few to a slot for every fault to strike."""


def main() -> int:
    """Run it.

    Returns:
        0 if everything is as it must be, 1 if not, 2 if it could not be run, 130 if Ctrl-C stopped it.
    """
    arguments = _arguments()
    interrupt.install()
    console = Console()
    plan = make_plan(arguments.requests, arguments.seed)
    try:
        with chaos(plan, console, final=not arguments.drafts) as run:
            results = run.go()
    except NotDeployedError as error:
        console.print(f"[bold red]error:[/] {escape(str(error))}", highlight=False)
        return 2
    except (RuntimeError, ValueError, ClientError) as error:  # a step failed that must work, faults or not
        console.print(f"[bold red]{type(error).__name__}:[/] {escape(str(error))}", highlight=False)
        return 1
    except KeyboardInterrupt:
        console.print("stopped")
        return 130
    console.print(report.faults(results), report.checks(results))
    for line in report.summary(results):
        console.print(line, highlight=False, soft_wrap=True)
    for example in (*results.keys.examples, *results.event_keys.examples):
        console.print(f"[red]{escape(example)}[/]", highlight=False)
    for difference in results.differences:
        told = f"{difference.tenant}, {difference.line}: must be {difference.expected}, is {difference.found}"
        console.print(f"[red]{escape(told)}[/]", highlight=False)
    if arguments.report:
        report.put(arguments.report, results)
    if arguments.json:
        arguments.json.write_text(json.dumps(results.to_json(), indent=2) + "\n")
    console.print("[green]nothing is missing[/]" if results.hold else "[bold red]something is wrong[/]")
    return 0 if results.hold else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000, help="how many requests to send (default 100000)")
    parser.add_argument("--seed", type=int, default=1, help="decides the plan of the faults (default 1)")
    parser.add_argument("--drafts", action="store_true", help="stop at drafts instead of living until bills are final")
    parser.add_argument("--report", type=Path, help="Markdown file whose section about such a run is written anew")
    parser.add_argument("--json", type=Path, help="file for all results as JSON")
    arguments = parser.parse_args()
    if arguments.requests < FEWEST:
        parser.error(f"--requests: at least {FEWEST}, got {arguments.requests}")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
