from decimal import Decimal
from typing import Any

import pytest

from rating.form import FormError
from rating.price import Discount, Price, parse_price, read_discount
from rating.pricers.graduated import Graduated
from rating.pricers.package import Package
from rating.pricers.percentage import Percentage
from rating.tiers import Tier

MODELS = "flat, per_unit, graduated, volume, package, percentage, graduated_percentage"
AS_A_STRING = 'must be a number as a string, such as "12.50", got '
LAST = {"up_to": None, "unit_amount": "1"}


def tiers(*rows: Any) -> dict[str, Any]:
    return {"model": "graduated", "tiers": list(rows)}


def flat(amount: Any, **keys: Any) -> dict[str, Any]:
    return {"model": "flat", "amount": amount, **keys}


def test_a_price_is_read_whole() -> None:
    form = tiers({"up_to": "5", "unit_amount": "1.5"}, {"up_to": None, "flat_amount": "0", "unit_amount": None})
    assert parse_price({**form, "free_units": "3", "minimum": "1", "maximum": 2}) == Price(
        "graduated",
        Graduated((Tier(Decimal(5), Decimal("1.5"), None), Tier(None, None, Decimal(0)))),
        free_units=Decimal(3),
        minimum=Decimal(1),
        maximum=Decimal(2),
    )
    package = {"model": "package", "package_amount": "5", "package_size": "0.5"}
    assert parse_price(package) == Price("package", Package(Decimal(5), Decimal("0.5")))
    assert parse_price({"model": "percentage", "rate": "150"}) == Price("percentage", Percentage(Decimal(150), None))


FAULTS: list[tuple[Any, list[str]]] = [
    ([], ["must be an object, got a list"]),
    (
        {},
        [f"model: must be one of {MODELS}, got null"],
    ),
    (
        {"model": ["flat"], "amuont": "1"},
        [f"model: must be one of {MODELS}, got a list"],
    ),
    (flat(None), ["amount: missing, must be a number as a string"]),
    (flat("1", unit_amount="1"), ['unknown key "unit_amount"']),
    (flat(1.5), [f"amount: {AS_A_STRING}1.5"]),
    (flat(True), [f"amount: {AS_A_STRING}true"]),
    (flat({}), [f"amount: {AS_A_STRING}an object"]),
    *(
        (flat(text), [f'amount: {AS_A_STRING}"{text}"'])
        for text in (
            "",
            " 1",
            "1 ",
            "+1",
            "1,5",
            "1_000",
            ".5",
            "5.",
            "NaN",
            "Infinity",
            "-inf",
            "0x10",
            "\u0661",
            "1\n",
        )
    ),
    (flat("1e999999999"), [f'amount: {AS_A_STRING}"1e999999999"']),
    (flat("9" * 200), [f'amount: {AS_A_STRING}"{"9" * 39}…']),
    *(
        (flat(text), [f'amount: must have at most 40 digits before its point and after it, got "{text}"'])
        for text in ("1e40", "1e-41", "1E999")
    ),
    (
        flat(10**60),
        ['amount: must have at most 40 digits before its point and after it, got "1e40"'],
    ),
    (flat("-0.01"), ['amount: must be zero or more, got "-0.01"']),
    (flat("1", free_units="-1"), ['free_units: must be zero or more, got "-1"']),
    (flat("1", minimum="2", maximum="1.50"), ["minimum: must not be above maximum, 1.5, got 2"]),
    ({"model": "per_unit"}, ["unit_amount: missing, must be a number as a string"]),
    (
        {"model": "package", "package_amount": "1", "package_size": "0"},
        ['package_size: must be above zero, got "0"'],
    ),
    ({"model": "percentage", "fixed_amount": "1"}, ["rate: missing, must be a number as a string"]),
    (tiers(), ["tiers: must be a list of at least one tier, got a list"]),
    ({"model": "volume", "tiers": "1"}, ['tiers: must be a list of at least one tier, got "1"']),
    (tiers("1", LAST), ['tiers[0]: must be an object, got "1"']),
    (tiers({"unit_amount": "1"}), ["tiers[0].up_to: missing, must be null in the last tier"]),
    (tiers({"unit_amount": "1"}, LAST), ["tiers[0].up_to: missing, must be a number as a string"]),
    (tiers(LAST, LAST), ["tiers[0].up_to: must be a number in every tier but the last, got null"]),
    (tiers({**LAST, "up_to": "9"}), ['tiers[0].up_to: must be null in the last tier, got "9"']),
    (
        tiers({**LAST, "up_to": "9"}, {**LAST, "up_to": "9.0"}, LAST),
        ['tiers[1].up_to: must be above that of the tier before, 9, got "9"'],
    ),
    (
        tiers({**LAST, "up_to": "9"}, {**LAST, "up_to": "x"}, {**LAST, "up_to": "8"}, LAST),
        [
            f'tiers[1].up_to: {AS_A_STRING}"x"',
            'tiers[2].up_to: must be above that of the tier before, 9, got "8"',
        ],
    ),
    (tiers({"up_to": None}), ["tiers[0]: must have unit_amount or flat_amount, or both"]),
    (tiers({**LAST, "rate": "1"}), ['tiers[0]: unknown key "rate"']),
    (
        {"model": "graduated_percentage", "tiers": [LAST]},
        ["tiers[0]: must have rate or flat_amount, or both", 'tiers[0]: unknown key "unit_amount"'],
    ),
]


