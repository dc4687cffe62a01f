"""The balance of usage events: what was sent against rows, refusals and error records, and rows against bills. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from metering.records import USAGE_EVENTS
from rating.catalog import Catalog, Meter
from tools.balance import BalanceLine
from tools.bills import Document
from tools.usage_events import API, OTHER_DATA, REJECTED, STREAM, TOKENS, USAGE, Sent


@dataclass(frozen=True)
class EventFigures:
    """What a run counted of usage events.

    Attributes:
        rows, distinct_keys: what the table has of them.
        failed: records in the error bucket.
    """

    rows: int = 0
    distinct_keys: int = 0
    failed: int = 0


@dataclass(frozen=True)
class EventMeter:
    """A meter whose quantity the rows can be asked for in one line of SQL: it counts a type's events, or adds a member.

    Attributes:
        member: of the data that is added up; None if the events are counted.
    """

    name: str
    event_type: str
    member: str | None


def rows_wanted(sent: Iterable[Sent]) -> int:
    """Tell how many rows the events must become: all good ones, duplicates too."""
    return sum(one.usage.is_good for one in sent)


def failures_wanted(sent: Iterable[Sent]) -> int:
    """Tell how many records must be put aside: the bad ones of the stream."""
    return sum(not one.usage.is_good and one.usage.way == STREAM for one in sent)


def balance(sent: Sequence[Sent], found: EventFigures) -> list[BalanceLine]:
    """Lay out the figures as pairs that must be equal; none if no events were sent."""
    if not sent:
        return []
    good = [one for one in sent if one.usage.is_good]
    keys = {one.usage.key for one in good}
    refused = [one for one in sent if not one.usage.is_good and one.usage.way == API]
    lines = [
        BalanceLine("events", "events accepted", len(keys), "distinct keys in usage_events", found.distinct_keys),
        BalanceLine(
            "events again",
            "events sent again",
            len(good) - len(keys),
            "rows beyond the keys",
            found.rows - found.distinct_keys,
        ),
        BalanceLine(
            "bad events",
            "bad events sent to the API",
            len(refused),
            "rejected",
            sum(one.outcome == REJECTED for one in refused),
        ),
        BalanceLine(
            "event answers",
            "events sent",
            len(sent),
            "answered as they should be",
            sum(one.as_it_should_be for one in sent),
        ),
    ]
    if bad := failures_wanted(sent):
        lines.insert(
            3, BalanceLine("event failures", "bad events on the stream", bad, "in the error bucket", found.failed)
        )
    return lines


def event_meters(catalog: Catalog) -> list[EventMeter]:
    """Return the meters that count all events of a type, or add up a member of their data."""
    return [
        EventMeter(name, meter.event_type, meter.value and meter.value.partition(".")[2])
        for name, meter in catalog.meters.items()
        if meter.table == USAGE_EVENTS.role
        and meter.event_type
        and meter.aggregation in {"count", "sum"}
        and not meter.filters
        and (meter.value is None or meter.value.startswith("data."))
    ]


def sendable(catalog: Catalog) -> frozenset[str]:
    """Return the types of a run's events whose meters ask for no more than they have, and for nothing negative."""
    rules: dict[str, list[Meter]] = {}
    for meter in catalog.meters.values():
        if meter.event_type:
            rules.setdefault(meter.event_type, []).append(meter)
    has = {USAGE: set[str](), TOKENS: {"value"}}
    return frozenset(
        event_type
        for event_type, members in has.items()
        if event_type in rules
        and {member for meter in rules[event_type] for member in meter.data_members} == members
        and not any(meter.allow_negative for meter in rules[event_type])
    )


Quantities = Mapping[tuple[str, str], Decimal]
"""Tenant and meter -> quantity."""


def billed(documents: Iterable[Document], meters: Iterable[EventMeter]) -> dict[tuple[str, str], Decimal]:
    """Return the quantities that bills of one month have, of the meters that they charge."""
    names = {meter.name for meter in meters}
    found: dict[tuple[str, str], Decimal] = {}
    for document in documents:
        for line in document["lines"]:
            if line["meter"] in names:
                key = document["tenant_id"], line["meter"]
                found[key] = found.get(key, Decimal(0)) + Decimal(line["quantity"] or 0)
    return found


def quantities(rows: Quantities, bills: Quantities) -> list[BalanceLine]:
    """Lay out the table's quantities beside those of the bills that charge them."""
    return [
        BalanceLine(
            "event billing",
            f"{meter} of {tenant}",
            rows.get((tenant, meter), Decimal(0)),
            "billed",
            quantity,
        )
        for (tenant, meter), quantity in sorted(bills.items())
        if quantity or rows.get((tenant, meter))
    ]


def differing(sent: Iterable[Sent], documents: Iterable[Document]) -> BalanceLine:
    """Lay out the duplicates that had other data beside what the bills tell of them."""
    told = sum(document["evidence"].get("differing_duplicates", 0) for document in documents)
    return BalanceLine(
        "differing duplicates",
        OTHER_DATA,
        sum(one.usage.kind == OTHER_DATA for one in sent),
        "told by the bills",
        told,
    )


def so_far(documents: Iterable[Document], answers: Mapping[str, Mapping[str, Any]]) -> list[BalanceLine]:
    """Lay out the drafts' totals beside what `GET /usage` says that the month costs so far.

    Args:
        documents: drafts of the month.
        answers: of GET /usage, by tenant.
    """
    lines = []
    for document in documents:
        if (answer := answers.get(document["tenant_id"])) is not None:
            bill = answer["bill"] or {"currency": "", "total": "0"}
            name = f"{document['tenant_id']}'s draft, {document['currency']}"
            found = f"GET /usage, {bill['currency']}"
            lines.append(BalanceLine("so far", name, Decimal(document["total"]), found, Decimal(bill["total"])))
    return lines
