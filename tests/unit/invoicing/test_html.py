"""A document as a page."""

# ruff: noqa: RUF001 - real minus and multiplication signs, and dashes

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from invoicing.adjustments import billed_elsewhere
from invoicing.document import credit_note
from invoicing.html.tags import Html, join, tag
from invoicing.render import to_html
from tests.unit.invoicing.invoice_kit import CUSTOMER, ISSUED, OCTOBER, adjusted, bill, draft, final, used

HOSTILE = "<script>alert(1)</script>&\"'"


class Page(HTMLParser):
    """What a page consists of."""

    def __init__(self, document: dict[str, Any]) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.rows: list[list[str]] = []
        self.feed(to_html(document).decode())
        assert self.open == []

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((name, dict(attributes)))
        if name != "meta":
            self.open.append(name)
        if name == "tr":
            self.rows.append([])
        if name in {"td", "th"}:
            self.rows[-1].append("")

    def handle_endtag(self, name: str) -> None:
        assert self.open.pop() == name

    def handle_data(self, data: str) -> None:
        if "style" in self.open:
            return
        self.words.append(data.strip())
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data

    @property
    def text(self) -> str:
        return " ".join(word for word in self.words if word)


def test_a_page_needs_nothing_from_elsewhere_and_has_no_script() -> None:
    page = Page(adjusted())
    names = {name for name, _ in page.tags}
    assert not names & {"script", "link", "img", "iframe", "object", "embed", "base", "form", "svg", "a"}
    attributes = {key for _, given in page.tags for key in given}
    assert attributes <= {"lang", "class", "charset", "http-equiv", "content", "name", "scope", "colspan"}
    text = to_html(adjusted()).decode()
    assert "url(" not in text
    assert "@import" not in text
    assert (
        "meta",
        {"http-equiv": "Content-Security-Policy", "content": "default-src 'none'; style-src 'unsafe-inline'"},
    ) in page.tags


def test_a_page_can_be_read_aloud() -> None:
    page = Page(adjusted())
    assert page.tags[0] == ("html", {"lang": "en"})
    headings = [name for name, _ in page.tags if re.fullmatch("h[1-6]", name)]
    assert headings == ["h1", "h2", "h2", "h2"]
    assert {given.get("scope") for name, given in page.tags if name == "th"} == {"col", "row", "rowgroup"}
    tables = sum(given.get("class") == "lines" for _, given in page.tags)
    assert (tables, sum(name == "caption" for name, _ in page.tags)) == (2, 2)


def test_everything_is_escaped() -> None:
    hostile = replace(CUSTOMER, legal_name=HOSTILE, address=(HOSTILE,), tax_id=HOSTILE, email=f"{HOSTILE}@x")
    document = final(
        customer=hostile,
        seller={"legal_name": HOSTILE, "address": [HOSTILE], "tax_id": HOSTILE, "email": HOSTILE},
        tenant_id=HOSTILE,
        reconciliation=HOSTILE,
    )
    for line in document["lines"]:
        line["description"] = line["unit"] = HOSTILE
        line["groups"] = [{"dimensions": {HOSTILE: HOSTILE}, "quantity": "1", "events": 1}]
    document["terms"][0] |= {"plan": HOSTILE, "version": HOSTILE}
    note = credit_note(document, HOSTILE, ISSUED, HOSTILE)
    for hostile_page in (document, note):
        assert b"<script" not in to_html(hostile_page)
        assert HOSTILE in Page(hostile_page).text


def test_a_page_shows_an_invoice() -> None:
    page = Page(final(of=bill([used(3500, 2_500_000, 4), used(100)], changed=16)))
    assert [row for row in page.rows if len(row) > 1] == [
        ["Description", "Quantity", "Unit", "Unit price", "Amount (USD)"],
        ["Team: monthly fee", "1", "month", "", "23.71"],
        ["API calls", "3,500", "call", "by tier", "2.61"],
        ["Data transfer", "2,500,000", "byte", "0.000002", "5.00"],
        ["Active users", "4", "user", "2", "7.20"],
        ["Scale: monthly fee", "1", "month", "", "51.10"],
        ["API calls", "100", "call", "by tier", "0.00"],
        ["Data transfer", "0", "byte", "by tier", "0.52"],
        ["Active users", "0", "user", "2", "0.00"],
        ["Scale: rest of the minimum commitment", "1", "month", "", "206.44"],
        ["Subtotal", "296.58"],
        ["Tax 19 % on 296.58", "56.35"],
        ["Total USD", "352.93"],
    ]
    assert [[step.strip() for step in row[0].split("·")] for row in page.rows if len(row) == 1] == [
        ["Plan team", "version v1", "1–15 October 2026"],
        ["15 of 31 days: amount 49 → 23.709677419355"],
        [
            "15 of 31 days: tier 1 up to 2,000 → 967.741935483871",
            "tier 2 up to 10,000 → 4,838.709677419355",
            "free units 1,000 → 483.870967741935 3,500 − 483.870967741935 free = 3,016.129032258065",
            "tier 1: 967.741935483871 × 0.001 = 0.967741935483871",
            "tier 2: 2,048.387096774194 × 0.0008 = 1.6387096774193552",
            "together 2.6064516129032262 by http_method: GET 2,800",
            "POST 700",
        ],
        [
            "15 of 31 days: tier 1 up to 1,000,000 → 483,870.967741935484",
            "tier 1 flat amount 1 → 0.483870967742 tier 2: 2,500,000 × 0.000002 = 5",
        ],
        ["4 × 2 = 8", "10 % discount: −0.8", "together 7.2"],
        ["Plan scale", "version v1", "16–31 October 2026"],
        ["16 of 31 days: amount 99 → 51.096774193548"],
        [
            "16 of 31 days: tier 1 up to 2,000 → 1,032.258064516129",
            "tier 2 up to 10,000 → 5,161.290322580645",
            "free units 1,000 → 516.129032258065 100 − 100 free = 0",
            "tier 1: 0 × 0.001 = 0 by http_method: GET 80",
            "POST 20",
        ],
        [
            "16 of 31 days: tier 1 up to 1,000,000 → 516,129.032258064516",
            "tier 1 flat amount 1 → 0.516129032258 tier 1: flat 0.516129032258",
        ],
        [
            "16 of 31 days: minimum commitment 500 → 258.064516129032 flat 258.064516129032",
            "51.62 charged above: −51.62",
            "together 206.444516129032",
        ],
    ]
    for words_of in (
        "Invoice INV-2026-000001 Meterworks Ltd Invoice INV-2026-000001 Billed to",
        "Billed to Blue Harbour GmbH Elbchaussee 12 22765 Hamburg Germany Tax ID DE123456789",
        "From Meterworks Ltd 1 Harbour Street Dublin 2 Ireland Tax ID IE1234567T billing@meterworks.example",
        "Issued on 4 November 2026 Due on 18 November 2026 Period 1–31 October 2026 Account blue-harbour",
        "Due on 18 November 2026 USD 352.93",
        "Payable within 14 days of the date of issue.",
        "3,500 usage records that arrived before 3 November 2026, 06:00 UTC are billed",
        "Reconciliation: balanced. Evidence 5f5f5f5f5f5f · Catalog",
    ):
        assert words_of in page.text


