"""The demo's on-call: hours later, is anything missing? Reconciled, alarmed, explained and accepted."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from billing.moments import moment_text
from rating.period import Period
from tools.balance import BalanceLine
from tools.operate.hours import Hours, read_hours
from tools.operator import Operator

LATER = timedelta(hours=4, minutes=20)
"""By then what is not there is missing, and no longer under way."""
ALARMED = timedelta(minutes=6)
"""By then alarms have looked at what reconciliation told."""
REASON = "records that the demo broke on purpose"


def look_later(operator: Operator, since: datetime, deliver: Callable[[], object]) -> Sequence[BalanceLine]:
    """Let hours pass, and do what an on-call does: reconcile, look, accept what can never be a row.

    Args:
        operator: of the stack.
        since: time of the demo's first request.
        deliver: waits until the streams have delivered what they hold.

    Returns:
        What the gateway and the streams counted beside rows and failed records.
    """
    deliver()
    full = operator.embedded.now().replace(minute=0, second=0, microsecond=0)
    operator.embedded.set_clock(full + LATER)
    operator.tell("hours later: has every request, and every event, become a row?")
    first = since.replace(minute=0, second=0, microsecond=0)
    within = f"--from {moment_text(first)} --to {moment_text(full + timedelta(hours=1))}"
    operator.operate(f"reconcile {within}", finds=True)
    operator.embedded.set_clock(full + LATER + ALARMED)
    operator.embedded.evaluate_alarms()
    operator.operate("status", finds=True)
    operator.operate("replay")
    for source in ("api-requests", "usage-events"):
        for period in sorted({Period.of(first), Period.of(full)}):
            operator.operate(f"accept --source {source} --period {period} --apply --reason '{REASON}'", quiet=True)
    operator.operate("hours --open")
    return balance(operator)


def balance(operator: Operator) -> list[BalanceLine]:
    """Lay what the gateway and the streams counted beside rows and failed records, over all reconciled hours."""
    lines = []
    for source in ("api-requests", "usage-events"):
        sums: Counter[str] = Counter()
        for item in read_hours(operator.on_call, Hours(source)):
            sums.update({name: int(number) for name, number in item["figures"].items()})
        found = sums["rows"] + sums["failed"] + sums["replayed"]
        lines.append(
            BalanceLine("stream", f"{source} on the stream", sums["incoming"], "rows and failed records", found)
        )
        if source == "api-requests":
            counted = f"{source} counted by the gateway"
            lines.append(BalanceLine("gateway", counted, sums["counted"], "their rows", sums["source_keys"]))
    return lines
