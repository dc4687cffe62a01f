"""The page: letterhead, parties, facts, what is due, lines, totals, notes."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from invoicing.html import words
from invoicing.html.style import STYLE
from invoicing.html.tables import adjustments_table, lines_table, totals_table
from invoicing.html.tags import NOTHING, Html, join, tag
from invoicing.money import negated

_SETTINGS = ((8, None), (12, "dense"))
_CLOSEST = "dense tight"
"""Most rows of a page -> how it is set: the more there are, the closer, so that a usual invoice is one sheet."""

_SHORT = 12
"""Digits of a digest; the whole of it is in the JSON document."""

_TITLES = {"invoice": "Invoice", "credit_note": "Credit note"}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def to_html(document: Mapping[str, Any]) -> bytes:
    """Return a document as a page of HTML 5, UTF-8: for the screen, and on A4 for paper."""
    title = _TITLES[document["kind"]]
    name = document["number"] or f"draft {document['period']['id']}"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"{title} {name}"),
        tag("style", Html(STYLE)),
    )
    body = tag(
        "body",
        tag("div", "DRAFT", class_="watermark", aria_hidden="true") if document["status"] == "draft" else NOTHING,
        _letterhead(document, title),
        _parties(document),
        _due(document),
        tag(
            "main",
            lines_table(document),
            *(adjustments_table(adjustment, document) for adjustment in document["adjustments"]),
            tag("div", tag("div", _notes(document)), totals_table(document), class_="end"),
        ),
        _footer(document),
        class_=_setting(document),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n".encode()


def _setting(document: Mapping[str, Any]) -> str | None:
    rows = len(document["lines"]) + len({line["segment"] for line in document["lines"]})
    rows += sum(len(adjustment["lines"]) + 2 for adjustment in document["adjustments"])
    return next((setting for most, setting in _SETTINGS if rows <= most), _CLOSEST)


def _letterhead(document: Mapping[str, Any], title: str) -> Html:
    draft = document["status"] == "draft"
    badge = tag("span", "Draft", class_="badge") if draft else NOTHING
    below = words.month(document["period"]["id"]) if draft else document["number"]
    seller = document["seller"]["legal_name"] if document["seller"] else "Seller not stated yet"
    return tag(
        "header",
        tag("div", tag("p", seller, class_="seller")),
        tag("div", tag("h1", badge, title), tag("p", below), class_="title"),
    )


def _parties(document: Mapping[str, Any]) -> Html:
    credited = document["credits"]
    facts = [
        ("For invoice", credited and credited["number"]),
        ("Issued on", document["issue_date"] and words.day(document["issue_date"])),
        ("Due on", document["due_date"] and words.day(document["due_date"])),
        ("Period", words.days(document["period"]["start"], document["period"]["end"])),
        ("Account", document["tenant_id"]),
        ("Revision", str(document["revision"]) if document["revision"] > 1 else None),
    ]
    listed = [join(tag("dt", name), tag("dd", value)) for name, value in facts if value is not None]
    return tag(
        "section",
        tag("div", tag("h2", "Billed to"), _party(document["customer"], "Customer not stated yet")),
        tag("div", tag("h2", "From"), _party(document["seller"], "Seller not stated yet")),
        tag("div", tag("h2", "Details"), tag("dl", *listed, class_="facts")),
        class_="parties",
    )


def _party(party: Mapping[str, Any] | None, unknown: str) -> Html:
    if party is None:
        return tag("p", unknown, class_="soft")
    rows = [tag("p", line) for line in party["address"]]
    rows += [tag("p", f"Tax ID {party['tax_id']}", class_="soft")] if party["tax_id"] else []
    rows += [tag("p", party["email"], class_="soft")] if party["email"] else []
    return join(tag("p", tag("strong", party["legal_name"])), *rows)


def _due(document: Mapping[str, Any]) -> Html:
    """Return the one figure that most readers look for."""
    total = Decimal(document["total"])
    shown = document["total"]
    if document["kind"] == "credit_note":
        label, shown = f"Credited for invoice {document['credits']['number']}", negated(shown)
    elif document["status"] == "draft":
        label = "Total so far; it changes until the invoice is issued"
    elif total > 0:
        label = f"Due on {words.day(document['due_date'])}"
    elif total == 0:
        label = "Nothing to pay"
    else:
        label, shown = "In your favour", negated(shown)
    amount = f"{document['currency']} {words.number(shown)}"
    return tag("section", tag("span", label), tag("strong", amount), class_="due")


def _notes(document: Mapping[str, Any]) -> Html:
    notes: list[str] = []
    if document["credits"]:
        credited = document["credits"]
        issued = words.day(credited["issue_date"])
        notes.append(f"Takes back the whole of invoice {credited['number']} of {issued}. Reason: {credited['reason']}")
    if document["reverse_charge"]:
        notes.append(document["reverse_charge"]["note"])
    if document["due_date"] and Decimal(document["total"]) > 0:
        terms = document["payment_terms_days"]
        notes.append("Payable at once." if terms == 0 else f"Payable within {terms} days of the date of issue.")
    return join(*(tag("p", note, class_="note") for note in notes))


def _footer(document: Mapping[str, Any]) -> Html:
    rows = sum(document["evidence"]["rows_per_day"].values())
    cutoff = words.moment(document["cutoff"])
    counted = (
        f"Months are counted in UTC. {rows:,} usage records that arrived before {cutoff} are billed; what arrives later"
        f" is billed as an adjustment. Reconciliation: {document['reconciliation']}."
    )
    digests = f"Evidence {document['evidence']['digest'][:_SHORT]} · Catalog {document['catalog'][:_SHORT]}"
    notes = [
        "Lines exclude tax. Each is rounded once, half away from zero; its steps are shown unrounded.",
        counted,
        digests,
    ]
    return tag("footer", *(part for note in notes for part in (tag("p", note), " ")))
