"""The bills as they must be, computed by the rating library from what the clients counted. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from rating.account import Subscription
from rating.bill import Bill, Quantity, SegmentUsage, rate_bill
from rating.catalog import Catalog, Meter
from rating.exact import to_text
from rating.period import Period
from rating.terms import segments_of
from tools.balance import BalanceLine
from tools.chaos.tally import Usage
from tools.usage_events import TOKENS, USAGE

Document = Mapping[str, Any]


class UnknownMeterError(ValueError):
    """The catalog has a meter of which the clients do not know what it counts; the message names it."""


@dataclass(frozen=True)
class Difference:
    """A line of a bill that is not as it must be."""

    tenant: str
    line: str
    expected: str
    found: str


def expected_bill(catalog: Catalog, period: Period, subscriptions: Iterable[Subscription], usage: Usage) -> Bill:
    """Return the bill of a tenant whose usage lies in one segment of the period: its only one.

    Raises:
        UnknownMeterError: a meter counts what clients do not.
        ValueError: the period has several segments.
    """
    [segment] = segments_of(catalog, subscriptions, period)
    quantities = {name: _quantity(name, meter, usage) for name, meter in catalog.meters.items()}
    measured = SegmentUsage(usage.calls + usage.events + usage.token_events, quantities, {})
    return rate_bill(catalog, period, [segment], {segment.index: measured})


def differences(tenant: str, bill: Bill, document: Document | None) -> list[Difference]:
    """Compare a document with the bill as it must be, line by line and in total; nothing if they are the same."""
    if document is None:
        return [Difference(tenant, "bill", f"{bill.subtotal}", "no bill")]
    expected = {line.key: (to_text(line.line.quantity), to_text(line.line.amount)) for line in bill.lines}
    found = {line["key"]: (_plain(line["quantity"]), _plain(line["amount"])) for line in document["lines"]}
    different = [
        Difference(tenant, key, _shown(expected.get(key)), _shown(found.get(key)))
        for key in sorted(expected.keys() | found.keys())
        if expected.get(key) != found.get(key)
    ]
    if _plain(document["subtotal"]) != to_text(bill.subtotal):
        different.append(Difference(tenant, "subtotal", to_text(bill.subtotal), document["subtotal"]))
    if document["adjustments"]:
        different.append(Difference(tenant, "adjustments", "none", str(len(document["adjustments"]))))
    return different


def balance(differing: Iterable[Difference], bills: int) -> BalanceLine:
    """Lay the bills beside those that are as they must be."""
    wrong = {one.tenant for one in differing}
    return BalanceLine("bills", "tenants", bills, "with the bill that their clients counted", bills - len(wrong))


def _quantity(name: str, meter: Meter, usage: Usage) -> Quantity:
    conditions = [(one.column, one.operator, one.values) for one in meter.filters]
    billable = conditions == [("billable", "equals", (True,))]
    match meter.event_type, meter.aggregation, meter.value:
        case None, "count", _ if billable:
            return Quantity(Decimal(usage.calls), usage.calls)
        case None, "sum", "response_length" if billable:
            return Quantity(Decimal(usage.response_bytes), usage.calls)
        case None, "unique_count", "user" if billable:
            return Quantity(Decimal(len(usage.users)), usage.calls)
        case event_type, "count", _ if event_type == USAGE and not conditions:
            return Quantity(Decimal(usage.events), usage.events)
        case event_type, "sum", "data.value" if event_type == TOKENS and not conditions:
            return Quantity(Decimal(usage.tokens), usage.token_events)
    raise UnknownMeterError(f"meter {name}: the clients count no {meter.aggregation} of {meter.value} by its filters")


def _plain(text: str | None) -> str | None:
    return None if text is None else to_text(Decimal(text))


def _shown(line: tuple[str | None, str | None] | None) -> str:
    return "no such line" if line is None else f"quantity {line[0]}, amount {line[1]}"