@pytest.mark.parametrize(("form", "problems"), FAULTS, ids=[str(number) for number in range(len(FAULTS))])
def test_every_fault_is_named_by_its_path_with_rule_and_value(form: Any, problems: list[str]) -> None:
    with pytest.raises(FormError) as caught:
        parse_price(form)
    assert list(caught.value.problems) == problems


def test_a_path_begins_where_the_price_stands() -> None:
    with pytest.raises(FormError) as caught:
        parse_price({"model": "flat", "amount": 0.1, "x": 1}, "plans[0].prices.calls")
    assert caught.value.problems == (
        f"plans[0].prices.calls.amount: {AS_A_STRING}0.1",
        'plans[0].prices.calls: unknown key "x"',
    )
    with pytest.raises(FormError) as caught:
        parse_price(None, "plans[0]")
    assert caught.value.problems == ("plans[0]: must be an object, got null",)


@pytest.mark.parametrize(
    ("value", "number"),
    [("1e3", "1e3"), ("-0", "0"), ("0e99", "0"), (7, "7"), ("1.50", "1.50"), ("9" * 40, "9" * 40), ("1e-40", "1e-40")],
)
def test_numbers_are_read_exactly(value: Any, number: str) -> None:
    price = parse_price(flat(value))
    assert str(price.pricer.price(Decimal(0), None)[1]) == str(Decimal(number))


@pytest.mark.parametrize(
    ("value", "discount", "problems"),
    [
        (None, None, []),
        ({"percentage": "100"}, Discount(percentage=Decimal(100)), []),
        ({"usage": "2.5"}, Discount(usage=Decimal("2.5")), []),
        ("10", None, ['discount: must be an object, got "10"']),
        ({}, Discount(), ["discount: must have either percentage or usage"]),
        (
            {"percentage": "1", "usage": "1"},
            Discount(Decimal(1), Decimal(1)),
            ["discount: must have either percentage or usage"],
        ),
        ({"percentage": "100.1"}, Discount(Decimal("100.1")), ["discount.percentage: must be 100 at most, got 100.1"]),
        ({"percent": "1", "usage": "1"}, Discount(usage=Decimal(1)), ['discount: unknown key "percent"']),
    ],
)
def test_a_discount_is_read_or_its_faults_are(value: Any, discount: Discount | None, problems: list[str]) -> None:
    found: list[str] = []
    assert (read_discount(value, "discount", found), found) == (discount, problems)
