"""What is billed for a period, after any sequence of late rows, voids and re-issues."""

import copy
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from invoicing.adjustments import adjustment_of, billed_elsewhere, billed_lines
from invoicing.document import finalized
from invoicing.tax import Tax
from rating.bill import Bill
from rating.period import Period
from tests.unit.invoicing.invoice_kit import (
    CUSTOMER,
    CUTOFF,
    ISSUED,
    NOVEMBER,
    OCTOBER,
    REVERSE_CHARGE,
    bill,
    draft,
    used,
)

DECEMBER = NOVEMBER.next


class Books:
    """All invoices of a tenant over three months, with rows that come late, voids and re-issues."""

    def __init__(self) -> None:
        self.usage = dict.fromkeys((OCTOBER, NOVEMBER, DECEMBER), 0)
        self.standing: list[dict[str, Any]] = []
        self.issued: list[tuple[dict[str, Any], dict[str, Any]]] = []

    def rerated(self, period: Period) -> Bill:
        calls = self.usage[period]
        return bill([used(calls, calls * 700), used(calls // 3)], period, changed=21)

    def own(self, period: Period) -> dict[str, Any] | None:
        return next((invoice for invoice in self.standing if invoice["period"]["id"] == str(period)), None)

    def issue(self, which: int, tax: str) -> None:
        """Issue one of the invoices that are missing, and correct with it every period that has one."""
        missing = [period for period in self.usage if self.own(period) is None]
        if not missing:
            return
        period = missing[which % len(missing)]
        found = [billed_elsewhere(period, self.standing)]
        for other in self.usage:
            if (own := self.own(other)) is not None:
                billed = billed_lines(other, reversed(self.standing))
                found.append(
                    adjustment_of(other, self.rerated(other), billed, Tax.from_json(own["tax"]), own["number"])
                )
        customer = REVERSE_CHARGE if tax == "reverse" else replace(CUSTOMER, tax_rate=Decimal(tax))
        made = draft(
            self.rerated(period),
            customer=customer,
            adjustments=[adjustment for adjustment in found if adjustment],
            cutoff=CUTOFF + timedelta(days=len(self.issued)),
        )
        invoice = finalized(made, f"INV-2026-{len(self.issued) + 1:06}", ISSUED)
        self.issued.append((invoice, copy.deepcopy(invoice)))
        self.standing.append(invoice)
        self.check()

    def void(self, which: int) -> None:
        if self.standing:
            del self.standing[which % len(self.standing)]

    def check(self) -> None:
        """Right after an invoice, every period that has one is billed what it is rated at, all under its own tax."""
        for period in self.usage:
            if (own := self.own(period)) is None:
                continue
            billed = billed_lines(period, self.standing)
            net = {(key, tax): amount for key, line in billed.items() for tax, amount in line.amounts.items() if amount}
            right = {
                (line.key, Tax.from_json(own["tax"])): line.line.amount
                for line in self.rerated(period).lines
                if line.line.amount
            }
            assert net == right


steps = st.one_of(
    st.tuples(st.just("rows"), st.integers(0, 2), st.integers(1, 4000)),
    st.tuples(st.just("void"), st.integers(0, 2), st.none()),
    st.tuples(st.just("issue"), st.integers(0, 2), st.sampled_from(["19", "7", "reverse"])),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(steps, max_size=8))
@example([("void", 0, None), ("issue", 0, "7"), ("void", 0, None), ("issue", 0, "19")])
def test_what_is_billed_is_always_what_the_period_is_rated_at(more: list[tuple[str, int, Any]]) -> None:
    books = Books()
    months = list(books.usage)
    begin = [("issue", 0, "19"), ("rows", 0, 2500), ("issue", 0, "19"), *more]
    for step, which, what in begin:
        if step == "rows":
            books.usage[months[which]] += what
        elif step == "void":
            books.void(which)
        else:
            books.issue(which, what)
    assert all(invoice == kept for invoice, kept in books.issued)
