"""README's worked example against figures that were reckoned by hand; its lines are in rating's test_worked_example."""

from pathlib import Path

from tools import _readme_bill

ROOT = Path(__file__).resolve().parents[3]


def test_tax_and_total_are_what_was_reckoned_by_hand() -> None:
    invoice = _readme_bill.invoice(ROOT)
    # 128.91 for the first half of the month, 1,000.00 for the second; 1,128.91 x 0.19 = 214.4929
    assert [invoice[name] for name in ("subtotal", "total")] == ["1128.91", "1343.40"]
    assert invoice["taxes"] == [{"rate": "19", "base": "1128.91", "amount": "214.49"}]


def test_number_and_days_are_those_of_the_first_run_after_the_grace() -> None:
    invoice = _readme_bill.invoice(ROOT)
    about = {name: invoice[name] for name in ("number", "issue_date", "due_date", "cutoff")}
    assert about == {
        "number": "INV-2026-000001",
        "issue_date": "2026-12-04",
        "due_date": "2026-12-18",
        "cutoff": "2026-12-03T06:00:00Z",
    }


def test_table_begins_with_the_document_and_ends_with_its_total() -> None:
    about, _, *rows = _readme_bill.worked_month(ROOT).splitlines()
    assert about == (
        "Invoice INV-2026-000001 for tenant `acme`, November 2026: issued on 4 December 2026, due on 18 December 2026, "
        "for all that had arrived by 3 December 2026, 06:00 UTC."
    )
    assert [row for row in rows if row.startswith("| **")] == [
        "| **plan `team`, v1** |  | 1–15 November 2026: 15 days |  |",  # noqa: RUF001 - a typographer's dash
        "| **plan `enterprise`, v1** |  | 16–30 November 2026: 15 days |  |",  # noqa: RUF001
        "| **subtotal** |  |  | 1,128.91 |",
        "| **total** |  |  | **1,343.40** |",
    ]


def test_a_line_shows_what_is_scaled_and_then_its_steps() -> None:
    [users] = [row for row in _readme_bill.worked_month(ROOT).splitlines() if row.startswith("| Active users, 5 ")]
    assert users == (
        "| Active users, 5 included | 23 users | 15 of 30 days: free units 5 → 2.5<br>"
        "23 − 2.5 free = 20.5; 20.5 × 2 = 41 | 41.00 |"  # noqa: RUF001 - real signs
    )
