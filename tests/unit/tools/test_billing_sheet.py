"""Bills on a terminal of 80 columns."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from rich.console import Console, RenderableType

from rating.period import Period
from tools.billing import sheet
from tools.command.output import Output

USAGE = {"kind": "usage", "unit": "call", "unit_amount": "0.001"}


def _shown(renderable: RenderableType) -> list[str]:
    shown = io.StringIO()
    Console(width=80, file=shown).print(renderable)
    return [line.rstrip() for line in shown.getvalue().splitlines() if line.strip()]


def _line(segment: int, description: str, quantity: str, amount: str, **keys: Any) -> dict[str, Any]:
    line = {"segment": segment, "description": description, "quantity": quantity, "amount": amount}
    return {**line, "kind": "recurring", "unit": "month", "unit_amount": "49", **keys}


def _document(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "invoice",
        "status": "draft",
        "number": None,
        "tenant_id": "acme",
        "period": {"id": "2026-10"},
        "customer": {"legal_name": "Acme [GmbH]"},
        "issue_date": None,
        "due_date": None,
        "credits": None,
        "currency": "USD",
        "terms": [{"index": 0, "start": "2026-10-01", "end": "2026-11-01", "plan": "team"}],
        "lines": [_line(0, "Team: monthly fee", "1", "49.00"), _line(0, "API calls", "12345", "2.35", **USAGE)],
        "adjustments": [],
        "subtotal": "51.35",
        "taxes": [{"rate": "19", "base": "51.35", "amount": "9.76"}],
        "reverse_charge": None,
        "total": "61.11",
        "evidence": {"rows_per_day": {"2026-10-01": 12000, "2026-10-02": 400}},
        "cutoff": "2026-10-20T06:00:00Z",
        "reconciliation": "balanced",
        **changes,
    }


def test_a_draft() -> None:
    assert _shown(sheet.document(_document())) == [
        "Draft invoice: acme, 2026-10",
        "Acme [GmbH]",
        "                          quantity   unit amount     USD",
        " ───────────────────────────────────────────────────────",
        " Team: monthly fee                                 49.00",
        " API calls            12,345 calls         0.001    2.35",
        " Subtotal                                          51.35",
        " Tax, 19 % of 51.35                                 9.76",
        " Total                                             61.11",
        " 12,400 rows arrived before 2026-10-20T06:00:00Z; reconciliation: balanced",
    ]


def test_an_invoice_over_two_plans_with_an_adjustment_under_reverse_charge() -> None:
    terms = [
        {"index": 0, "start": "2026-10-01", "end": "2026-10-15", "plan": "team"},
        {"index": 2, "start": "2026-10-15", "end": "2026-11-01", "plan": "pro"},
    ]
    late = {
        "period": "2026-09",
        "reason": "late_usage",
        "invoices": ["INV-2026-000001"],
        "lines": [
            {
                "description": "API calls",
                "was": {"quantity": None, "amount": "0.00"},
                "now": {"quantity": "1", "amount": "0.10"},
                "amount": "0.10",
            }
        ],
    }
    final = _document(
        status="finalized",
        number="INV-2026-000007",
        issue_date="2026-11-04",
        due_date="2026-11-18",
        terms=terms,
        lines=[_line(0, "API calls", "1", "0.00", **USAGE), _line(2, "Pro", "1", "1009.00")],
        adjustments=[late],
        taxes=[],
        reverse_charge={"base": "9.10", "note": "Reverse charge."},
        subtotal="1009.10",
        total="1009.10",
    )
    assert _shown(sheet.document(final, "void since then"))[:14] == [
        "Invoice INV-2026-000007: acme, 2026-10",
        "Acme [GmbH], issued 2026-11-04, due 2026-11-18",
        "void since then",
        "                                              quantity   unit amount        USD",
        " ──────────────────────────────────────────────────────────────────────────────",
        " plan team, 2026-10-01 to 2026-10-14",
        " API calls                                      1 call         0.001       0.00",
        " plan pro, 2026-10-15 to 2026-10-31",
        " Pro                                                                   1,009.00",
        " adjustment of 2026-09: usage that came",
        " late, after INV-2026-000001",
        " API calls                                       – → 1   0.00 → 0.10       0.10",  # noqa: RUF001
        " Subtotal                                                              1,009.10",
        " Reverse charge.",
    ]


def test_a_credit_note_names_what_it_is_for() -> None:
    note = _document(
        kind="credit_note",
        status="finalized",
        number="CN-2026-000001",
        issue_date="2026-11-05",
        credits={"number": "INV-2026-000007", "reason": "wrong [name]"},
    )
    assert _shown(sheet.document(note))[:2] == [
        "Credit note CN-2026-000001: acme, 2026-10",
        "Acme [GmbH], issued 2026-11-05, for INV-2026-000007: wrong [name]",
    ]


def test_a_list_shows_what_is_absent_by_a_dash_and_takes_text_as_it_is() -> None:
    listed = sheet.listing("Bills", ("tenant", "total"), [("a[b]", "1.00"), ("c", None)], figures=("total",))
    assert _shown(listed) == [
        "Bills",
        " tenant   total",
        " ──────────────",
        " a[b]      1.00",
        " c            –",  # noqa: RUF001
    ]


def test_a_list_without_rows_says_so_and_days_and_numbers_are_never_broken() -> None:
    assert _shown(sheet.listing("Holds", ("on", "since"), [])) == ["Holds", " none"]
    rows = [("2026-11-23T02:42:59Z", "INV-2026-000001", "because " * 20)]
    assert _shown(sheet.listing("Things", ("since", "number", "why"), rows))[3].startswith(
        " 2026-11-23T02:42:59Z   INV-2026-000001   because because"
    )


def test_machines_get_values_and_people_text() -> None:
    shown = io.StringIO()
    value = {"day": date(2026, 1, 2), "at": datetime(2026, 1, 2, tzinfo=UTC), "month": Period(2026, 1), "n": Decimal(3)}
    Output(Console(file=shown), as_json=True).show("[not] shown", value)
    assert shown.getvalue() == (
        '{\n  "day": "2026-01-02",\n  "at": "2026-01-02T00:00:00+00:00",\n  "month": "2026-01",\n  "n": 3\n}\n'
    )
    people = io.StringIO()
    Output(Console(file=people, width=20)).show("[bold] as it is, and never broken", value)
    assert people.getvalue() == "[bold] as it is, and never broken\n"


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(TypeError, match=r"got Decimal\('0.5'\)"):
        Output(Console(file=io.StringIO()), as_json=True).show("", Decimal("0.5"))
