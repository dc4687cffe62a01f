"""Billed calls beside billable rows. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from rating.catalog import Catalog
from tools.balance import BalanceLine

Document = Mapping[str, Any]


class NoCallsMeterError(ValueError):
    """The catalog has no meter by which calls could be compared with rows."""


def calls_meter(catalog: Catalog) -> str:
    """Return the name of the meter that counts all billable requests, and nothing else.

    Raises:
        NoCallsMeterError: there is none.
    """
    for name, meter in catalog.meters.items():
        conditions = [(one.column, one.operator, one.values) for one in meter.filters]
        if meter.aggregation == "count" and conditions == [("billable", "equals", (True,))]:
            return name
    raise NoCallsMeterError("the catalog has no meter that counts where billable is true: bills say nothing of calls")


def billed_calls(documents: Iterable[Document], meter: str) -> dict[tuple[str, str], int]:
    """Count the calls that documents bill, by month and tenant: their own lines, and what their adjustments add.

    Args:
        documents: invoices that stand, and drafts.
        meter: that counts calls.
    """
    calls: Counter[tuple[str, str]] = Counter()
    for document in documents:
        tenant = document["tenant_id"]
        for line in document["lines"]:
            if line["meter"] == meter:
                calls[document["period"]["id"], tenant] += _whole(line["quantity"])
        for adjustment in document["adjustments"]:
            for line in adjustment["lines"]:
                if line["meter"] == meter:
                    change = _whole(line["now"]["quantity"]) - _whole(line["was"]["quantity"])
                    calls[adjustment["period"], tenant] += change
    return dict(sorted(calls.items()))


def balance(rows: Mapping[tuple[str, str], int], calls: Mapping[tuple[str, str], int]) -> list[BalanceLine]:
    """Lay out billable rows and billed calls, by month and tenant and in total, as pairs that must be equal."""
    months = {month for month, _ in rows.keys() | calls.keys()}
    lines = []
    for month, tenant in sorted(rows.keys() | calls.keys()):
        name = tenant if len(months) == 1 else f"{tenant} in {month}"
        expected, found = rows.get((month, tenant), 0), calls.get((month, tenant), 0)
        if expected or found:
            lines.append(BalanceLine("billing", f"billable rows of {name}", expected, "calls billed", found))
    total = BalanceLine("billing", "billable rows", sum(rows.values()), "calls billed", sum(calls.values()))
    return [*lines, total]


def _whole(quantity: str | None) -> int:
    return int(Decimal(quantity or 0))
