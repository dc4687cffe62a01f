"""Verification: is a document what the table, counted again at its cutoff, and its own catalog make of it?"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from billing.moments import parse_moment
from invoicing.lines import line_json
from invoicing.tax import Tax, totals
from rating.bill import Bill, SegmentUsage, rate_bill
from rating.catalog import Catalog
from rating.exact import EXACT
from rating.period import Period
from rating.terms import Segment, parse_segments
from usage.evidence import Evidence
from usage.results import TenantUsage
from usage.spans import Span

Measure = Callable[[Catalog, Sequence[Span], datetime], TenantUsage | None]
"""A tenant's spans, measured by rows before the moment; None if there is none."""


@dataclass(frozen=True)
class Difference:
    """One thing that the document says and the table does not."""

    what: str
    document: str | None
    """As the document says it; None if it is not there."""
    table: str | None
    """As it was found; None if it is not there."""


@dataclass(frozen=True)
class Terms:
    """What a month of a tenant is rated by."""

    catalog: Catalog
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class Recount:
    """A month of a tenant, measured and rated again."""

    bill: Bill | None
    """None if nothing can be billed: no segment has terms."""
    evidence: Evidence


def recount(terms: Terms, tenant_id: str, period: Period, cutoff: datetime, measure: Measure) -> Recount:
    """Measure and rate a tenant's month again.

    Rows on days for which there are no terms are counted, too: there must be none.

    Args:
        terms: of the month.
        tenant_id: whose month it is.
        period: the month.
        cutoff: rows before it are counted.
        measure: asks the table.
    """
    indices, spans = _spans(terms.segments, tenant_id, period)
    found = measure(terms.catalog, spans, cutoff) or TenantUsage(tenant_id, {}, {})
    usage: dict[int, SegmentUsage] = {
        index: found.segments[place]
        for place, index in enumerate(indices)
        if index is not None and place in found.segments
    }
    bill = rate_bill(terms.catalog, period, terms.segments, usage) if terms.segments else None
    return Recount(bill, Evidence.total(found.evidence.values()))


def differences(
    document: Mapping[str, Any], now: Recount, adjusted: Mapping[Period, Recount]
) -> tuple[Difference, ...]:
    """Return all in which a document differs from what its month, and the months that it adjusts, are at its cutoff.

    Args:
        document: finalized or draft.
        now: its own month.
        adjusted: every month that it has a late-usage adjustment of.
    """
    return tuple(_differences(document, now, adjusted))


def terms_of(document: Mapping[str, Any], catalog: Catalog) -> Terms:
    """Return the terms that a document names, with its catalog."""
    return Terms(catalog, parse_segments(document["terms"]))


def cutoff_of(document: Mapping[str, Any]) -> datetime:
    """Return a document's cutoff."""
    return parse_moment(document["cutoff"], "cutoff")


def late_periods(document: Mapping[str, Any]) -> tuple[Period, ...]:
    """Return the months whose late usage a document bills."""
    found = (entry for entry in document["adjustments"] if entry["reason"] == "late_usage")
    return tuple(Period.parse(entry["period"]) for entry in found)


def _spans(segments: Sequence[Segment], tenant_id: str, period: Period) -> tuple[list[int | None], list[Span]]:
    """Return spans over all days of a period, and beside each the index of its segment; None for days without terms."""
    indices: list[int | None] = []
    spans: list[Span] = []

    def add(index: int | None, start: date, end: date) -> None:
        if start < end:
            spans.append(Span(tenant_id, len(spans), start, end))
            indices.append(index)

    day = period.first_day
    for segment in sorted(segments, key=lambda segment: segment.start):
        add(None, day, segment.start)
        add(segment.index, segment.start, segment.end)
        day = segment.end
    add(None, day, period.end_day)
    return indices, spans


def _differences(document: Mapping[str, Any], now: Recount, adjusted: Mapping[Period, Recount]) -> Iterator[Difference]:
    yield from _evidence("", document["evidence"], now.evidence)
    tax, exponent = Tax.from_json(document["tax"]), document["currency_exponent"]
    lines = {line.key: line_json(line, tax, exponent) for line in now.bill.lines} if now.bill else {}
    yield from _lines(document["lines"], lines)
    for adjustment in document["adjustments"]:
        period = Period.parse(adjustment["period"])
        if adjustment["reason"] == "late_usage":
            yield from _adjustment(adjustment, adjusted[period], exponent)
        for line in adjustment["lines"]:
            change = EXACT.subtract(Decimal(line["now"]["amount"]), Decimal(line["was"]["amount"]))
            yield from _unlike(f"{period} {line['key']}, change", line["amount"], f"{change:f}")
    every = [*document["lines"], *(line for entry in document["adjustments"] for line in entry["lines"])]
    sums = totals(((Tax.from_json(line["tax"]), Decimal(line["amount"])) for line in every), exponent)
    for name, value in sums.items():
        yield from _unlike(name, document[name], value)


def _evidence(where: str, claimed: Mapping[str, Any], found: Evidence) -> Iterator[Difference]:
    rows = found.to_json()
    for day in sorted(claimed["rows_per_day"].keys() | rows["rows_per_day"].keys()):
        yield from _unlike(f"{where}rows of {day}", claimed["rows_per_day"].get(day), rows["rows_per_day"].get(day))
    yield from _unlike(f"{where}digest of the rows' keys", claimed["digest"], rows["digest"])


def _lines(claimed: Sequence[Mapping[str, Any]], found: Mapping[str, Mapping[str, Any]]) -> Iterator[Difference]:
    by_key = {line["key"]: line for line in claimed}
    for key in sorted(by_key.keys() | found.keys()):
        theirs, ours = by_key.get(key, {}), found.get(key, {})
        for name in dict.fromkeys([*theirs, *ours]):
            yield from _unlike(f"{key}, {name}", theirs.get(name), ours.get(name))


def _adjustment(adjustment: Mapping[str, Any], found: Recount, exponent: int) -> Iterator[Difference]:
    period = adjustment["period"]
    if adjustment["evidence"] is not None:
        yield from _evidence(f"{period} ", adjustment["evidence"], found.evidence)
    right = {line.key: line_json(line, Tax(), exponent) for line in found.bill.lines} if found.bill else {}
    for line in adjustment["lines"]:
        if line["detail"] is None:
            continue  # it takes back what was billed under another tax: nothing of it is measured
        ours = right.get(line["key"], {})
        for name in ("quantity", "amount"):
            yield from _unlike(f"{period} {line['key']}, {name} now", line["now"][name], ours.get(name))


def _unlike(what: str, document: Any, table: Any) -> Iterator[Difference]:
    if document != table:
        yield Difference(what, _text(document), _text(table))


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
