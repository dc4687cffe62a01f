"""README's worked example: one month billed by the shipped catalog, through the code that makes every invoice."""

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

from billing.config import FINAL_LAG
from invoicing.document import draft_document, finalized
from invoicing.html import words
from invoicing.numbers import invoice_number
from metering.records import TABLES
from rating.account import parse_account
from rating.bill import Quantity, SegmentUsage, rate_bill
from rating.catalog import Catalog, parse_catalog
from rating.period import Period
from rating.terms import segments_of
from tools._readme_tables import table
from usage.evidence import Evidence

INPUT = "docs/worked-month.json"
"""Who is billed, on which plans, for which usage; the amounts are nowhere but in the catalog."""


def worked_month(root: Path) -> str:
    """Return the invoice of the worked month as a table, each line with the steps by which it comes about."""
    document = invoice(root)
    rows = [*_charges(document), *_sums(document)]
    return f"{_about(document)}\n\n{table(['charge', 'used', 'how it comes about', document['currency']], rows)}"


def invoice(root: Path) -> dict[str, Any]:
    """Return the document of the worked month: the first invoice of its year.

    Args:
        root: the project's folder.
    """
    given = json.loads((root / INPUT).read_text(encoding="utf-8"))
    catalog, period = _catalog(root), Period.parse(given["period"])
    account = parse_account(given["tenant_id"], given["account"])
    segments = segments_of(catalog, account.subscriptions, period)
    usage = {index: _usage(measured) for index, measured in enumerate(given["usage"])}
    run_time = datetime.fromisoformat(given["run_time"])
    draft = draft_document(
        tenant_id=account.tenant_id,
        period=period,
        revision=1,
        customer=account.customer,
        seller=given["seller"],
        bill=rate_bill(catalog, period, segments, usage),
        adjustments=[],
        evidence=Evidence.total([]).to_json(),
        cutoff=run_time - FINAL_LAG,
        reconciliation="not reconciled",
        catalog_digest=catalog.digest,
        payment_terms_days=given["payment_terms_days"],
        query_ids=[],
    )
    return finalized(draft, invoice_number("INV", run_time.year, 1), run_time.date())


def _catalog(root: Path) -> Catalog:
    value = yaml.safe_load((root / "catalog.yaml").read_text(encoding="utf-8"))
    return parse_catalog(value, TABLES)


def _usage(measured: Mapping[str, int]) -> SegmentUsage:
    calls = measured["api_calls"]
    return SegmentUsage(calls, {name: Quantity(Decimal(value), calls) for name, value in measured.items()}, {})


def _about(document: Mapping[str, Any]) -> str:
    issued, due = (words.day(document[name]) for name in ("issue_date", "due_date"))
    return (
        f"Invoice {document['number']} for tenant `{document['tenant_id']}`, {words.month(document['period']['id'])}: "
        f"issued on {issued}, due on {due}, for all that had arrived by {words.moment(document['cutoff'])}."
    )


def _charges(document: Mapping[str, Any]) -> Iterator[list[str]]:
    terms = {segment["index"]: segment for segment in document["terms"]}
    for index, lines in groupby(document["lines"], key=lambda line: line["segment"]):
        segment = terms[index]
        count = (date.fromisoformat(segment["end"]) - date.fromisoformat(segment["start"])).days
        days = words.days(segment["start"], segment["end"])
        yield [f"**plan `{segment['plan']}`, {segment['version']}**", "", f"{days}: {count} days", ""]
        for line in lines:
            used = f"{words.number(line['quantity'])} {line['unit']}s" if line["kind"] == "usage" else ""
            how = "<br>".join("; ".join(steps) for steps in (words.scaled(line), words.steps(line)) if steps)
            yield [line["description"], used, how, words.number(line["amount"])]


def _sums(document: Mapping[str, Any]) -> Iterator[list[str]]:
    yield ["**subtotal**", "", "", words.number(document["subtotal"])]
    for tax in document["taxes"]:
        how = f"{words.number(tax['rate'])} % of {words.number(tax['base'])}"
        yield ["tax", "", how, words.number(tax["amount"])]
    yield ["**total**", "", "", f"**{words.number(document['total'])}**"]
