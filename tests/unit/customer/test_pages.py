"""Limits and tokens of pages."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer.pages import PageError, Place, place_of, read_limit, read_token, token_after

PLACE = Place("2026-11-04", "INV-2026", 3)


@pytest.mark.parametrize(("text", "limit"), [(None, 50), ("1", 1), ("050", 50), ("100", 100)])
def test_a_limit_is_from_1_to_100(text: str | None, limit: int) -> None:
    assert read_limit(text) == limit


@pytest.mark.parametrize("text", ["0", "101", "-1", "", "1.0", "1e1", " 1", "\u0663", "1000", "x" * 1000])
def test_another_limit_is_refused(text: str) -> None:
    with pytest.raises(PageError, match=r"^limit must be a whole number from 1 to 100, got '"):
        read_limit(text)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (("2026-12-31", "INV-2026-000009"), ("2027-01-01", "INV-2027-000001")),
        (("2026-12-31", "Z-2026-000001"), ("2027-01-01", "A-2027-000001")),
        (("2026-11-04", "INV-2026-999999"), ("2026-11-04", "INV-2026-1000000")),
        (("2026-11-04", "CN-2026-000009"), ("2026-11-04", "INV-2026-000001")),
    ],
)
def test_places_are_in_the_order_of_days_then_numbers(earlier: tuple[str, str], later: tuple[str, str]) -> None:
    assert place_of(*earlier) < place_of(*later)


@pytest.mark.parametrize(
    "number", ["", "INV", "INV-2026-1", "inv-2026-000001", "INV-2026-000001\n", "A-2026-00000\u0661"]
)
def test_a_number_of_another_form_has_no_place(number: str) -> None:
    with pytest.raises(ValueError, match="number of a document must be such as"):
        place_of("2026-11-04", number)


@given(
    st.text(max_size=30), st.dates(), st.from_regex(r"[A-Z0-9]{1,8}-[0-9]{4}", fullmatch=True), st.integers(1, 10**9)
)
def test_a_token_gives_the_place_that_it_was_made_of(tenant_id: str, day: object, series: str, n: int) -> None:
    place = Place(str(day), series, n)
    assert read_token(tenant_id, token_after(tenant_id, place)) == place


def _altered(value: str) -> str:
    return base64.urlsafe_b64encode(value.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "é",
        "\ud800",
        "A" * 10_000,
        token_after("globex", PLACE),
        token_after("acme", PLACE) + "=",
        token_after("acme", PLACE)[:-2],
        " " + token_after("acme", PLACE),
        _altered("[" * 100),
        _altered("{}"),
        _altered("null"),
        _altered('["7a","2026-11-04","INV-2026-000003"]'),
        _altered('[1,"2026-11-04","INV-2026-000003"]'),
        _altered('["7a",20261104,"INV-2026-000003"]'),
        _altered('["7a","2026-13-04","INV-2026-000003"]'),
        _altered('["7a","2026-11-04",["INV-2026-000003"]]'),
        _altered('["7a","2026-11-04","INVOICE#"]'),
    ],
)
def test_what_is_no_token_of_the_tenants_is_refused(token: str) -> None:
    with pytest.raises(PageError, match=r"^next must be the token that the page before gave to the same tenant$"):
        read_token("acme", token)
