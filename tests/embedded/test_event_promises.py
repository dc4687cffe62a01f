"""What is promised of bills over usage events, lived through: three months, late rows, a void, another catalog."""

import json
from typing import Any

import pytest

from billing.catalogs import Catalogs
from billing.recount import Recounter
from billing.verify import Verifier
from customer.answering import for_tenant
from customer.parts import connect_lines
from embedded_aws.server import EmbeddedAws
from tests.embedded.promises_kit import METERS, TENANTS, Story, live_through

pytestmark = pytest.mark.soak


@pytest.fixture(scope="module")
def story(aws: EmbeddedAws) -> Story:
    return live_through(aws)


def billed(document: dict[str, Any], meter: str = "tokens") -> list[str]:
    return [line["quantity"] for line in document["lines"] if line["meter"] == meter]


def adjusted(document: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    return [
        (adjustment["period"], line["key"].partition("/")[2], line["was"]["quantity"], line["now"]["quantity"])
        for adjustment in document["adjustments"]
        for line in adjustment["lines"]
    ]


def tokens(story: Story, tenant: str) -> dict[str, list[str]]:
    return {month: billed(document) for month, document in story.invoices(tenant).items()}


def test_a_retry_is_billed_once_within_the_window_and_again_beyond_it(story: Story) -> None:
    assert tokens(story, "retries") == {"2026-09": ["7"], "2026-10": ["8"], "2026-11": ["4"]}
    assert [adjusted(document) for document in story.invoices("retries").values()] == [[], [], []]
    rows = story.invoices("retries")["2026-09"]["evidence"]["rows_per_day"]
    assert rows == {"2026-09-14": 1, "2026-09-15": 1, "2026-09-30": 1}


def test_a_bill_is_counted_by_the_window_of_its_own_catalog(story: Story) -> None:
    draft, _ = story.drafts["retries"]
    assert draft
    final = story.invoices("retries")["2026-09"]
    assert (billed(draft), billed(final)) == (["23"], ["7"])
    assert draft["catalog"] != final["catalog"]


def test_another_tenants_events_of_the_same_source_and_id_are_its_own(story: Story) -> None:
    assert tokens(story, "other") == {"2026-09": ["16"], "2026-10": ["32"]}


def test_late_events_are_adjusted_once_whatever_months_their_duplicates_are_dated_in(story: Story) -> None:
    invoices = story.invoices("late")
    assert {month: (billed(document), adjusted(document)) for month, document in invoices.items()} == {
        "2026-09": (["1"], []),
        "2026-10": (
            [],
            [
                ("2026-09", "last", "1", "100"),
                ("2026-09", "models", "1", "2"),
                ("2026-09", "peak", "1", "100"),
                ("2026-09", "tokens", "1", "101"),
            ],
        ),
        "2026-11": (
            ["2"],
            [
                ("2026-09", "last", "100", "1000"),
                ("2026-09", "peak", "100", "1000"),
                ("2026-09", "tokens", "101", "1101"),
            ],
        ),
    }


def test_late_events_of_a_month_on_two_plans_are_each_at_their_plans_price(story: Story) -> None:
    invoices = story.invoices("changing")
    assert {meter: billed(invoices["2026-09"], meter) for meter in METERS} == {
        "tokens": ["8", "9"],
        "models": ["2", "2"],
        "peak": ["5", "7"],
        "last": ["5", "2"],
    }
    [adjustment] = invoices["2026-10"]["adjustments"]
    changes = {
        line["key"]: (line["was"]["quantity"], line["now"]["quantity"], line["amount"]) for line in adjustment["lines"]
    }
    assert changes == {
        "2026-09-01/tokens": ("8", "58", "1.00"),
        "2026-09-01/models": ("2", "3", "0.02"),
        "2026-09-01/peak": ("5", "50", "0.90"),
        "2026-09-15/tokens": ("9", "69", "0.60"),
        "2026-09-15/models": ("2", "3", "0.01"),
        "2026-09-15/peak": ("7", "60", "0.53"),
        "2026-09-15/last": ("2", "60", "0.58"),
    }


def test_corrections_below_zero_count(story: Story) -> None:
    [document] = story.invoices("negative").values()
    assert {meter: billed(document, meter) for meter in METERS} == {
        "tokens": ["11.25"],
        "models": ["2"],
        "peak": ["10.5"],
        "last": ["1"],
    }
    [line] = [line for line in document["lines"] if line["meter"] == "tokens"]
    groups = {group["dimensions"]["data.model"]: (group["quantity"], group["events"]) for group in line["groups"]}
    assert groups == {"m": ("11.25", 3), "refunded": ("0", 2)}


def test_a_quantity_below_zero_has_no_bill_until_it_is_mended(story: Story) -> None:
    draft, shown = story.drafts["below"]
    quantities = {meter["meter"]: meter["quantity"] for meter in shown["meters"]}
    assert (draft, shown["bill"]) == (None, None)
    assert quantities == {"tokens": "-1", "models": "1", "peak": "-1", "last": "-1"}
    messages = [json.dumps(message) for message in story.billing.buried()]
    assert [message for message in messages if "below" in message and "2026-09-01/tokens" in message]
    assert {month: (billed(one), adjusted(one)) for month, one in story.invoices("below").items()} == {
        "2026-09": (["2"], [])
    }


def test_what_is_taken_back_is_billed_anew_with_what_came_in_between_and_no_more(story: Story) -> None:
    invoices = story.invoices("void")
    assert {month: (billed(one), one["revision"], adjusted(one)) for month, one in invoices.items()} == {
        "2026-09": (["30"], 2, [])
    }


def test_every_document_is_the_same_when_counted_again(story: Story) -> None:
    parts = story.billing.parts
    finals = [document for tenant in TENANTS for document in story.invoices(tenant).values()]
    documents = [*finals, *(draft for draft, _ in story.drafts.values() if draft)]
    verifier = Verifier(parts.store, Recounter(parts.lake, Catalogs(parts.documents)))
    assert [(one["tenant_id"], found) for one, found in verifier.verify(documents)] == [
        (document["tenant_id"], ()) for document in documents
    ]


@pytest.mark.parametrize("tenant", sorted({*TENANTS} - {"below"}))
def test_what_a_customer_is_shown_is_its_draft(story: Story, tenant: str) -> None:
    draft, shown = story.drafts[tenant]
    assert draft
    assert {**shown["bill"], "projected_total": None} == {
        **{name: draft[name] for name in shown["bill"] if name != "projected_total"},
        "projected_total": None,
    }
    assert shown["bill"]["projected_total"] == draft["total"]


def test_behind_every_line_of_two_plans_is_its_quantity_though_late_rows_have_come_since(story: Story) -> None:
    lines = connect_lines(story.billing.environment(), story.billing.aws.session())
    document = story.invoices("changing")["2026-09"]
    asked = {
        "requestContext": {
            "requestTimeEpoch": 1800000000000,
            "authorizer": {"claims": {"custom:tenant_id": "changing"}},
        }
    }
    for place, line in enumerate(document["lines"], start=1):
        path = {"pathParameters": {"number": document["number"], "line": str(place)}}
        told = json.loads(for_tenant({**asked, **path}, lines.usage)["body"])
        groups = {json.dumps(one["dimensions"]): (one["quantity"], one["events"]) for one in told["by_dimension"]}
        assert (told["quantity"], "counted" in told, groups) == (
            line["quantity"],
            False,
            {json.dumps(one["dimensions"]): (one["quantity"], one["events"]) for one in line["groups"]},
        )
