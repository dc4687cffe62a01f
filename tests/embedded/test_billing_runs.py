"""Billing on the embedded AWS: what is written, what is refused, and what is told, with Athena's own answers."""

import pytest

from billing.documents import MissingObjectError
from billing.dynamo import Condition, ConditionFailedError
from billing.lake import QueryError
from billing.planner import plan
from billing.records import FinalRun
from embedded_aws.server import EmbeddedAws
from rating.period import Period
from tests.embedded.athena_kit import Lake
from tests.embedded.billing_kit import Billing
from tests.embedded.gateway_kit import client


def plan_of(unit_amount: str, fee: str | None = None) -> dict[str, object]:
    price = {"meter": "api_calls", "price": {"model": "per_unit", "unit_amount": unit_amount}}
    version = {"name": "v1", "effective_from": "2025-01-01", "recurring_fee": fee, "prices": [price]}
    return {"description": "Plan", "currency": "USD", "currency_exponent": 2, "versions": [version]}


CATALOG = {
    "default_plan": "payg",
    "meters": {
        "api_calls": {
            "description": "API calls",
            "unit": "call",
            "aggregation": "count",
            "filters": [{"column": "billable", "equals": True}],
        }
    },
    "plans": {"payg": plan_of("0.10"), "team": plan_of("0.01", "30"), "pro": plan_of("0.05", "310")},
}
LATE = "o'late 😀"
TENANTS = (LATE, "changing", "homeless", "quiet")


@pytest.fixture(scope="module")
def billing(aws: EmbeddedAws) -> Billing:
    """September is billed: a change of plan, a missing address, a fee without rows, and a name that needs care."""
    made = Billing(aws, CATALOG, Lake.make(aws, "billing"))
    made.account(LATE, ("team", "2026-09-01", None))
    made.account("changing", ("team", "2026-09-01", "2026-09-11"), ("pro", "2026-09-11", None))
    made.account("homeless", ("team", "2026-09-01", None), address=[])
    made.account("quiet", ("team", "2026-09-01", None))
    made.requests(
        (LATE, "2026-09-10", 100, None),
        (LATE, "2026-09-20", 50, "2026-10-03T06:00:00"),  # at the cutoff: late
        ("changing", "2026-09-10", 7, None),
        ("changing", "2026-09-11", 3, None),
    )
    made.run("2026-10-04T06:00:00Z")
    return made


def test_a_month_of_bills(billing: Billing) -> None:
    september = {name: bill for name, bill in billing.bills(*TENANTS).items() if name.endswith("09")}
    assert september == {
        "changing 2026-09": ("finalized", "INV-2026-000001", "260.27"),
        "homeless 2026-09": ("draft", None, "36.00"),
        f"{LATE} 2026-09": ("finalized", "INV-2026-000002", "37.20"),
        "quiet 2026-09": ("finalized", "INV-2026-000003", "36.00"),
    }
    assert billing.buried() == [
        {
            "reason": "customer.address: a final invoice must have at least one line, got none",
            "run_id": "final-2026-09-20261004T060000Z",
            "tenant_id": "homeless",
        }
    ]
    told = {event["detail"]["id"]: event["detail"] for event in billing.events()}
    assert set(told) == {
        *(f"invoice.drafted/{period}/{tenant}" for tenant in TENANTS for period in ("2026-09", "2026-10")),
        *(f"invoice.finalized/INV-2026-00000{number}" for number in (1, 2, 3)),
    }
    stem = "final/period=2026-09/tenant=o%27late%20%F0%9F%98%80/INV-2026-000002"
    forms = {form: f"{stem}.{form}" for form in ("json", "csv", "html")}
    assert told["invoice.finalized/INV-2026-000002"]["document"] == {"bucket": billing.name, **forms}
    s3 = client(billing.aws, "s3")
    for key in forms.values():
        kept = s3.head_object(Bucket=billing.name, Key=key)
        assert (kept["ObjectLockMode"], f"{kept['ObjectLockRetainUntilDate']:%Y-%m-%d}") == ("GOVERNANCE", "2036-10-01")


def test_a_dry_run_shows_late_usage_and_writes_nothing(billing: Billing) -> None:
    before = billing.everything()
    answer = plan(
        billing.parts, {"as_of": "2026-10-05T06:00:00Z", "dry_run": True, "period": "2026-10", "tenants": [LATE]}
    )
    assert billing.everything() == before
    [bill] = answer["bills"]
    assert (bill["tenant_id"], bill["outcome"], bill["document"]["total"]) == (LATE, "draft", "36.60")
    [adjustment] = bill["document"]["adjustments"]
    assert adjustment["evidence"]["rows_per_day"] == {"2026-09-10": 100, "2026-09-20": 50}


def test_what_is_written_once_is_not_written_again(billing: Billing) -> None:
    documents = billing.parts.documents
    assert documents.write_once("run/x/once.json", {"a": 1}) == {"a": 1}
    assert documents.write_once("run/x/once.json", {"a": 2}) == {"a": 1}
    with pytest.raises(MissingObjectError, match=r"/run/x/none\.json: must be there, is not"):
        documents.read("run/x/none.json")


def test_the_later_draft_stays_whoever_writes_last(billing: Billing) -> None:
    documents = billing.parts.documents
    draft = documents.document("draft/period=2026-10/tenant=quiet/invoice")
    stem = "draft/period=2026-11/tenant=x/invoice"
    first = documents.write_draft(stem, draft, as_of="2026-11-04T06:00:00Z", etags=None)
    assert first
    later = documents.write_draft(stem, {**draft, "reconciliation": "later"}, as_of="2026-11-05T06:00:00Z", etags=None)
    assert documents.write_draft(stem, draft, as_of="2026-11-04T06:00:00Z", etags=first) is None
    assert documents.document(stem)["reconciliation"] == "later"
    assert documents.write_draft(stem, {**draft, "reconciliation": "last"}, as_of="2026-11-06T06:00:00Z", etags=later)
    assert documents.document(stem)["reconciliation"] == "last"


def test_conditions_hold_as_they_are_meant(billing: Billing) -> None:
    runs, table = billing.parts.runs, billing.parts.store.invoices
    done = runs.final()
    assert done
    assert (done.state, done.continue_at) == ("done", None)
    assert not runs.claim(done)
    late = FinalRun("r", Period(2026, 10), "2027-01-01", "c", "2027-01-01#2026-10", "rating")
    assert runs.claim(late)
    with pytest.raises(ConditionFailedError) as refused:
        table.transact([table.putting({"pk": "X", "sk": "Y"}), runs.none_in_flight()])
    assert refused.value.failed == (1,)
    assert table.get(("X", "Y")) is None
    numbered = runs.number(late, attempt="a", prefix="INV", year=2026, count=2, left=0)
    assert numbered == runs.final()
    assert numbered
    assert numbered.block == {"prefix": "INV", "year": 2026, "first": 4, "count": 2}
    assert runs.number(late, attempt="b", prefix="INV", year=2026, count=2, left=0) is None
    with pytest.raises(ConditionFailedError):
        table.transact([runs.taking("INV-2026", 4, 1)])
    assert runs.finish(numbered)
    assert not runs.finish(numbered)
    with pytest.raises(ConditionFailedError):
        table.put({"pk": "NUMBERS", "sk": "INV-2026"}, Condition("attribute_not_exists(#pk)"))


def test_a_query_that_fails_gives_athenas_reason(billing: Billing) -> None:
    with pytest.raises(QueryError, match=r"query \S+ failed: .*nowhere"):
        billing.parts.lake.query('SELECT * FROM "nowhere"')
