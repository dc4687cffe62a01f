"""More groups than are told apart, through billing to the customer, with Athena's own answers: one bound everywhere."""

import json
from typing import Any

import pytest

from billing.catalogs import Catalogs
from billing.recount import Recounter
from billing.rollup import roll_up
from billing.verify import Verifier
from customer.answering import for_tenant
from customer.parts import connect_lines
from embedded_aws.server import EmbeddedAws
from metering.records import USAGE_EVENTS
from rating.period import Period
from tests.embedded.athena_kit import Lake
from tests.embedded.billing_kit import Billing
from tests.embedded.event_kit import event
from tests.embedded.test_billing_events import CATALOG
from usage import largest

pytestmark = pytest.mark.soak

MODELS = {"small": "1", "large": "5", "租户": "3", "": "2", "x" * 300: "2", "x" * 256 + "y": "2"}
"""Tokens by model; the last two are alike in all that tells groups apart."""
SHOWN = [({"data.model": "large"}, "5"), ({"data.model": "x" * 256}, "4")]
STEM = "final/period=2026-10/tenant=acme/INV-2026-000001"


@pytest.fixture(scope="module")
def billing(aws: EmbeddedAws) -> Billing:
    """October is final, and rolled up, where no more than two groups are told apart."""
    made = Billing(aws, CATALOG, Lake.make(aws, "groups"))
    made.account("acme", ("payg", "2026-10-01", "2026-10-15"))  # then it is on the default plan: two segments
    events = [
        event("acme", f"{number}-{day}", f"2026-10-{day}T12:00:00", data=json.dumps({"value": value, "model": model}))
        for number, (model, value) in enumerate(MODELS.items())
        for day in (10, 20)
    ]
    made.lake.append(events, made.tables[USAGE_EVENTS.role])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(largest, "MOST_GROUPS", 2)
        made.run("2026-11-04T06:00:00Z")
        roll_up(made.parts, {"as_of": "2026-11-04T07:00:00Z", "period": "2026-10"})
    return made


@pytest.fixture
def document(billing: Billing, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The invoice, looked at where no more than two groups are told apart, too."""
    monkeypatch.setattr(largest, "MOST_GROUPS", 2)
    return billing.parts.documents.document(STEM)


def token_lines(lines: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [
        (
            line["quantity"],
            [(group["dimensions"], group["quantity"]) for group in line["groups"]],
            line["groups_omitted"],
        )
        for line in lines
        if line["meter"] == "tokens"
    ]


def test_each_line_has_its_largest_groups_and_counts_the_others(document: dict[str, Any]) -> None:
    assert token_lines(document["lines"]) == [("15", SHOWN, 3)] * 2


def test_it_is_the_same_when_counted_again(billing: Billing, document: dict[str, Any]) -> None:
    verifier = Verifier(billing.parts.store, Recounter(billing.parts.lake, Catalogs(billing.parts.documents)))
    assert verifier.verify([document]) == [(document, ())]


def test_the_customer_is_shown_the_largest_groups_of_month_and_lines(billing: Billing) -> None:
    assert billing.parts.usage
    item = billing.parts.usage.get("acme", Period(2026, 10))
    assert item
    body = json.loads(item.text())
    assert token_lines(body["bill"]["lines"]) == [("15", SHOWN, 3)] * 2
    [tokens] = [meter for meter in body["meters"] if meter["meter"] == "tokens"]
    days = [{"day": "2026-10-10", "quantity": "5"}, {"day": "2026-10-20", "quantity": "5"}]
    assert (tokens["quantity"], tokens["dimensions_omitted"]) == ("30", 3)
    assert tokens["by_dimension"] == [
        {"dimensions": {"data.model": "large"}, "quantity": "10", "by_day": days},
        {
            "dimensions": {"data.model": "x" * 256},
            "quantity": "8",
            "by_day": [{**day, "quantity": "4"} for day in days],
        },
    ]


def test_behind_a_line_are_the_same_groups(billing: Billing, document: dict[str, Any]) -> None:
    lines = connect_lines(billing.environment(), billing.aws.session())
    place = next(place for place, line in enumerate(document["lines"], start=1) if line["meter"] == "tokens")
    asked = {
        "pathParameters": {"number": "INV-2026-000001", "line": str(place)},
        "requestContext": {
            "requestTimeEpoch": 1795000000000,
            "authorizer": {"claims": {"custom:tenant_id": "acme"}},
        },
    }
    told = json.loads(for_tenant(asked, lines.usage)["body"])
    shown = [(group["dimensions"], group["quantity"]) for group in told["by_dimension"]]
    assert (told["quantity"], shown, told["dimensions_omitted"]) == ("15", SHOWN, 3)
