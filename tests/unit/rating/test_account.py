import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from rating.account import Account, Customer, Subscription, check_plans, parse_account
from rating.form import FormError
from tests.unit.rating.catalogs import parse, plan, raw, version

CUSTOMER = {"legal_name": "Blau GmbH", "email": "billing@blau.example"}
START_RULE = "must not be before the end of the subscription before"
FULL: dict[str, Any] = {
    **CUSTOMER,
    "address": ["Ringstraße 1", "10115 Berlin"],
    "tax_id": "DE123456789",
    "country": "DE",
    "tax_rate": "19.00",
}


def faults(value: Any) -> list[str]:
    with pytest.raises(FormError) as caught:
        parse_account("blau", value)
    return list(caught.value.problems)


def test_an_account_is_read_whole_and_written_as_json() -> None:
    subscriptions: list[dict[str, Any]] = [
        {"plan": "team", "start": "2026-01-01", "end": "2026-10-16"},
        {"plan": "team", "start": "2026-10-16", "end": date(2026, 11, 1)},
        {"plan": "enterprise", "start": "2027-01-01", "end": None},
    ]
    account = parse_account("blau", {"customer": FULL, "subscriptions": subscriptions})
    assert account == Account(
        "blau",
        Customer(
            legal_name="Blau GmbH",
            email="billing@blau.example",
            address=("Ringstraße 1", "10115 Berlin"),
            tax_id="DE123456789",
            country="DE",
            tax_rate=Decimal(19),
            reverse_charge=False,
        ),
        (
            Subscription("team", date(2026, 1, 1), date(2026, 10, 16)),
            Subscription("team", date(2026, 10, 16), date(2026, 11, 1)),
            Subscription("enterprise", date(2027, 1, 1)),
        ),
    )
    assert account.to_json() == {
        "customer": {**FULL, "tax_rate": "19", "reverse_charge": False},
        "subscriptions": [*subscriptions[:1], {**subscriptions[1], "end": "2026-11-01"}, subscriptions[2]],
    }
    assert parse_account("blau", json.loads(json.dumps(account.to_json()))) == account


@pytest.mark.parametrize("value", [{}, {"customer": None, "subscriptions": None}, {"subscriptions": []}])
def test_a_tenant_may_be_unknown_as_a_customer(value: Any) -> None:
    assert parse_account("blau", value) == Account("blau")
    assert Account("blau").to_json() == {"customer": None, "subscriptions": []}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, (None, False)),
        ({"tax_rate": "0"}, (Decimal(0), False)),
        ({"reverse_charge": True}, (None, True)),
        ({"tax_rate": "7.5", "reverse_charge": False}, (Decimal("7.5"), False)),
    ],
)
def test_a_customer_has_a_tax_rate_or_owes_the_tax_or_it_is_not_known_yet(keys: Any, expected: Any) -> None:
    customer = parse_account("blau", {"customer": {**CUSTOMER, **keys}}).customer
    assert customer
    assert (customer.tax_rate, customer.reverse_charge) == expected
    assert parse_account("blau", {"customer": customer.to_json()}).customer == customer


def test_every_fault_is_in_one_report_with_its_path() -> None:
    customer = {
        "email": "nobody",
        "address": ["x", "", "a\u2028b", 5],
        "tax_id": "",
        "country": "Germany",
        "tax_rate": "100.1",
        "reverse_charge": True,
        "phone": "1",
    }
    subscriptions = [
        {"plan": "team", "start": "2026-02-01", "end": "2026-02-01"},
        {"plan": "team", "start": "2026-01-31"},
        {"plan": 5, "start": "2026-13-01", "ends": "2026-01-01"},
        "team",
        {"plan": "team", "start": "2026-03-01", "end": "x"},
    ]
    line_rule = "must be one line of 1 to 200 characters"
    text_rule = "must be text, which a number or a date is only in quotes"
    assert faults({"customer": customer, "subscriptions": subscriptions, "tenant_id": "blau"}) == [
        "customer.legal_name: missing, must be text",
        f'customer.address[1]: {line_rule}, got ""',
        f'customer.address[2]: {line_rule}, got "a\u2028b"',
        f"customer.address[3]: {text_rule}, got 5",
        f'customer.tax_id: {line_rule}, got ""',
        'customer: unknown key "phone"',
        'customer.email: must be an e-mail address, got "nobody"',
        'customer.country: must be a code of two capital letters, such as "DE", got "Germany"',
        "customer.tax_rate: must be 100 at most, got 100.1",
        "customer.reverse_charge: must not be true beside a tax rate, got 100.1 per cent",
        'subscriptions[3]: must be an object, got "team"',
        "subscriptions[0].end: must be after the start, 2026-02-01, got 2026-02-01",
        f"subscriptions[2].plan: {text_rule}, got 5",
        'subscriptions[2].start: must be a day such as 2026-10-01, got "2026-13-01"',
        'subscriptions[2]: unknown key "ends"',
        'subscriptions[4].end: must be a day such as 2026-10-01, got "x"',
        f"subscriptions[1].start: {START_RULE}, 2026-02-01, got 2026-01-31",
        'unknown key "tenant_id"',
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([], ["must be an object, got a list"]),
        ({"customer": "Blau"}, ['customer: must be an object, got "Blau"']),
        ({"customer": {**CUSTOMER, "address": "x"}}, ['customer.address: must be a list, got "x"']),
        ({"customer": {**CUSTOMER, "address": ["x"] * 11}}, ["customer.address: must have at most 10 lines, got 11"]),
        (
            {"subscriptions": [{"plan": "team", "start": "2026-01-01"}, {"plan": "team", "start": "2026-02-01"}]},
            [f"subscriptions[1].start: {START_RULE}, which has none, got 2026-02-01"],
        ),
        ({"subscriptions": {}}, ["subscriptions: must be a list, got an object"]),
    ],
)
def test_what_is_no_account_is_said(value: Any, expected: list[str]) -> None:
    assert faults(value) == expected


def test_subscriptions_are_to_plans_that_are_there() -> None:
    catalog = parse(raw(plans={"a": plan(version()), "b": plan(version("v1", "2026-05-01"))}))
    good = (Subscription("a", date(2026, 1, 1), date(2026, 5, 1)), Subscription("b", date(2026, 5, 1)))
    check_plans(Account("blau", None, good), catalog)
    bad = (Subscription("c", date(2026, 1, 1), date(2026, 4, 30)), Subscription("b", date(2026, 4, 30)))
    with pytest.raises(FormError) as caught:
        check_plans(Account("blau", None, bad), catalog)
    assert caught.value.problems == (
        'subscriptions[0].plan: must be one of a, b, got "c"',
        "subscriptions[1].start: must not be before 2026-05-01, when b begins, got 2026-04-30",
    )
