"""The operator of a demo: types commands, lets time pass, fires the schedules."""

import io
import shlex
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from rating.period import Period
from tools.billing import sheet
from tools.billing.__main__ import COMMANDS
from tools.billing.arguments import parser
from tools.billing.stack import BillingStack
from tools.command.output import Output
from tools.embedded import Embedded
from tools.operate import __main__ as operate
from tools.operate import arguments as operate_arguments
from tools.operate.stack import OperatorStack
from tools.outputs import StackOutputs

SETTLE_SECONDS = 120
_NIGHT = timedelta(hours=4, minutes=20)
"""Time of the reconciliation that looks at whole months."""


class CommandFailedError(RuntimeError):
    """A command of the demo did not do what it is there to show."""


class Operator:
    """Whoever runs the billing of a stack in the embedded AWS.

    Args:
        outputs: of the stack.
        console: to print on.
        folder: where pages of invoices are saved.
    """

    def __init__(self, outputs: StackOutputs, console: Console, folder: Path) -> None:
        self.stack = BillingStack(outputs)
        self.on_call = OperatorStack(outputs)
        self.embedded = Embedded(outputs.endpoint_url)
        self._schedule = f"{outputs.billing_schedule_group_name}/{outputs.billing_schedule_name}"
        self._console, self._folder, self._parser = console, folder, parser("")
        self._operate_parser = operate_arguments.parser("")

    def tell(self, what: str) -> None:
        """Print what happens."""
        self._console.print(f"[bold]{what}[/]\n", highlight=False, soft_wrap=True)

    def do(self, command: str, *, quiet: bool = False) -> None:
        """Type a command and show what it answers; with `quiet`, only the command.

        Raises:
            CommandFailedError: it found something wrong.
        """
        arguments = self._parser.parse_args(shlex.split(command))
        out = self._typed(f"billing {command}", quiet=quiet)
        if COMMANDS[arguments.command](self.stack, arguments, out):
            raise CommandFailedError(f"{command}: found something wrong")

    def operate(self, command: str, *, quiet: bool = False, finds: bool = False) -> None:
        """Type one of the on-call's commands; with `finds` it is there to find something wrong.

        Raises:
            CommandFailedError: it found something wrong, or with `finds` nothing.
        """
        arguments = self._operate_parser.parse_args(shlex.split(command))
        out = self._typed(f"operate {command}", quiet=quiet)
        if bool(operate.COMMANDS[arguments.command](self.on_call, arguments, out)) is not finds:
            raise CommandFailedError(f"{command}: found {'nothing' if finds else 'something'} wrong")

    def _typed(self, command: str, *, quiet: bool) -> Output:
        self._console.print(f"[cyan]$ {command}[/]", highlight=False, soft_wrap=True)
        return Output(Console(file=io.StringIO()) if quiet else self._console)

    def reconcile_before(self, at: datetime) -> None:
        """Have the last run before a moment that reconciles the whole month that is over, which 04 UTC's does.

        Args:
            at: the moment.
        """
        night = (at - _NIGHT).replace(hour=0, minute=0, second=0, microsecond=0) + _NIGHT
        outputs = self.stack.outputs
        name = f"{outputs.reconciliation_schedule_group_name}/{outputs.reconciliation_schedule_name}"
        with self._console.status(f"reconciling at {night:%Y-%m-%d %H:%M} UTC"):
            self.embedded.fire(name, night)
            self.embedded.settle(SETTLE_SECONDS)

    def bill(self, at: datetime) -> None:
        """Have the schedule start billing, and wait until all is done.

        Args:
            at: the scheduled time; a moment that no cron expression has to name.
        """
        with self._console.status(f"billing at {at:%Y-%m-%d %H:%M} UTC"):
            self.embedded.fire(self._schedule, at)
            self.embedded.settle(SETTLE_SECONDS)

    def roll_up(self, at: datetime) -> None:
        """Have the schedule sum up each tenant's usage, and wait until all is done.

        Args:
            at: the scheduled time.
        """
        outputs = self.stack.outputs
        self.embedded.fire(f"{outputs.billing_schedule_group_name}/{outputs.billing_rollup_schedule_name}", at)
        self.embedded.settle(SETTLE_SECONDS)

    def bills(self, period: Period, tenants: list[str]) -> list[dict[str, Any]]:
        """Return the tenants' bills of a month, in order, whatever their state; a tenant without one is left out."""
        heads = self.stack.store.heads(tenants, period)
        stems = [heads[tenant].location for tenant in tenants if tenant in heads]
        return [self.stack.documents.document(stem) for stem in stems if stem]

    def show_bills(self, period: Period, tenants: list[str]) -> None:
        """Show the tenants' bills of a month, each as a table and the path of its page."""
        heads = self.stack.store.heads(tenants, period)
        for tenant in tenants:
            if tenant not in heads or (stem := heads[tenant].location) is None:
                continue
            content = self.stack.documents.document(stem)
            self._console.print(sheet.document(content))
            self._folder.mkdir(parents=True, exist_ok=True)
            page = self._folder / f"{content['number'] or f'draft-{period}-{tenant}'}.html"
            page.write_bytes(self.stack.documents.read(f"{stem}.html"))
            self._console.print(f" {_short(page)}\n", highlight=False, soft_wrap=True)


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
