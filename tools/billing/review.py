"""Commands for the review before sending: holds."""

from argparse import Namespace

from billing import holds
from billing.moments import moment_text
from billing.records import Hold
from tools.billing.sheet import listing
from tools.billing.stack import BillingStack
from tools.command.output import Output


def hold(stack: BillingStack, arguments: Namespace, out: Output) -> int:
    """Keep drafts from being finalized."""
    subject = _subject(arguments)
    new = Hold(subject, stack.who, arguments.reason, moment_text(stack.at))
    holds.hold(stack.store, new)
    out.show(f"{holds.told_subject(subject)}: on hold{_warning(stack, arguments)}", vars(new))
    return 0


def release(stack: BillingStack, arguments: Namespace, out: Output) -> int:
    """Lift a hold."""
    lifted = holds.release(stack.store, _subject(arguments))
    told = (
        f"{holds.told_subject(lifted.subject)}: released; was on hold since {lifted.at} by {lifted.by}: {lifted.reason}"
    )
    out.show(told, vars(lifted))
    return 0


def list_holds(stack: BillingStack, _: Namespace, out: Output) -> int:
    """List the holds."""
    found = list(holds.holds(stack.store))
    rows = [(holds.told_subject(one.subject), one.at, one.by, one.reason) for one in found]
    out.show(listing("Holds", ("on", "since", "by", "reason"), rows), [vars(one) for one in found])
    return 0


def _warning(stack: BillingStack, arguments: Namespace) -> str:
    """Return what makes a hold a likely mistake; one on a tenant that is yet to come is none."""
    if arguments.period:
        closed = [one.period for one in stack.store.periods() if one.state == "closed"]
        return "; it is finalized already, nothing of it is left to hold" if arguments.period in closed else ""
    if stack.store.account(arguments.tenant) or stack.store.tenant(arguments.tenant).heads:
        return ""
    return "; no such tenant is known yet, neither by an account nor by a bill"


def _subject(arguments: Namespace) -> str:
    if (arguments.tenant is None) == (arguments.period is None):
        raise holds.HoldError("hold, release: name either a tenant or a --period, one of them")
    return holds.subject_of(arguments.period or arguments.tenant)
