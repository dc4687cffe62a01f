"""The operator's commands for billing, against the embedded AWS or a deployed stack.

PYTHONPATH=lambda_src python -m tools.billing <command>; `--help` lists the commands, `make billing ARGS="<command>"` is
the same.
"""

import sys
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence

from botocore.exceptions import BotoCoreError, ClientError

from billing.catalogs import CatalogChangedError
from billing.config import ConfigError
from billing.documents import BusyObjectError, DocumentConflictError, MissingObjectError
from billing.dynamo import BusyError
from billing.events import PublishError
from billing.lake import QueryError
from rating.failure import TermsError, UsageError
from tools.billing import invoices, letters, review, runs, tenants
from tools.billing.arguments import parser
from tools.billing.stack import BillingStack, open_stack
from tools.command.output import Output
from tools.command.program import carry_out

Command = Callable[[BillingStack, Namespace, Output], int]
"""Carries a command out; returns the exit code."""

COMMANDS: Mapping[str, Command] = {
    "tenant add": tenants.add,
    "tenant show": tenants.show,
    "customer set": tenants.set_customer,
    "subscription set": tenants.set_subscription,
    "subscription end": tenants.end_subscription,
    "subscription list": tenants.list_subscriptions,
    "run": runs.run,
    "dead-letters": letters.dead_letters,
    "hold": review.hold,
    "release": review.release,
    "holds": review.list_holds,
    "invoices": invoices.list_invoices,
    "show": invoices.show,
    "void": invoices.void,
    "verify": invoices.verify,
}

_REFUSED = (
    ValueError,  # ours that name what is wrong: accounts, holds, forms, documents, outputs, settings
    OSError,
    TermsError,
    UsageError,
    ConfigError,
    QueryError,
    BusyError,
    BusyObjectError,
    DocumentConflictError,
    MissingObjectError,
    CatalogChangedError,
    PublishError,
    runs.RunError,
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
        lambda out: COMMANDS[told.command](open_stack(told.outputs, told.stack, told.at), told, out),
        _REFUSED,
        as_json=told.json,
    )


if __name__ == "__main__":
    sys.exit(main())
