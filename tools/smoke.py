"""`make smoke`: does a deployed stack do its job? Traffic, rows, failures, a dry run of billing, and their balance."""

import argparse
import sys
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.markup import escape

from tools import check, dry_bills, event_balance, interrupt
from tools.billing.runs import RunError
from tools.billing.stack import BillingStack
from tools.lake import QueryFailedError
from tools.malformed import NotAcceptedError
from tools.outputs import OutputsError, StackOutputs

MARGIN_SECONDS = 300
"""Beyond the stream's own buffers: retries of the transform, Iceberg's commit, Athena."""


def main() -> int:
    """Run the smoke test.

    Returns:
        0 if everything adds up, 1 if not, 2 if it could not be run, 130 if Ctrl-C stopped it.
    """
    arguments = _arguments()
    interrupt.install()
    console = Console()
    try:
        check.can_send(arguments.requests)
        outputs = (
            StackOutputs.from_file(arguments.outputs) if arguments.outputs else StackOutputs.from_stack(arguments.stack)
        )
        deadline = delivery_seconds(outputs) + MARGIN_SECONDS
        console.print(
            f"{outputs.rest_api_url}: buffers hold rows back; waiting up to {deadline:.0f} s after the last request"
        )
        plan = check.Plan(
            requests=arguments.requests,
            users_per_tenant=2,
            whole_table=False,
            warm_up_seconds=90,
            deadline_seconds=deadline,
            bill=lambda _: dry_bills.bill(outputs, console),
            event_types=event_balance.sendable(BillingStack(outputs).catalog),
        )
        return 0 if check.run(outputs, plan, console) else 1
    except (
        OutputsError,
        NotAcceptedError,
        QueryFailedError,
        RunError,
        BotoCoreError,
        ClientError,
        ValueError,
    ) as error:
        console.print(f"[bold red]error:[/] {escape(str(error))}", highlight=False)
        return 2
    except KeyboardInterrupt:
        console.print("stopped")
        return 130


def delivery_seconds(outputs: StackOutputs) -> float:
    """Tell how long the stream's configured buffers may hold a record: the transform's and the table's."""
    firehose: Any = outputs.session().client("firehose")
    stream = firehose.describe_delivery_stream(DeliveryStreamName=outputs.delivery_stream_name)
    [destination] = stream["DeliveryStreamDescription"]["Destinations"]
    iceberg = destination["IcebergDestinationDescription"]
    parameters = {
        parameter["ParameterName"]: parameter["ParameterValue"]
        for processor in iceberg["ProcessingConfiguration"]["Processors"]
        for parameter in processor["Parameters"]
    }
    # AWS leaves out what equals its default, which is 60 s for the transform's buffer.
    return float(parameters.get("BufferIntervalInSeconds", 60)) + float(iceberg["BufferingHints"]["IntervalInSeconds"])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make smoke", description=__doc__)
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--stack", help="a stack of this project, asked through pulumi's CLI")
    source.add_argument("--outputs", type=Path, help="a JSON file with the stack's outputs")
    parser.add_argument("--requests", type=int, default=200, help="how many requests to send (default 200)")
    arguments = parser.parse_args()
    if not arguments.stack and not arguments.outputs:
        parser.error("say which stack: STACK=<name> or OUTPUTS=<file> (--stack, --outputs)")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
