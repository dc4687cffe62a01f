"""Numbers that other billing systems publish: their inputs and totals, in our price form.

Where two systems differ (Lago does not charge a first tier's flat amount at zero usage), docs/adr/0013 says what holds
here; such a case of theirs is not in the table.
"""

from typing import Any, NamedTuple

import pytest

from tests.unit.rating.builders import amount, tiered

STRIPE_TIERS = "https://docs.stripe.com/subscriptions/pricing-models/tiered-pricing"
STRIPE_OLD_TIERS = "https://stripe.com/docs/billing/subscriptions/tiers"
STRIPE_PACKAGES = "https://stripe.com/docs/billing/subscriptions/quantity-transformation"
STRIPE_HOURS = "https://docs.stripe.com/billing/subscriptions/usage-based/transform-quantities"
LAGO = "https://getlago.com/docs/guide/plans/charges/charge-models/"
LAGO_CHARGES = "https://doc.getlago.com/docs/guide/plans/charges"
LAGO_PERCENTAGE = "https://lago.mintlify.app/guide/plans/charges/charge-models/percentage"
OPENMETER = "https://openmeter.io/docs/billing/product-catalog/pricing-models"
OPENMETER_RATE = "https://github.com/openmeterio/openmeter openmeter/billing/rating/service/rate/"
AUTUMN = "https://docs.useautumn.com/documentation/modelling-pricing/graduated-pricing"
ZUPLO = "https://zuplo.com/docs/articles/monetization/pricing-models"
LAGO_SPEC = "https://github.com/getlago/lago-api spec/services/charge_models/graduated_percentage_service_spec.rb"


class Published(NamedTuple):
    source: str
    price: dict[str, Any]
    usage: str
    amount: str
    events: int | None = None


FONTS = (("5", "7", None), ("10", "6.5", None), (None, "6", None))
OLD = (("5", "5", None), ("10", "4", None), ("15", "3", None), ("20", "2", None), (None, "1", None))
PER_FIVE_USERS = {"model": "package", "package_amount": "10", "package_size": "5"}
PER_HOUR = {"model": "package", "package_amount": "10", "package_size": "60"}
LAGO_PACKAGE = {"model": "package", "package_amount": "5", "package_size": "100", "free_units": "100"}
LAGO_VOLUME = (("10000", "0.0010", "10"), ("50000", "0.0008", "10"), ("100000", "0.0006", "10"), (None, "0.0004", "10"))
LAGO_SHARES = (("1000", "1", "200"), ("10000", "2", "300"), (None, "3", "400"))
LAGO_SPEC_SHARES = (("10", "1", "200"), ("20", "2", "300"), (None, "3", "400"))
OM_VOLUME = (("5", None, "100"), ("10", None, "150"), ("15", "10", None), (None, "5", None))
OM_GRADUATED = (("5", "0", "100"), ("10", None, "50"), ("15", "5", None), (None, "1", None))
OM_PACKAGE = {"model": "package", "package_amount": "15", "package_size": "10"}
THREE_TIERS = (("1000", "0.10", None), ("10000", "0.05", None), (None, "0.01", None))

