"""`make local`: the deployed program on loopback, for any AWS SDK or CLI, until Ctrl-C."""

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.markup import escape

from embedded_aws.engine import EngineError
from embedded_aws.server import EmbeddedAws
from tools import interrupt
from tools.deployment import PROJECT, add_mode, deploy
from tools.outputs import StackOutputs
from tools.sample import Sample, SampleUser

OUTPUTS = PROJECT / ".local" / "outputs.json"
_POLL_SECONDS = 0.1


def main() -> int:
    """Serve until a signal ends it.

    Returns:
        0 after a stop that left nothing undelivered, 1 if records could not be delivered, 2 if it could not serve.
    """
    parser = argparse.ArgumentParser(prog="make local", description=__doc__)
    parser.add_argument("--port", type=int, default=4566, help="port on 127.0.0.1 (default 4566)")
    parser.add_argument("--outputs", type=Path, default=OUTPUTS, help="where to write the stack's outputs")
    parser.add_argument("--sample", action="store_true", help="let the ready user's tenant have usage and an invoice")
    add_mode(parser)
    arguments = parser.parse_args()
    port, outputs = arguments.port, arguments.outputs
    console = Console()
    stop = StopSignal()
    try:
        aws = EmbeddedAws(port)
    except (OSError, OverflowError) as error:
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
        console.print(f"[bold red]error:[/] 127.0.0.1:{port}: {reason}; choose another with PORT=", highlight=False)
        return 2
    outputs.unlink(missing_ok=True)  # not before the port is ours: they may be those of who has it
    try:
        with aws:
            exports = deploy(aws, console, arguments.mode)
            user = _ready_user(aws, exports, console, sample=arguments.sample)
            stop.serving = True
            with _published(outputs, exports):
                _tell(console, outputs, exports)
                _tell_portal(console, exports, user)
                stop.wait()
                console.print("stopping: Firehose delivers what it holds")
    except (EngineError, KeyboardInterrupt) as error:
        console.print(f"[bold red]error:[/] {error or 'stopped before it was deployed'}", highlight=False)
        return 2
    report = aws.firehose.report()
    console.print(
        f"Firehose: {report.received} records received, {report.rows} rows, "
        f"{report.error_records} in the error bucket, {report.undelivered} undelivered",
        highlight=False,
    )
    return 1 if report.undelivered else 0


@contextmanager
def _published(path: Path, exports: Mapping[str, Any]) -> Iterator[None]:
    """Hold the outputs file: whoever sees it sees all of it, and only while the server answers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".tmp")
    unfinished.write_text(json.dumps(exports, indent=2) + "\n", encoding="utf-8")
    unfinished.replace(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _tell(console: Console, path: Path, exports: Mapping[str, Any]) -> None:
    shown = os.path.relpath(path)
    console.print(f"\nserving on {exports['endpoint_url']}; Ctrl-C stops it", soft_wrap=True)
    console.print(f"outputs in {shown}", highlight=False, soft_wrap=True)
    console.print("any AWS SDK or CLI reaches it:", highlight=False)
    for name, value in (
        ("AWS_ENDPOINT_URL", exports["endpoint_url"]),
        ("AWS_REGION", exports["region"]),
        ("AWS_DEFAULT_REGION", exports["region"]),  # boto3 and the AWS CLI 1 know no other
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ):
        console.print(f"  export {name}={value}", highlight=False, soft_wrap=True)


def _ready_user(aws: EmbeddedAws, exports: Mapping[str, Any], console: Console, *, sample: bool) -> SampleUser | None:
    """Make a user for the portal, and with `sample` what there is to see; what cannot be had is told, and left out.

    Without it tables, months and numbers are those of a new stack: whoever tries something out counts on that.
    """
    user = None
    with console.status("a user for the portal" + (", and a sample of usage" if sample else "")):
        try:
            tenant = Sample(aws, StackOutputs.of(exports))
            user = tenant.add_user()
            if sample:
                tenant.live()
        except (RuntimeError, ValueError, BotoCoreError, ClientError) as error:
            console.print(f"[yellow]the sample is not complete:[/] {escape(str(error))}", highlight=False)
    return user


def _tell_portal(console: Console, exports: Mapping[str, Any], user: SampleUser | None) -> None:
    console.print(f"the customers' portal: {exports['portal_url']}", highlight=False, soft_wrap=True)
    if user:
        console.print(f"  sign in as {user.email}", highlight=False)
        console.print(f"  password   {escape(user.password)}", highlight=False)
        console.print("  what you call shows up every hour, or at once by `make billing ARGS=run`", highlight=False)


class StopSignal:
    """Ctrl-C and a termination: they interrupt until the stack is `serving`, then they end the wait, once.

    The wait polls a plain flag. An Event would not do: its lock may be held when the handler runs in the same thread,
    and a signal that another thread of the process takes does not wake a thread that waits for a lock.
    """

    def __init__(self) -> None:
        self.serving, self._arrived = False, False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
            signal.signal(number, self._handle)

    def wait(self) -> None:
        """Wait for the signal; those that follow it do not disturb the delivery of what is held."""
        while not self._arrived:
            time.sleep(_POLL_SECONDS)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self._arrived = True
        if not self.serving:
            interrupt.raise_when_safe(number, frame)


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    # All is delivered, ended and removed. The interpreter's own end would take seconds to free Pulumi's modules, and as
    # long as any thread of any library likes.
    os._exit(status)
