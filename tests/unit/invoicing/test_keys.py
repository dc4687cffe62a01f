"""Keys in the invoice bucket, and numbers."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing import keys
from invoicing.numbers import invoice_number
from tests.unit.invoicing.invoice_kit import OCTOBER


def test_every_kind_of_object_has_its_place() -> None:
    draft = keys.draft_stem(OCTOBER, "a/b ü")
    final = keys.final_stem(OCTOBER, "t-1.x_y~z", "INV-2026-000001")
    assert [keys.document_key(draft, form) for form in keys.FORMS] == [
        "draft/period=2026-10/tenant=a%2Fb%20%C3%BC/invoice.json",
        "draft/period=2026-10/tenant=a%2Fb%20%C3%BC/invoice.csv",
        "draft/period=2026-10/tenant=a%2Fb%20%C3%BC/invoice.html",
    ]
    assert keys.document_key(final, "json") == "final/period=2026-10/tenant=t-1.x_y~z/INV-2026-000001.json"
    assert keys.run_input("r1", "a1", 7) == "run/r1/a1/input/7.json"
    assert keys.run_candidate("r1", "a1", "a/b") == "run/r1/a1/candidate/a%2Fb.json"
    assert keys.catalog_key("5f") == "catalog/5f.json"


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_encoding_can_be_undone_and_has_no_slash(tenant_id: str) -> None:
    encoded = keys.encode(tenant_id)
    assert unquote(encoded) == tenant_id
    assert encoded.isascii()
    assert "/" not in encoded


def test_a_key_that_s3_would_refuse_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^a key of S3 must have 1024 bytes at most, got 1067: draft/period="):
        keys.draft_stem(OCTOBER, "ü" * 171)


def test_numbers_of_a_series() -> None:
    assert [invoice_number("INV", 2026, n) for n in (1, 999_999, 1_000_000)] == [
        "INV-2026-000001",
        "INV-2026-999999",
        "INV-2026-1000000",
    ]
    assert invoice_number("CN", 2027, 12) == "CN-2027-000012"


@pytest.mark.parametrize(
    ("prefix", "year", "n", "message"),
    [
        ("", 2026, 1, "capital letters, digits or hyphens between them, got ''"),
        ("inv", 2026, 1, "got 'inv'"),
        ("A/B", 2026, 1, "got 'A/B'"),
        ("A-", 2026, 1, "got 'A-'"),
        ("A" * 21, 2026, 1, f"got '{'A' * 21}'"),
        ("INV", 0, 1, "the year of a number must be 1 to 9999, got 0"),
        ("INV", 2026, 0, "numbers of a series begin at 1, got 0"),
    ],
)
def test_a_number_out_of_range_is_refused(prefix: str, year: int, n: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        invoice_number(prefix, year, n)