def test_a_page_shows_adjustments_and_the_tax_of_each_line() -> None:
    page = Page(adjusted())
    assert [row for row in page.rows if len(row) > 4][-2:] == [
        ["Description", "Quantity was", "Billed", "Quantity is", "Correct", "Tax", "Difference (USD)"],
        ["API calls from 1 October 2026", "3,500", "2.40", "3,750", "2.60", "reverse charge", "0.20"],
    ]
    assert page.rows[1:][1] == ["Team: monthly fee", "1", "month", "", "19 %", "49.00"]
    assert page.rows[-4:] == [
        ["Subtotal", "50.20"],
        ["Tax 19 % on 50.00", "9.50"],
        ["Reverse charge on 0.20", "no tax"],
        ["Total USD", "59.70"],
    ]
    assert (
        "Adjustment for October 2026 · usage that arrived after it was billed · corrects INV-2026-000001" in page.text
    )
    assert "Reverse charge: the recipient of the services is liable for the tax." in page.text
    off = billed_elsewhere(OCTOBER, [adjusted()])
    again = Page(final("INV-2026-000003", bill(used(3750)), adjustments=[off], revision=2))
    assert "Already billed for October 2026 · on INV-2026-000002" in again.text
    assert ["API calls from 1 October 2026", "reverse charge", "−0.20"] in again.rows
    assert "Revision 2" in again.text


def test_a_draft_says_so() -> None:
    page = Page(draft(seller=None, customer=None))
    assert page.text.startswith("Invoice draft 2026-10 DRAFT Seller not stated yet Draft Invoice October 2026")
    for words_of in (
        "Billed to Customer not stated yet From Seller not stated yet",
        "Total so far; it changes until the invoice is issued USD 63.60",
    ):
        assert words_of in page.text
    assert ["Tax", "not stated yet"] in page.rows
    assert "DRAFT" not in Page(final()).text


def test_a_credit_note_names_its_invoice_and_the_reason() -> None:
    page = Page(credit_note(adjusted(), "CN-2026-000001", ISSUED, "Wrong address"))
    for words_of in (
        "Credit note CN-2026-000001 Billed to",
        "For invoice INV-2026-000002 Issued on 4 November 2026 Period 1–30 November 2026",
        "Credited for invoice INV-2026-000002 USD 59.70",
        "Takes back the whole of invoice INV-2026-000002 of 4 November 2026. Reason: Wrong address",
    ):
        assert words_of in page.text
    assert ["API calls from 1 October 2026", "3,750", "2.60", "3,500", "2.40", "reverse charge", "−0.20"] in page.rows
    assert "Payable" not in page.text
    assert page.rows[-1] == ["Total USD", "−59.70"]


@pytest.mark.parametrize(
    ("change", "due"),
    [
        ({"total": "-5.00"}, "In your favour USD 5.00"),
        ({"total": "0.00"}, "Nothing to pay USD 0.00"),
        ({"payment_terms_days": 0}, "Payable at once."),
    ],
)
def test_what_is_due(change: dict[str, Any], due: str) -> None:
    page = Page(final() | change)
    assert due in page.text
    assert ("Payable" in page.text) == ("Payable" in due)


def test_tags_escape_text_and_nothing_twice() -> None:
    inner = tag("b", "a < b & c")
    assert join(inner, "<i>") == "<b>a &lt; b &amp; c</b>&lt;i&gt;"
    assert tag("td", inner, class_='"x"', colspan=None) == Html(
        '<td class="&quot;x&quot;"><b>a &lt; b &amp; c</b></td>'
    )
    assert tag("meta", http_equiv="x", name="y") == '<meta http-equiv="x" name="y">'
