"""What the billing commands take, and how their texts are read."""

import argparse
from collections.abc import Callable
from pathlib import Path

from billing.inputs import LONGEST_TENANT_ID, is_fit_for_keys
from rating.account import is_email
from rating.exact import show
from tools.command.options import common
from tools.command.texts import day, moment, percentage, period, some_text

Add = Callable[[str, str], argparse.ArgumentParser]
"""Name of a command, such as `tenant add`, and what it does -> its parser."""

_GROUPS = {
    "tenant": "add, show: whom to bill",
    "customer": "set: the customer's data on bills to come",
    "subscription": "set, end, list: who is on which plan",
}


def parser(about: str) -> argparse.ArgumentParser:
    """Make the parser; `command` of what it parses is the command's name.

    Args:
        about: what the program is for.
    """
    root = argparse.ArgumentParser(prog="python -m tools.billing", description=about)
    commands = root.add_subparsers(required=True, metavar="command")
    groups: dict[str, argparse._SubParsersAction[argparse.ArgumentParser]] = {"": commands}
    options = common()

    def add(name: str, about: str) -> argparse.ArgumentParser:
        group, _, verb = name.rpartition(" ")
        if group not in groups:
            under = commands.add_parser(group, help=_GROUPS[group])
            groups[group] = under.add_subparsers(required=True, metavar="command")
        made = groups[group].add_parser(
            verb, help=about, description=f"{about[0].upper()}{about[1:]}.", parents=[options]
        )
        made.set_defaults(command=name)
        return made

    _tenants(add)
    _runs(add)
    _review(add)
    _invoices(add)
    return root


def _tenants(add: Add) -> None:
    tenant = add("tenant add", "create a tenant's billing data and its first user; repeat it if it broke off")
    tenant.add_argument("tenant", type=new_tenant)
    tenant.add_argument(
        "--email", type=email, required=True, help="the first user's address, and the invoices' without another"
    )
    tenant.add_argument("--no-invitation", action="store_true", help="let Cognito send no message to the user")
    _customer(tenant, "--billing-email")
    tenant = add("tenant show", "show a tenant's billing data, subscriptions and hold")
    tenant.add_argument("tenant", type=some_text)
    customer = add("customer set", "change the customer's data on bills to come; what is not named stays")
    customer.add_argument("tenant", type=some_text)
    _customer(customer, "--email")
    subscription = add("subscription set", "put a tenant on a plan from a day on; the plan that runs then ends there")
    subscription.add_argument("tenant", type=some_text)
    subscription.add_argument("plan")
    subscription.add_argument("--start", type=day, required=True, help="first day, UTC, such as 2026-11-01")
    subscription.add_argument("--end", type=day, help="the day after the last (default: open end)")
    end = add("subscription end", "leave a tenant without a plan of its own from a day on; what is planned is gone")
    end.add_argument("tenant", type=some_text)
    end.add_argument("--on", type=day, required=True, help="the first day without, UTC")
    add("subscription list", "list who is on which plan").add_argument(
        "tenants", nargs="*", type=some_text, metavar="tenant"
    )


def _customer(command: argparse.ArgumentParser, email: str) -> None:
    command.add_argument("--legal-name")
    command.add_argument("--address", action="append", metavar="LINE", help="one line of the address; repeat it")
    command.add_argument("--tax-id")
    command.add_argument("--country", help="two letters, such as DE")
    command.add_argument(email, dest="billing_email", help="where invoices go")
    tax = command.add_mutually_exclusive_group()
    tax.add_argument("--tax-rate", type=percentage, help="per cent, such as 19")
    tax.add_argument("--reverse-charge", action="store_true", help="the customer owes the tax: no tax is billed")


def _runs(add: Add) -> None:
    run = add("run", "run billing now and wait for its bills")
    run.add_argument("--as-of", type=moment, help="bill as if it were this time (default: the command's time)")
    run.add_argument("--dry-run", action="store_true", help="write nothing; show the bills that would be written")
    run.add_argument(
        "--tenant", action="append", type=some_text, metavar="TENANT", help="draft only this one; repeat it"
    )
    run.add_argument("--period", type=period, help="draft only this month, such as 2026-10")
    run.add_argument("--timeout", type=float, default=900, metavar="SECONDS", help="how long to wait (default 900)")
    add("dead-letters", "show what waits on the dead-letter queue, and why; changes nothing")


def _review(add: Add) -> None:
    for verb, about in (
        ("hold", "keep the drafts of a tenant or of a month from being finalized"),
        ("release", "lift a hold; the next run finalizes what is due"),
    ):
        command = add(verb, about)
        command.add_argument("tenant", nargs="?", type=some_text)
        command.add_argument("--period", type=period, help="hold a month of all tenants, such as 2026-10")
        if verb == "hold":
            command.add_argument("--reason", type=some_text, required=True)
    add("holds", "list the holds")


def _invoices(add: Add) -> None:
    invoices = add("invoices", "list bills, invoices and credit notes")
    invoices.add_argument("tenants", nargs="*", type=some_text, metavar="tenant")
    invoices.add_argument("--period", type=period, help="of this month only")
    show = add("show", "show one document")
    show.add_argument("document", nargs="+", metavar="NUMBER | TENANT PERIOD")
    show.add_argument("--html", type=Path, metavar="FILE", help="save its HTML page")
    void = add("void", "declare an invoice void and issue its credit note; repeat it if it broke off")
    void.add_argument("number")
    void.add_argument("--reason", type=some_text, required=True)
    void.add_argument("--reissue", action="store_true", help="bill the month again at the next run")
    verify = add("verify", "compute invoices anew from the table and tell what differs")
    verify.add_argument("number", nargs="*", metavar="NUMBER")
    verify.add_argument("--period", type=period, help="every invoice of this month")


def new_tenant(text: str) -> str:
    """Read the id of a tenant that is to be.

    Raises:
        argparse.ArgumentTypeError: bills cannot be kept under it, or nobody could type it again.
    """
    if not is_fit_for_keys(text):
        raise argparse.ArgumentTypeError(f"must have 1 to {LONGEST_TENANT_ID} bytes, got {len(text.encode())}")
    if not text.isprintable() or text != text.strip():
        raise argparse.ArgumentTypeError(f"must be printable, without blanks at its ends, got {show(text)}")
    return text


def email(text: str) -> str:
    """Read an e-mail address.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    if not is_email(text):
        raise argparse.ArgumentTypeError(f"must be an e-mail address, got {show(text)}")
    return text