PUBLISHED = [
    *(
        Published(STRIPE_TIERS, tiered("volume", *FONTS), usage, amount)
        for usage, amount in (("1", "7.00"), ("5", "35.00"), ("6", "39.00"), ("20", "120.00"), ("25", "150.00"))
    ),
    Published(STRIPE_TIERS, tiered("graduated", *FONTS), "5", "35.00"),
    *(
        Published(STRIPE_OLD_TIERS, tiered("volume", *OLD), usage, amount)
        for usage, amount in (("1", "5.00"), ("5", "25.00"), ("6", "24.00"), ("20", "40.00"), ("25", "25.00"))
    ),
    Published(STRIPE_OLD_TIERS, tiered("graduated", *OLD), "6", "29.00"),
    *(
        Published(STRIPE_OLD_TIERS, {"model": "per_unit", "unit_amount": "5"}, usage, amount)
        for usage, amount in (("1", "5.00"), ("5", "25.00"), ("6", "30.00"), ("20", "100.00"), ("25", "125.00"))
    ),
    *(
        Published(STRIPE_PACKAGES, PER_FIVE_USERS, usage, amount)
        for usage, amount in (("1", "10.00"), ("3", "10.00"), ("5", "10.00"), ("6", "20.00"), ("7", "20.00"))
    ),
    Published(STRIPE_HOURS, PER_HOUR, "150", "30.00"),
    Published(LAGO_CHARGES, {"model": "per_unit", "unit_amount": "0.05"}, "1000", "50.00"),
    Published(LAGO + "package", LAGO_PACKAGE, "201", "10.00"),
    Published(LAGO + "volume", tiered("volume", *LAGO_VOLUME), "65000", "49.00"),
    # Transactions of 500, 550 and 4,000, billed one by one at 205, 306 and 80: here as the sums after each.
    *(
        Published(LAGO + "graduated-percentage", tiered("graduated_percentage", *LAGO_SHARES), usage, amount)
        for usage, amount in (("500", "205.00"), ("1050", "511.00"), ("5050", "591.00"))
    ),
    *(
        Published(LAGO_SPEC, tiered("graduated_percentage", *LAGO_SPEC_SHARES), usage, amount)
        for usage, amount in (
            ("1", "200.01"),
            ("10", "200.10"),
            ("11", "500.12"),
            ("12", "500.14"),
            ("21", "900.33"),
        )
    ),
    # The fourth transaction: 50 are charged, and one event.
    Published(LAGO_PERCENTAGE, {"model": "percentage", "rate": "1.2", "fixed_amount": "0.10"}, "50", "0.70", events=1),
    Published(OPENMETER, {"model": "per_unit", "unit_amount": "0.01"}, "10000", "100.00"),
    *(
        Published(OPENMETER_RATE + "tieredvolume_test.go", tiered("volume", *OM_VOLUME), usage, amount)
        for usage, amount in (
            ("0", "100.00"),
            ("3", "100.00"),
            ("5", "100.00"),
            ("14", "140.00"),
            ("15", "150.00"),
            ("16", "80.00"),
            ("100", "500.00"),
        )
    ),
    *(
        Published(OPENMETER_RATE + "tieredvolume_test.go", tiered("volume", *OM_VOLUME, **keys), usage, amount)
        for keys, usage, amount in (
            ({"minimum": "150"}, "0", "150.00"),
            ({"minimum": "100"}, "100", "500.00"),
            ({"minimum": "150"}, "5", "150.00"),
            ({"minimum": "100"}, "5", "100.00"),
            ({"maximum": "100"}, "5", "100.00"),
        )
    ),
    *(
        Published(OPENMETER_RATE + "tieredgraduated_test.go", tiered("graduated", *OM_GRADUATED, **keys), usage, amount)
        for keys, usage, amount in (
            ({}, "22", "182.00"),
            ({"minimum": "1000"}, "0", "1000.00"),
            ({"maximum": "170"}, "22", "170.00"),
        )
    ),
    *(
        Published(OPENMETER_RATE + "package_test.go", {**OM_PACKAGE, **keys}, usage, amount)
        for keys, usage, amount in (
            ({}, "0", "0.00"),
            ({"minimum": "100"}, "0", "100.00"),
            ({}, "10", "15.00"),
            ({}, "11", "30.00"),
            ({"maximum": "100"}, "10", "15.00"),
            ({"maximum": "100"}, "110", "100.00"),
        )
    ),
    Published(
        AUTUMN,
        tiered("graduated", ("1000", "0.01", None), ("10000", "0.008", None), (None, "0.005", None)),
        "15000",
        "107.00",
    ),
    Published(ZUPLO, tiered("graduated", *THREE_TIERS), "15000", "600.00"),
    Published(ZUPLO, tiered("volume", *THREE_TIERS), "15000", "150.00"),
]


@pytest.mark.parametrize(
    "case", PUBLISHED, ids=[f"{number}-{case.price['model']}-{case.usage}" for number, case in enumerate(PUBLISHED)]
)
def test_a_published_total_is_ours(case: Published) -> None:
    assert amount(case.price, case.usage, events=case.events) == case.amount, case.source
