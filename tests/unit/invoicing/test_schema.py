"""The published form of a document: strict, so that a reader can rely on it. The kit holds every document to it."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from invoicing.document import credit_note
from tests.unit.invoicing.invoice_kit import ISSUED, adjusted, draft, validator

NOTE = credit_note(adjusted(), "CN-2026-000001", ISSUED, "Duplicate")
Change = Callable[[dict[str, Any]], Any]


def faults(document: dict[str, Any]) -> list[str]:
    return sorted({error.json_path for error in validator().iter_errors(document)})


@pytest.mark.parametrize(
    ("document", "change", "path"),
    [
        (adjusted(), lambda it: it.update(extra=1), "$"),
        (adjusted(), lambda it: it.pop("evidence"), "$"),
        (adjusted(), lambda it: it.update(version=2), "$.version"),
        (adjusted(), lambda it: it.update(total=59.7), "$.total"),
        (adjusted(), lambda it: it.update(total="-0.00"), "$.total"),
        (adjusted(), lambda it: it.update(total="1,000.00"), "$.total"),
        (adjusted(), lambda it: it.update(status="void"), "$.status"),
        (adjusted(), lambda it: it.update(number=None), "$.number"),
        (adjusted(), lambda it: it.update(customer=None), "$.customer"),
        (adjusted(), lambda it: it.update(due_date=None), "$.due_date"),
        (adjusted(), lambda it: it.update(issue_date="2026-02-30"), "$.issue_date"),
        (adjusted(), lambda it: it.update(cutoff="2026-11-03T06:00:00+00:00"), "$.cutoff"),
        (adjusted(), lambda it: it.update(credits={"number": "x"}), "$.credits"),
        (adjusted(), lambda it: it["lines"][0].update(extra=1), "$.lines[0]"),
        (adjusted(), lambda it: it["lines"][0].update(quantity="1.0"), "$.lines[0].quantity"),
        (adjusted(), lambda it: it["lines"][0]["detail"].pop("parts"), "$.lines[0].detail"),
        (adjusted(), lambda it: it["lines"][0]["detail"]["parts"][0].update(rate="1"), "$.lines[0].detail.parts[0]"),
        (adjusted(), lambda it: it["adjustments"][0]["lines"].clear(), "$.adjustments[0].lines"),
        (adjusted(), lambda it: it["evidence"].update(digest="x"), "$.evidence.digest"),
        (draft(), lambda it: it.update(number="INV-2026-000001"), "$.number"),
        (draft(), lambda it: it.update(issue_date="2026-11-04"), "$.issue_date"),
        (NOTE, lambda it: it.update(credits=None), "$.credits"),
        (NOTE, lambda it: it.update(due_date="2026-11-04"), "$.due_date"),
    ],
)
def test_what_is_no_document_is_refused(document: dict[str, Any], change: Change, path: str) -> None:
    assert faults(document) == []
    changed = copy.deepcopy(document)
    change(changed)
    assert path in faults(changed)
