"""What came of a run, as plain values."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from tools.balance import BalanceLine
from tools.chaos.expected import Difference
from tools.chaos.keys import Compared
from tools.chaos.repair import Repaired


@dataclass(frozen=True)
class FaultResult:
    """What became of one fault.

    Attributes:
        name, kind, where: of the plan.
        at: when it began, by the embedded clock.
        lasted: until it ended.
        struck: how often; None if nobody counts that.
        seen_by: the alarm that saw it first, or what else told of it; empty if nothing did.
        seen_after: since it began; None if nothing did.
        over_after: from its end until that alarm was over; None if it was not, or if no alarm saw it.
    """

    name: str
    kind: str
    where: str
    at: datetime
    lasted: timedelta
    struck: int | None
    seen_by: str
    seen_after: timedelta | None
    over_after: timedelta | None


@dataclass(frozen=True)
class Results:
    """What came of a run.

    Attributes:
        seed, requests, rounds: of the plan.
        most_faults_at_once: at most so many were active together.
        answered: requests, events' retries among them.
        statuses: of the answers, by HTTP status.
        events: usage events accepted.
        rate: requests answered per second of sending.
        seconds: that the run took.
        peak_mib: memory of the embedded AWS.
        faults: in the order in which they began.
        checks: figures that must be equal.
        keys, event_keys: what was answered beside the rows.
        differences: of bills.
        duplicates: rows that the reconciliation explains as second deliveries.
        invoices: how many final invoices there are, or drafts.
        reconciliation: what they say of it, each text once.
        repaired: what the operator did.
        whole_after: from the repair until every alarm was over; None if one is not.
    """

    seed: int
    requests: int
    rounds: int
    most_faults_at_once: int
    answered: int
    statuses: dict[str, int]
    events: int
    rate: float
    seconds: float
    peak_mib: int
    faults: Sequence[FaultResult]
    checks: Sequence[BalanceLine]
    keys: Compared
    event_keys: Compared
    differences: Sequence[Difference]
    duplicates: int
    invoices: str
    reconciliation: Sequence[str]
    repaired: Repaired
    whole_after: timedelta | None

    @property
    def hold(self) -> bool:
        """Whether everything is as it must be."""
        return all(check.holds for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        """Give them as JSON values; spans of time are seconds."""
        checks = [{**asdict(check), "holds": check.holds} for check in self.checks]
        plain: dict[str, Any] = _plain({**asdict(self), "checks": checks, "hold": self.hold})
        return plain


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {str(key): _plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
        case timedelta():
            return value.total_seconds()
        case datetime():
            return value.isoformat()
        case int() | str() | float() | None:
            return value
        case _:
            return str(value)
