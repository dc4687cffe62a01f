"""Tax lines."""

from decimal import Decimal

from invoicing.tax import Tax, totals


def test_tax_is_rounded_once_per_rate_and_adjustments_keep_their_own() -> None:
    nineteen, seven = Tax(Decimal(19)), Tax(Decimal("7.0"))
    cent = Decimal("0.01")
    found = totals([(nineteen, 3 * cent), (Tax(Decimal(7)), 50 * cent), (nineteen, 4 * cent), (seven, -cent)], 2)
    assert found == {
        "subtotal": "0.56",
        "taxes": [
            {"rate": "7", "base": "0.49", "amount": "0.03"},
            {"rate": "19", "base": "0.07", "amount": "0.01"},  # 0.0133; 0.0057 and 0.0076 would be 0.02
        ],
        "reverse_charge": None,
        "total": "0.60",
    }
    half = totals([(Tax(Decimal(10)), Decimal("-0.25"))], 2)
    assert (half["taxes"], half["total"]) == ([{"rate": "10", "base": "-0.25", "amount": "-0.03"}], "-0.28")


def test_tax_of_enormous_amounts_is_exact() -> None:
    enormous = Decimal("1234567890123456789012345678901234567.89")
    found = totals([(Tax(Decimal("12.345")), enormous)], 2)
    assert found["taxes"][0]["amount"] == "152407406035740740603574074060357407.41"
    assert found["total"] == "1386975296159197529615919752961591975.30"
