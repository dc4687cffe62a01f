"""`make demo`: the main job in the embedded AWS, from an empty account to invoices that add up."""

import argparse
import json
import sys
import time
from pathlib import Path

import urllib3
from rich.console import Console
from rich.markup import escape

from embedded_aws.engine import EngineError
from embedded_aws.server import EmbeddedAws
from tools import check, demo_bills, demo_operations, event_balance, interrupt, months
from tools.deployment import PROJECT, add_mode, deploy
from tools.malformed import NotAcceptedError
from tools.operator import CommandFailedError, Operator
from tools.outputs import StackOutputs
from tools.people import User
from tools.usage_view import UsageViewError

INVOICES = PROJECT / ".local" / "invoices"


def main() -> int:
    """Run the demo.

    Returns:
        0 if everything adds up, 1 if not, 2 if it could not be run, 130 if Ctrl-C stopped it.
    """
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--requests", type=int, default=200, help="how many requests to send (default 200)")
    parser.add_argument("--months", type=int, choices=(1, months.MONTHS), default=1, help="how many months to live")
    add_mode(parser)
    parser.add_argument("--invoices", type=Path, default=INVOICES, help="folder for the invoices' pages")
    arguments = parser.parse_args()
    try:
        check.can_send(arguments.requests)
    except ValueError as error:
        parser.error(str(error))
    interrupt.install()
    console = Console()
    started = time.monotonic()
    try:
        holds = _run(arguments, console)
    except (EngineError, CommandFailedError, NotAcceptedError, UsageViewError) as error:
        console.print(f"[bold red]error:[/] {escape(str(error))}", highlight=False)
        return 2
    except KeyboardInterrupt:
        console.print("stopped")
        return 130
    verdict = "[green]everything adds up[/]" if holds else "[bold red]it does not add up[/]"
    console.print(f"{verdict} after {time.monotonic() - started:.0f} s")
    return 0 if holds else 1


def _run(arguments: argparse.Namespace, console: Console) -> bool:
    with EmbeddedAws() as aws:
        outputs = StackOutputs.of(deploy(aws, console, arguments.mode))
        operator = Operator(outputs, console, arguments.invoices)
        if arguments.months > 1:
            return months.run(aws, operator, console)
        since = aws.clock.now()
        plan = check.Plan(
            requests=arguments.requests,
            users_per_tenant=3,
            whole_table=True,
            warm_up_seconds=0,
            deadline_seconds=60,
            expired=lambda user: expired_token(aws.url, user),
            bill=lambda sent: [
                *demo_bills.bill_this_month(operator, sent),
                *demo_operations.look_later(operator, since, lambda: aws.firehose.flush(timeout=60)),
            ],
            event_types=event_balance.sendable(operator.stack.catalog),
            events_on_stream=True,
        )
        holds = check.run(outputs, plan, console)
        portal = f"the customers' portal was at {outputs.portal_url}; `make local` keeps one running"
        console.print(portal, highlight=False, soft_wrap=True)
        return holds


def expired_token(endpoint_url: str, user: User) -> str:
    """Have the embedded AWS issue an expired ID token like a user's own; AWS has no such call.

    Cognito's shortest validity is five minutes, and the program's client is not bent for a demo.
    """
    answer = urllib3.request(
        "POST", f"{endpoint_url}/_embedded/cognito/expired-token", body=json.dumps({"IdToken": user.id_token})
    )
    token: str = answer.json()["IdToken"]
    return token


if __name__ == "__main__":
    sys.exit(main())
