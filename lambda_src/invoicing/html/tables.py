"""The tables of a page: lines, adjustments, totals."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from invoicing.html import words
from invoicing.html.tags import NOTHING, Html, tag

_TAX = ["Tax"]


def lines_table(document: Mapping[str, Any]) -> Html:
    """Return the table of a document's own lines; nothing if it has none."""
    if not document["lines"]:
        return NOTHING
    taxed = _shows_tax(document)
    segments = {segment["index"]: segment for segment in document["terms"]}
    bodies = _segment_bodies(document, segments, taxed=taxed)
    head = _head(["Quantity", "Unit", "Unit price", *_TAX[:taxed], f"Amount ({document['currency']})"])
    return tag("table", tag("caption", "Charges"), head, *bodies, class_="lines")


def adjustments_table(adjustment: Mapping[str, Any], document: Mapping[str, Any]) -> Html:
    """Return the table of the lines that correct one period."""
    taxed = _shows_tax(document)
    compared = adjustment["reason"] == "late_usage"
    sides = ["Quantity was", "Billed", "Quantity is", "Correct"] if compared else []
    head = _head([*sides, *_TAX[:taxed], f"{'Difference' if compared else 'Amount'} ({document['currency']})"])
    bodies = []
    for line in adjustment["lines"]:
        figures = [_figure(text) for side in ("was", "now") for text in _side(line[side])] if compared else []
        figures += [_figure(words.tax(line["tax"]))] if taxed else []
        title = tag("th", line["description"], tag("span", f" {_first_day(line['key'])}", class_="soft"), scope="row")
        first = tag("tr", title, *figures, _figure(words.number(line["amount"]), "figure money"), class_="first")
        bodies.append(tag("tbody", first, _detail(_rated_now(line), len(figures) + 2)))
    return tag("table", tag("caption", *_caption(adjustment)), head, *bodies, class_="lines")


def totals_table(document: Mapping[str, Any]) -> Html:
    """Return subtotal, taxes and total."""
    rows = [("Subtotal", words.number(document["subtotal"]))]
    rows += [
        (f"Tax {words.number(tax['rate'])} % on {words.number(tax['base'])}", words.number(tax["amount"]))
        for tax in document["taxes"]
    ]
    if document["reverse_charge"]:
        rows.append((f"Reverse charge on {words.number(document['reverse_charge']['base'])}", "no tax"))
    if not document["taxes"] and not document["reverse_charge"]:
        rows.append(("Tax", "not stated yet"))
    cells = [tag("tr", tag("th", name, scope="row"), _figure(text)) for name, text in rows]
    total = tag("th", f"Total {document['currency']}", scope="row"), _figure(words.number(document["total"]))
    return tag("table", tag("tbody", *cells, tag("tr", *total, class_="total")), class_="totals")


def _segment_bodies(document: Mapping[str, Any], segments: Mapping[int, Any], *, taxed: bool) -> Iterator[Html]:
    columns = 6 if taxed else 5
    for index, lines in groupby(document["lines"], key=lambda line: line["segment"]):
        segment = segments[index]
        name = f"Plan {segment['plan']}"
        place = f" · version {segment['version']} · {words.days(segment['start'], segment['end'])}"
        without = " · no subscription" if segment["on_default"] else ""
        title = tag("th", name, tag("span", place + without), colspan=str(columns), scope="rowgroup")
        yield tag("tbody", tag("tr", title), class_="segment")
        for line in lines:
            # A credit note takes back what its invoice explains.
            explained = line if document["kind"] == "invoice" else None
            yield tag("tbody", _line_row(line, taxed=taxed), _detail(explained, columns))


def _line_row(line: Mapping[str, Any], *, taxed: bool) -> Html:
    figures = [
        _figure(words.number(line["quantity"])),
        tag("td", line["unit"]),
        _figure(_unit_price(line)),
        *([_figure(words.tax(line["tax"]))] if taxed else []),
        _figure(words.number(line["amount"]), "figure money"),
    ]
    return tag("tr", tag("th", line["description"], scope="row"), *figures, class_="first")


def _unit_price(line: Mapping[str, Any]) -> str:
    if line["unit_amount"] is not None:
        return words.number(line["unit_amount"])
    return "by tier" if any("tier" in part for part in line["detail"]["parts"]) else ""


def _detail(line: Mapping[str, Any] | None, columns: int) -> Html:
    """Return the row that shows how a line was rated; nothing if its figures say it all."""
    if line is None:
        return NOTHING
    paragraphs = [_steps(steps) for steps in (words.scaled(line), words.steps(line), words.groups(line)) if steps]
    return tag("tr", tag("td", *paragraphs, colspan=str(columns)), class_="detail") if paragraphs else NOTHING


def _steps(steps: list[str]) -> Html:
    """Return steps in a row; a line may break between them, after the dot."""
    spans = [tag("span", f"{step} ·") for step in steps[:-1]] + [tag("span", steps[-1])]
    return tag("p", *(part for span in spans for part in (span, " ")))


def _rated_now(line: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the line that an adjustment line rates anew; None if there is none."""
    return None if line["detail"] is None else {**line["now"], "detail": line["detail"], "groups": []}


def _side(figure: Mapping[str, Any]) -> tuple[str, str]:
    """Return quantity and amount of one side of an adjustment line."""
    quantity = "" if figure["quantity"] is None else words.number(figure["quantity"])
    return quantity, words.number(figure["amount"])


def _caption(adjustment: Mapping[str, Any]) -> tuple[str, Html]:
    numbers = ", ".join(adjustment["invoices"])
    if adjustment["reason"] == "billed_before":
        return f"Already billed for {words.month(adjustment['period'])}", tag("span", f" · on {numbers}")
    corrects = f" · corrects {numbers}" if numbers else ""
    return (
        f"Adjustment for {words.month(adjustment['period'])}",
        tag("span", f" · usage that arrived after it was billed{corrects}"),
    )


def _first_day(key: str) -> str:
    """Return from when a line is: its key begins with the first day of its segment."""
    return f"from {words.day(key.partition('/')[0])}"


def _head(columns: list[str]) -> Html:
    cells = [tag("th", "Description", scope="col")]
    cells += [tag("th", name, scope="col", class_=None if name == "Unit" else "figure") for name in columns]
    return tag("thead", tag("tr", *cells))


def _figure(text: str, kind: str = "figure") -> Html:
    return tag("td", text, class_=kind)


def _shows_tax(document: Mapping[str, Any]) -> bool:
    """Whether lines are taxed differently, so that each must say how."""
    return len(document["taxes"]) + bool(document["reverse_charge"]) > 1
