"""The operator's path, against the embedded AWS or a deployed stack: what is missing, put again, corrected, accepted.

PYTHONPATH=lambda_src python -m tools.operate <command>; `--help` lists the commands, `make operate ARGS="<command>"` is
the same. What changes something is a dry run without --apply, and an item in the table of actions with it.
"""

import sys
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from zipfile import BadZipFile

from botocore.exceptions import BotoCoreError, ClientError

from billing.config import ConfigError
from billing.dynamo import BusyError
from billing.lake import QueryError
from rating.failure import TermsError
from tools.command.options import find_outputs
from tools.command.output import Output
from tools.command.program import carry_out
from tools.operate.arguments import parser
from tools.operate.commands import correcting, explaining, putting, watching
from tools.operate.putting import StreamRefusesError
from tools.operate.reconcile import ReconcileError
from tools.operate.stack import CodeError, OperatorStack

Command = Callable[[OperatorStack, Namespace, Output], int]
"""Carries a command out; returns the exit code."""

COMMANDS: Mapping[str, Command] = {
    "status": watching.show_status,
    "reconcile": watching.reconcile_hours,
    "hours": watching.list_hours,
    "accept": correcting.accept_hours,
    "explain": explaining.explain_usage,
    "actions": watching.list_actions,
    "replay": putting.replay_errors,
    "set-aside": putting.set_objects_aside,
    "backfill": putting.backfill_file,
    "void": correcting.void,
    "unvoid": correcting.unvoid,
}

_REFUSED = (
    ValueError,  # ours that name what is wrong: options, sources, reasons, hours, lines, outputs, settings
    OSError,
    ConfigError,
    QueryError,
    BusyError,
    TermsError,
    StreamRefusesError,
    ReconcileError,
    CodeError,
    BadZipFile,
    BotoCoreError,
    ClientError,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry one command out.

    Returns:
        0 if it is done, 1 if it is done and found something wrong, 2 if it could not be done, 130 after Ctrl-C,
        141 if whoever reads what it prints has enough.
    """
    told = parser(__doc__ or "").parse_args(arguments)
    return carry_out(
        lambda out: COMMANDS[told.command](open_stack(told.outputs, told.stack, told.at, told.as_caller), told, out),
        _REFUSED,
        as_json=told.json,
    )


def open_stack(outputs: Path | None, stack: str | None, at: datetime | None, as_caller: bool) -> OperatorStack:
    """Reach a stack; arguments as of `find_outputs` and `OperatorStack`."""
    return OperatorStack(find_outputs(outputs, stack), at, as_caller=as_caller)


if __name__ == "__main__":
    sys.exit(main())
