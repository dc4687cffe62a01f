"""Verification: is a document what the table, counted again at its cutoff, and its own catalog make of it?"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from billing.recount import Month, Recount, Recounter
from billing.store import Store
from invoicing.lines import line_json
from invoicing.tax import Tax, totals
from rating.exact import EXACT
from rating.period import Period
from rating.terms import Segment, parse_segments
from usage.evidence import Evidence

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Difference:
    """One thing that a document says and the table does not."""

    what: str
    document: str | None
    """As the document says it; None if it is not there."""
    table: str | None
    """As it was found; None if it is not there."""


class VerifyError(ValueError):
    """A document cannot be verified; the message names it and what is missing."""


class Verifier:
    """Verifies documents.

    Args:
        store: has the terms of the months that a document adjusts.
        recounter: counts again.
    """

    def __init__(self, store: Store, recounter: Recounter) -> None:
        self._store, self._recounter = store, recounter

    def verify(self, documents: Iterable[Document]) -> list[tuple[Document, tuple[Difference, ...]]]:
        """Return each document with all in which it differs from what is counted and rated again: nothing, if right.

        Args:
            documents: invoices or drafts, as of docs/invoice-v1.schema.json.

        Raises:
            VerifyError: a document is a credit note, or a month that it adjusts has no terms.
        """
        known = list(documents)
        months: dict[Month, tuple[Segment, ...]] = {}
        for document in known:
            if document["kind"] != "invoice":
                raise VerifyError(f"{document['number']}: must be an invoice, is a {document['kind']}")
            months[own_month(document)] = parse_segments(document["terms"])
            for period in late_periods(document):
                months |= self._adjusted(document, period)
        found = self._recounter.recount(months)
        answers = []
        for document in known:
            late = {period: found[next(iter(self._adjusted(document, period)))] for period in late_periods(document)}
            answers.append((document, tuple(differences(document, found[own_month(document)], late))))
        return answers

    def _adjusted(self, document: Document, period: Period) -> dict[Month, tuple[Segment, ...]]:
        """Return the month that a document adjusts, with its frozen terms."""
        head = self._store.head(document["tenant_id"], period)
        if head is None:
            raise VerifyError(f"{document['number']}: adjusts {period}, of which there is no bill with terms")
        month = Month(period, document["cutoff"], head.catalog, document["tenant_id"])
        return {month: parse_segments(head.segments)}


def own_month(document: Document) -> Month:
    """Return the month that a document bills, as of its cutoff and catalog."""
    period = Period.parse(document["period"]["id"])
    return Month(period, document["cutoff"], document["catalog"], document["tenant_id"])


def late_periods(document: Document) -> tuple[Period, ...]:
    """Return the months whose late usage a document bills."""
    found = (entry for entry in document["adjustments"] if entry["reason"] == "late_usage")
    return tuple(Period.parse(entry["period"]) for entry in found)


def differences(document: Document, now: Recount, adjusted: Mapping[Period, Recount]) -> Iterator[Difference]:
    """Yield all in which a document differs from its month, and the months that it adjusts, as they are counted again.

    Args:
        document: an invoice or a draft.
        now: its own month.
        adjusted: every month of `late_periods`.
    """
    yield from _evidence("", document["evidence"], now.evidence)
    tax, exponent = Tax.from_json(document["tax"]), document["currency_exponent"]
    lines = {line.key: line_json(line, tax, exponent) for line in now.bill.lines} if now.bill else {}
    yield from _lines(document["lines"], lines)
    for adjustment in document["adjustments"]:
        if adjustment["reason"] == "late_usage":
            yield from _adjustment(adjustment, adjusted[Period.parse(adjustment["period"])], exponent)
        for line in adjustment["lines"]:
            change = EXACT.subtract(Decimal(line["now"]["amount"]), Decimal(line["was"]["amount"]))
            yield from _unlike(f"{adjustment['period']} {line['key']}, change", line["amount"], f"{change:f}")
    every = [*document["lines"], *(line for entry in document["adjustments"] for line in entry["lines"])]
    sums = totals(((Tax.from_json(line["tax"]), Decimal(line["amount"])) for line in every), exponent)
    for name, value in sums.items():
        yield from _unlike(name, document[name], value)


def _evidence(where: str, claimed: Mapping[str, Any], found: Evidence) -> Iterator[Difference]:
    rows = found.to_json()
    for day in sorted(claimed["rows_per_day"].keys() | rows["rows_per_day"].keys()):
        yield from _unlike(f"{where}rows of {day}", claimed["rows_per_day"].get(day), rows["rows_per_day"].get(day))
    yield from _unlike(f"{where}digest of the rows' keys", claimed["digest"], rows["digest"])
    yield from _unlike(f"{where}differing duplicates", claimed.get("differing_duplicates", 0), found.differing)


def _lines(claimed: Sequence[Mapping[str, Any]], found: Mapping[str, Mapping[str, Any]]) -> Iterator[Difference]:
    by_key = {line["key"]: line for line in claimed}
    for key in sorted(by_key.keys() | found.keys()):
        theirs, ours = by_key.get(key, {}), found.get(key, {})
        for name in dict.fromkeys([*ours, *theirs]):
            yield from _unlike(f"{key}, {name}", theirs.get(name), ours.get(name))


def _adjustment(adjustment: Mapping[str, Any], found: Recount, exponent: int) -> Iterator[Difference]:
    period = adjustment["period"]
    if adjustment["evidence"] is not None:
        yield from _evidence(f"{period} ", adjustment["evidence"], found.evidence)
    right = {line.key: line_json(line, Tax(), exponent) for line in found.bill.lines} if found.bill else {}
    for line in adjustment["lines"]:
        if line["detail"] is None:
            continue  # it takes back what was billed under another tax: nothing of it is measured
        for name in ("quantity", "amount"):
            ours = right.get(line["key"], {}).get(name)
            yield from _unlike(f"{period} {line['key']}, {name} now", line["now"][name], ours)


def _unlike(what: str, document: Any, table: Any) -> Iterator[Difference]:
    if document != table:
        yield Difference(what, _text(document), _text(table))


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
