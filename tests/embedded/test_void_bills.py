"""Voids and bills in the embedded AWS: before a month's cutoff, after its final bill, undone, and never twice."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from billing.catalogs import Catalogs
from billing.recount import Recounter
from billing.rollup import roll_up
from billing.verify import Verifier
from customer.answering import for_tenant
from customer.parts import connect_lines
from embedded_aws.server import EmbeddedAws
from rating.period import Period
from tests.embedded.athena_kit import Lake
from tests.embedded.billing_kit import Billing
from tests.embedded.test_billing_runs import CATALOG
from usage.selection import Selection
from usage.voids import unvoid_query, void_query

pytestmark = pytest.mark.soak

SEPTEMBER = Period(2026, 9)
CALLS = "2026-09-01/api_calls"
FIVE = Selection(keys=tuple((f"t-2026-09-10-None-{number}",) for number in range(5)))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@dataclass
class Story:
    """What was shown in September, and the invoices of three months."""

    billing: Billing
    used: dict[str, str] = field(default_factory=dict)
    """Calls of September in the usage view, before and after the void."""

    def void(self, selection: Selection, time: str, action_id: str) -> None:
        [table] = self.billing.parts.lake.tables()
        told = {"voided_at": at(time), "action_id": action_id}
        self.billing.lake.rows(void_query(table, selection, **told, window_days=0))  # type: ignore[arg-type]

    def unvoid(self, action_id: str, time: str) -> None:
        [table] = self.billing.parts.lake.tables()
        selection = Selection(action_id=action_id)
        self.billing.lake.rows(unvoid_query(table, selection, voided_at=at(time), action_id="back"))

    def look(self, time: str) -> None:
        roll_up(self.billing.parts, {"scheduled_time": time, "period": str(SEPTEMBER)})
        assert self.billing.parts.usage
        item = self.billing.parts.usage.get("t", SEPTEMBER)
        assert item
        self.used[time] = json.loads(item.text())["meters"][0]["quantity"]

    def documents(self, tenant_id: str) -> dict[str, dict[str, Any]]:
        """A tenant's invoices, by period."""
        parts = self.billing.parts
        found = {str(one.period): one.location for one in parts.store.tenant(tenant_id).invoices}
        return {period: parts.documents.document(location) for period, location in found.items()}

    def behind(self, document: dict[str, Any]) -> dict[str, Any]:
        """What is answered of an invoice's first line."""
        lines = connect_lines(self.billing.environment(), self.billing.aws.session())
        event = {
            "requestContext": {
                "requestTimeEpoch": 1800000000000,
                "authorizer": {"claims": {"custom:tenant_id": document["tenant_id"]}},
            },
            "pathParameters": {"number": document["number"], "line": "1"},
        }
        told: dict[str, Any] = json.loads(for_tenant(event, lines.usage)["body"])
        return told


@pytest.fixture(scope="module")
def story(aws: EmbeddedAws) -> Story:
    billing = Billing(aws, CATALOG, Lake.make(aws, "void-bills"))
    told = Story(billing)
    for tenant in ("t", "all"):
        billing.account(tenant)
    billing.requests(("t", "2026-09-10", 20, None), ("t", "2026-09-20", 10, None), ("all", "2026-09-10", 5, None))
    told.look("2026-09-24T06:00:00Z")
    told.void(Selection(tenant_id="t", start=at("2026-09-20"), end=at("2026-09-21")), "2026-09-25", "before")
    told.look("2026-09-26T06:00:00Z")
    billing.run("2026-10-04T06:00:00Z")
    told.void(FIVE, "2026-10-20T00:00:00", "five")
    told.void(FIVE, "2026-10-20T01:00:00", "again")
    told.void(Selection(tenant_id="all", start=at("2026-09-01"), end=at("2026-10-01")), "2026-10-20", "all")
    billing.requests(("t", "2026-10-10", 1, None))
    again = {**_request(FIVE.keys[0][0]), "ingested_at": at("2026-10-21")}
    billing.lake.append([again], billing.table)
    billing.run("2026-11-04T06:00:00Z")
    told.unvoid("five", "2026-11-20")
    billing.run("2026-12-04T06:00:00Z")
    return told


def _request(key: str) -> dict[str, Any]:
    told = {"extended_request_id": key, "request_id": key, "tenant_id": "t", "user": "user-0", "status": 200}
    return {**told, "request_time": at("2026-09-10T12:00:00"), "response_length": 10, "billable": True}


def test_what_is_void_before_the_cutoff_is_in_no_figure_of_the_month(story: Story) -> None:
    assert story.used == {"2026-09-24T06:00:00Z": "30", "2026-09-26T06:00:00Z": "20"}
    document = story.documents("t")["2026-09"]
    assert [(line["key"], line["quantity"], line["amount"]) for line in document["lines"]] == [(CALLS, "20", "2.00")]
    assert document["evidence"]["rows_per_day"] == {"2026-09-10": 20}


def test_behind_a_line_is_what_was_billed_whatever_was_void_since(story: Story) -> None:
    told = story.behind(story.documents("t")["2026-09"])
    assert (told["quantity"], told["events"], "counted" in told) == ("20", 20, False)
    assert told["by_day"] == [{"day": "2026-09-10", "quantity": "20"}]


def test_what_is_void_after_the_final_bill_is_taken_back_once_and_comes_back_once(story: Story) -> None:
    documents = story.documents("t")
    adjusted = {
        period: [
            (one["period"], line["key"], line["was"]["quantity"], line["now"]["quantity"], line["amount"])
            for one in document["adjustments"]
            for line in one["lines"]
        ]
        for period, document in documents.items()
    }
    assert adjusted == {
        "2026-09": [],
        "2026-10": [("2026-09", CALLS, "20", "15", "-0.50")],
        "2026-11": [("2026-09", CALLS, "15", "20", "0.50")],
    }


def test_a_tenant_that_lost_everything_gets_everything_back(story: Story) -> None:
    documents = story.documents("all")
    [adjustment] = documents["2026-10"]["adjustments"]
    assert [(line["key"], line["amount"]) for line in adjustment["lines"]] == [(CALLS, "-0.50")]
    assert adjustment["evidence"]["rows_per_day"] == {}
    assert (documents["2026-10"]["lines"], documents["2026-10"]["subtotal"]) == ([], "-0.50")


def test_every_document_is_the_same_when_counted_again(story: Story) -> None:
    parts = story.billing.parts
    documents = [*story.documents("t").values(), *story.documents("all").values()]
    verifier = Verifier(parts.store, Recounter(parts.lake, Catalogs(parts.documents)))
    assert [found for _, found in verifier.verify(documents)] == [()] * 5
