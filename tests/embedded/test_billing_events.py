"""Bills over requests and usage events together, with Athena's own answers: once each, late ones, and verified."""

from typing import Any

import pytest

from billing.catalogs import Catalogs
from billing.recount import Recounter
from billing.verify import Difference, Verifier
from embedded_aws.server import EmbeddedAws
from metering.records import USAGE_EVENTS
from tests.embedded.athena_kit import Lake
from tests.embedded.billing_kit import Billing
from tests.embedded.event_kit import event, moment

METERS = {
    "api_calls": {"description": "API calls", "unit": "call", "aggregation": "count"},
    "tokens": {
        "description": "Tokens",
        "unit": "token",
        "table": "usage-events",
        "event_type": "com.example.tokens",
        "aggregation": "sum",
        "value": "data.value",
        "group_by": ["data.model"],
    },
}
PRICES = [
    {"meter": "api_calls", "price": {"model": "per_unit", "unit_amount": "1"}},
    {"meter": "tokens", "price": {"model": "per_unit", "unit_amount": "0.01"}},
]
CATALOG = {
    "default_plan": "payg",
    "meters": METERS,
    "plans": {
        "payg": {
            "description": "Plan",
            "currency": "USD",
            "currency_exponent": 2,
            "versions": [{"name": "v1", "effective_from": "2025-01-01", "prices": PRICES}],
        }
    },
}
AFTER_THE_BILL = moment("2026-10-03T06:00:00")
EVENTS = [
    event("acme", "a", "2026-09-10T00:00:00", "100.1"),
    event("acme", "b", "2026-09-10T00:00:00", "0.2"),
    event("acme", "b", "2026-09-10T00:00:00", "0.3", ingested_at=moment("2026-09-11T00:00:00")),
    # sent again across the end of the month
    event("acme", "retry", "2026-09-30T23:59:59.999", "50"),
    event("acme", "retry", "2026-10-01T00:00:01", "50"),
    event("acme", "october", "2026-10-02T00:00:00", "7"),
    # another customer's event of the same source and id
    event("other", "a", "2026-09-12T00:00:00", "11"),
    # late, and a late duplicate of what had come in time
    event("acme", "late", "2026-09-20T00:00:00", "1000", ingested_at=AFTER_THE_BILL),
    event("other", "a", "2026-09-12T00:00:00", "12", ingested_at=AFTER_THE_BILL),
]
SEPTEMBER = "final/period=2026-09/tenant=acme/INV-2026-000001"
OCTOBER = "final/period=2026-10/tenant=acme/INV-2026-000003"


@pytest.fixture(scope="module")
def billing(aws: EmbeddedAws) -> Billing:
    """September and October are final."""
    made = Billing(aws, CATALOG, Lake.make(aws, "billing-events"))
    for tenant in ("acme", "other"):
        made.account(tenant)
    made.requests(("acme", "2026-09-10", 3, None), ("acme", "2026-10-05", 1, None))
    made.lake.append(EVENTS, made.tables[USAGE_EVENTS.role])
    made.run("2026-10-04T06:00:00Z")
    made.run("2026-11-04T06:00:00Z")
    return made


def lines(document: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(line["key"], line["quantity"], line["amount"]) for line in document["lines"]]


def verified(billing: Billing, *stems: str) -> list[tuple[Difference, ...]]:
    documents, catalogs = billing.parts.documents, Catalogs(billing.parts.documents)
    verifier = Verifier(billing.parts.store, Recounter(billing.parts.lake, catalogs))
    return [found for _, found in verifier.verify([documents.document(stem) for stem in stems])]


def test_meters_over_both_tables_are_on_one_bill(billing: Billing) -> None:
    document = billing.parts.documents.document(SEPTEMBER)
    assert lines(document) == [("2026-09-01/api_calls", "3", "3.00"), ("2026-09-01/tokens", "150.3", "1.50")]
    evidence = document["evidence"]
    assert (evidence["rows_per_day"], evidence["differing_duplicates"]) == ({"2026-09-10": 5, "2026-09-30": 1}, 2)
    assert len(evidence["query_ids"]) == 2
    assert billing.bills("other")["other 2026-09"] == ("finalized", "INV-2026-000002", "0.13")


def test_a_retry_across_the_months_end_is_in_no_second_bill_and_a_late_event_is_an_adjustment(billing: Billing) -> None:
    document = billing.parts.documents.document(OCTOBER)
    assert lines(document) == [("2026-10-01/api_calls", "1", "1.00"), ("2026-10-01/tokens", "7", "0.07")]
    assert "differing_duplicates" not in document["evidence"]
    [adjustment] = document["adjustments"]
    changes = [
        (one["key"], one["was"]["quantity"], one["now"]["quantity"], one["amount"]) for one in adjustment["lines"]
    ]
    assert changes == [("2026-09-01/tokens", "150.3", "1150.3", "10.00")]
    assert adjustment["evidence"]["rows_per_day"] == {"2026-09-10": 5, "2026-09-20": 1, "2026-09-30": 1}


def test_a_late_duplicate_is_not_late_usage(billing: Billing) -> None:
    assert billing.bills("other") == {"other 2026-09": ("finalized", "INV-2026-000002", "0.13")}


def test_bills_over_both_tables_are_the_same_when_counted_again(billing: Billing) -> None:
    assert verified(billing, SEPTEMBER, OCTOBER) == [(), ()]


def test_what_turns_up_as_a_differing_duplicate_is_named(billing: Billing) -> None:
    """Last in this file: it puts a row into the table whose arrival lies in the past."""
    again = event("acme", "a", "2026-09-10T00:00:00", "100.1", subject="s", ingested_at=moment("2026-09-11T00:00:00"))
    billing.lake.append([again], billing.tables[USAGE_EVENTS.role])
    [found] = verified(billing, SEPTEMBER)
    assert found == (Difference("differing duplicates", "2", "3"),)
