"""What goes wrong ends with the right bill, or with a message that says why: never with a wrong bill."""

import json
from typing import Any

import pytest

from billing.dry_run import DryRunTooLargeError
from billing.lake import QueryError
from billing.measuring import LakeError
from billing.reconciliation import unreconciled
from billing.requests import RequestError
from billing.tasks import Task
from rating.catalog import digest_of
from rating.period import Period
from tests.unit.billing.fake_aws import MOST_RECEIVES
from tests.unit.billing.test_months import bill
from tests.unit.billing.world import CATALOG, METER, World, plan_of

NOW = "2026-11-04T06:00:00Z"


@pytest.fixture
def world() -> World:
    world = World()
    world.account("t", ("team", "2026-10-01", None))
    return world


def reasons(world: World) -> set[tuple[str | None, str]]:
    return {(one.get("tenant_id"), one["reason"]) for one in world.aws.buried}


def test_a_failing_query_fails_the_planner_with_athenas_reason(world: World) -> None:
    world.lake.failing = "TABLE_NOT_FOUND: line 5"
    with pytest.raises(QueryError, match="TABLE_NOT_FOUND: line 5"):
        world.plan({"scheduled_time": NOW})
    world.lake.failing = ""
    world.run(NOW)
    assert bill(world, "t", "2026-10") == ("finalized", "INV-2026-000001", "36.00")


def test_a_tenant_that_cannot_be_billed_does_not_keep_others(world: World) -> None:
    world.account("broken", ("no-such-plan", "2026-10-01", None))
    world.account("homeless", ("team", "2026-10-01", None), address=[])
    world.calls("nobody", "2026-10-05", 10)
    world.calls("x" * 257, "2026-10-05", 10)
    world.aws.dynamodb.tables["subscriptions"]["a", "garbled"] = {
        "shard": "a",
        "tenant_id": "garbled",
        "account": {"subscriptions": "all"},
        "version": 1,
    }
    world.run(NOW)
    assert bill(world, "t", "2026-10") == ("finalized", "INV-2026-000001", "36.00")
    assert bill(world, "homeless", "2026-10") == ("draft", None, "36.00")
    assert bill(world, "nobody", "2026-10") == ("draft", None, "1.00")
    assert bill(world, "broken", "2026-10") == (None,)
    assert world.items("PERIODS")["PERIODS 2026-10"]["left"] == 5
    assert reasons(world) == {
        ("broken", 'account: plan of the subscription must be in the catalog, got "no-such-plan"'),
        ("garbled", 'account: subscriptions: must be a list, got "all"'),
        ("homeless", "customer.address: a final invoice must have at least one line, got none"),
        ("nobody", "customer: a final invoice must have one, got none"),
        (None, f"tenant id must have 1 to 256 bytes, got '{'x' * 60}'"),
    }


def test_a_reason_may_name_a_tenant_by_characters_that_no_message_may_have(world: World) -> None:
    world.account("odd\uffff", ("no-such-plan", "2026-10-01", None))
    world.run(NOW)
    assert reasons(world) == {
        ("odd\uffff", 'account: plan of the subscription must be in the catalog, got "no-such-plan"')
    }
    assert bill(world, "t", "2026-10") == ("finalized", "INV-2026-000001", "36.00")


def test_without_a_seller_drafts_go_on(world: World) -> None:
    world.deploy(CATALOG, seller=None)
    answer = world.plan({"scheduled_time": NOW})
    reason = "no seller is configured: invoices stay drafts"
    assert answer["refused"] == [{"period": "2026-10", "reason": reason}]
    world.drain()
    assert bill(world, "t", "2026-10") == ("draft", None, "36.00")
    assert (None, f"period 2026-10 is not finalized: {reason}") in reasons(world)


def hour(time: str, state: str, **rest: Any) -> dict[str, Any]:
    return {"source": "api-requests", "hour": time, "state": state, "missing": 3, "unexplained": 0, **rest}


def test_an_hour_that_is_open_keeps_the_period_from_being_finalized(world: World) -> None:
    table = world.aws.dynamodb.tables["reconciliation"]
    for day in range(1, 32):
        for number in range(24):
            time = f"2026-10-{day:02}T{number:02}:00:00Z"
            table["api-requests", time] = hour(time, "balanced")
    at = "2026-10-31T23:00:00Z"
    table["api-requests", at] = hour(at, "missing")
    period = "PERIOD#2026-10"
    table["api-requests", period] = {**hour(period, "missing"), "checked_at": "2026-11-04T04:20:00Z"}
    world.run(NOW)
    assert bill(world, "t", "2026-10") == ("draft", None, "36.00")
    assert reasons(world) == {
        (
            None,
            "period 2026-10 is not finalized: rows are missing or unexplained in hours: 1; explain or accept them",
        )
    }
    draft = world.document("draft/period=2026-10/tenant=t/invoice.json")
    assert draft["reconciliation"] == "open: 1 hour"
    dry = world.plan({"as_of": "2026-11-05T06:00:00Z", "dry_run": True, "period": "2026-10"})
    reason = "rows are missing or unexplained in hours: 1; explain or accept them"
    assert dry["refused"] == [{"period": "2026-10", "reason": reason}]
    assert [(one["kind"], one["outcome"]) for one in dry["bills"]] == [("draft", "draft")]
    accepted = {"by": "me", "at": "2026-11-04T08:00:00Z", "reason": "lost", "missing": 3, "unexplained": 0}
    table["api-requests", at] = hour(at, "missing", accepted=accepted)
    world.run("2026-11-05T06:00:00Z")
    document = world.document("final/period=2026-10/tenant=t/INV-2026-000001.json")
    assert document["reconciliation"] == "balanced, 1 hour accepted"


def test_an_hour_that_is_late_keeps_nobody_from_being_billed_and_the_invoice_says_so(world: World) -> None:
    at = "2026-10-31T23:00:00Z"
    world.aws.dynamodb.tables["reconciliation"]["api-requests", at] = hour(at, "late")
    world.run(NOW)
    document = world.document("final/period=2026-10/tenant=t/INV-2026-000001.json")
    assert document["reconciliation"] == "not reconciled"


def test_a_period_that_was_never_reconciled_is_not_finalized_until_it_is_or_somebody_accepts_it(world: World) -> None:
    world.deploy(CATALOG, require_reconciliation=True)
    table = world.aws.dynamodb.tables["reconciliation"]
    lacking = "2026-10-01T00:00:00Z to 2026-11-01T00:00:00Z, the month as a whole"
    reason = (
        f"not reconciled: api-requests: {lacking}. `operate reconcile --period 2026-10` does it, "
        "`operate accept --unreconciled --period 2026-10 --source …` lets it be"
    )
    world.run("2026-11-03T06:00:00Z")  # the month's grace is not over
    assert reasons(world) == set()
    world.run(NOW)
    assert bill(world, "t", "2026-10") == ("draft", None, "36.00")
    assert reasons(world) == {(None, f"period 2026-10 is not finalized: {reason}")}
    for item in list(unreconciled(world.planner.store, "api-requests", Period(2026, 10))):
        accepted = {"by": "me", "at": NOW, "reason": "no figures", "missing": 0, "unexplained": 0}
        table["api-requests", item["hour"]] = {**item, "state": "unreconciled", "accepted": accepted}
    world.run("2026-11-05T06:00:00Z")
    document = world.document("final/period=2026-10/tenant=t/INV-2026-000001.json")
    assert document["reconciliation"] == "not reconciled, accepted"


def test_a_period_that_a_run_has_opened_itself_has_until_the_next_one_to_be_reconciled(world: World) -> None:
    world.deploy(CATALOG, require_reconciliation=True)
    dry = world.plan({"as_of": NOW, "dry_run": True, "period": "2026-10"})
    assert (dry["refused"], [(one["kind"], one["outcome"]) for one in dry["bills"]]) == ([], [("draft", "draft")])
    answer = world.plan({"scheduled_time": NOW})
    assert ([one["kind"] for one in answer["runs"]], answer["refused"], reasons(world)) == (["draft"] * 2, [], set())
    answer = world.plan({"scheduled_time": "2026-11-05T06:00:00Z"})
    assert [one["period"] for one in answer["refused"]] == ["2026-10"]
    assert len(reasons(world)) == 1


def test_a_period_on_hold_stays_a_draft_and_the_next_one_goes_on(world: World) -> None:
    item = {"pk": "HOLDS", "sk": "PERIOD#2026-10", "by": "a", "reason": "b", "at": "c"}
    world.aws.dynamodb.tables["invoices"]["HOLDS", "PERIOD#2026-10"] = item
    world.run(NOW)
    world.run("2026-12-04T06:00:00Z")
    assert bill(world, "t", "2026-10") == ("draft", None, "36.00")
    assert bill(world, "t", "2026-11") == ("finalized", "INV-2026-000001", "36.00")
    assert world.aws.buried == []


def test_a_change_of_currency_under_late_usage_asks_for_a_new_invoice_instead(world: World) -> None:
    world.run(NOW)
    world.account("t", ("team", "2026-10-01", "2026-11-01"), ("euro", "2026-11-01", None))
    world.calls("t", "2026-10-20", 10, ingested="2026-11-10T00:00:00")
    world.run("2026-12-04T06:00:00Z")
    assert bill(world, "t", "2026-11")[0] == "draft"
    [reason] = {why for tenant, why in reasons(world) if tenant == "t"}
    assert "must be in EUR, the invoice's currency, got USD; void and re-issue INV-2026-000001 instead" in reason


@pytest.mark.parametrize("body", ["garbage", "[]", '{"task": "dance"}', '{"task": "rate", "run_id": "r"}'])
def test_a_message_that_is_no_task_is_buried_at_once(world: World, body: str) -> None:
    world.aws.tasks.append({"messageId": "m", "body": body, "receives": 0})
    world.drain()
    [buried] = world.aws.buried
    assert buried["message"] == body
    assert buried["reason"].startswith(("message must be JSON", "task "))


def test_a_task_that_fails_again_and_again_is_buried_with_its_reason_and_can_be_moved_back(world: World) -> None:
    world.plan({"scheduled_time": NOW})
    key = next(key for key in world.aws.objects if key.startswith("run/final-2026-09") or "input/0" in key)
    lost = world.aws.objects.pop(key)
    world.drain()
    [buried] = world.aws.buried
    task = Task.parse(buried["task"])
    restore = "the bucket keeps versions: restore the one that was there"
    assert buried["reason"] == f"MissingObjectError: s3://bucket/{key}: must be there, is not; {restore}"
    assert f"run/{task.run_id}/{task.attempt}/input/{task.batch}.json" == key
    assert MOST_RECEIVES == 3
    world.aws.objects[key] = lost
    world.aws.tasks.append({"messageId": "back", "body": json.dumps(buried), "receives": 0})
    world.drain()
    assert bill(world, "t", "2026-10")[0] in {"draft", "finalized"}
    world.run("2026-11-05T06:00:00Z")
    assert bill(world, "t", "2026-10") == ("finalized", "INV-2026-000001", "36.00")


def test_nobody_is_billed_by_a_kept_catalog_that_somebody_has_changed(world: World) -> None:
    world.plan({"scheduled_time": NOW})
    [key] = [key for key in world.aws.objects if key.startswith("catalog/")]
    kept = world.aws.objects[key]
    dearer = {**CATALOG, "plans": {**CATALOG["plans"], "team": plan_of("9.99", "999")}}
    world.aws.objects[key] = {**kept, "Body": json.dumps(dearer).encode()}
    world.drain()
    assert bill(world, "t", "2026-10") == (None,)
    told = f"CatalogChangedError: s3://bucket/{key}: must have the digest in its name, has {digest_of(dearer)}; "
    assert {one["reason"].partition("the bucket")[0] for one in world.aws.buried} == {told}
    world.aws.objects[key] = kept
    world.run("2026-11-05T06:00:00Z")
    assert bill(world, "t", "2026-10") == ("finalized", "INV-2026-000001", "36.00")


def test_a_tenants_buried_message_moved_back_does_nothing(world: World) -> None:
    body = json.dumps({"reason": "no address", "run_id": "r", "tenant_id": "t"})
    world.aws.tasks.append({"messageId": "back", "body": body, "receives": 0})
    world.drain()
    assert (world.aws.buried, world.aws.writes[1:]) == ([], [])


def test_another_document_under_a_number_is_never_overwritten(world: World) -> None:
    key = "final/period=2026-10/tenant=t/INV-2026-000001.json"
    other = {"Body": b'{"tenant_id": "t", "number": "INV-2026-000001", "total": "1.00"}', "ETag": '"x"'}
    world.aws.objects[key] = other
    world.run(NOW)
    [buried] = world.aws.buried
    assert "must be {'tenant_id': 't', 'number': 'INV-2026-000001', 'revision': 1, 'total': '36.00'" in buried["reason"]
    assert "'total': '1.00'" in buried["reason"]
    assert world.aws.objects[key] is other
    assert bill(world, "t", "2026-10") == ("draft", None, "36.00")


def test_a_meter_without_its_table_is_no_meter_that_counts_nothing(world: World) -> None:
    world.lake.roles = ()
    with pytest.raises(LakeError, match="meter api_calls must read one of , reads api-requests"):
        world.plan({"scheduled_time": NOW})


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ([], "event must be an object, got list"),
        ({}, "event must have either scheduled_time or as_of"),
        ({"scheduled_time": NOW, "as_of": NOW}, "event must have either scheduled_time or as_of"),
        ({"as_of": "2026-11-04"}, "time of the run must have a time zone, got '2026-11-04'"),
        ({"as_of": 5}, "time of the run must be a moment such as 2026-11-01T06:00:00Z, got 5"),
        ({"as_of": NOW, "period": "10"}, 'period must be a month such as "2026-10", got "10"'),
        ({"as_of": NOW, "tenants": []}, r"tenants must be a list of at least one id, got \[\]"),
        ({"as_of": NOW, "dry_run": "yes"}, "dry_run must be true or false, got 'yes'"),
        ({"as_of": NOW, "dryrun": True}, "no other keys than .*, got 'dryrun'"),
    ],
)
def test_the_planner_refuses_what_it_does_not_know(world: World, event: Any, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        world.plan(event)
    assert len(world.aws.writes) == 1  # the account


def test_a_dry_run_returns_what_would_be_written_and_writes_nothing(world: World) -> None:
    world.account("held", ("team", "2026-10-01", None))
    world.account("homeless", ("team", "2026-10-01", None), address=[])
    world.account("broken", ("no-such-plan", "2026-10-01", None))
    held = {"pk": "HOLDS", "sk": "TENANT#held", "by": "a", "reason": "b", "at": "c"}
    world.aws.dynamodb.tables["invoices"]["HOLDS", "TENANT#held"] = held
    world.calls("t", "2026-10-05", 3)
    writes = len(world.aws.writes)
    answer = world.plan({"as_of": NOW, "dry_run": True})
    assert len(world.aws.writes) == writes
    found = {
        (one["tenant_id"], one["period"]): (one["kind"], one["outcome"], one["document"] and one["document"]["total"])
        for one in answer.pop("bills")
    }
    assert answer == {"runs": [], "refused": []}
    assert found == {
        ("broken", "2026-10"): ("final", "failed", None),
        ("broken", "2026-11"): ("draft", "failed", None),
        ("held", "2026-10"): ("final", "held", "36.00"),
        ("held", "2026-11"): ("draft", "draft", "36.00"),
        ("homeless", "2026-10"): ("final", "failed", "36.00"),
        ("homeless", "2026-11"): ("draft", "draft", "36.00"),
        ("t", "2026-10"): ("final", "issue", "36.04"),
        ("t", "2026-11"): ("draft", "draft", "36.00"),
    }
    [one] = world.plan({"as_of": NOW, "dry_run": True, "tenants": ["t"], "period": "2026-10"})["bills"]
    world.run(NOW)
    final = world.document("final/period=2026-10/tenant=t/INV-2026-000001.json")
    stamped = {name: final[name] for name in ("number", "status", "issue_date", "due_date")}
    assert final == one["document"] | stamped


def test_a_dry_run_too_large_for_an_answer_says_what_to_do(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billing.dry_run.LONGEST_ANSWER", 1000)
    with pytest.raises(DryRunTooLargeError, match="at most 1000 bytes, got more: name tenants or a period"):
        world.plan({"as_of": NOW, "dry_run": True})


def test_part_of_the_tenants_is_drafted_and_never_finalized(world: World) -> None:
    world.account("other", ("team", "2026-10-01", None))
    answer = world.plan({"as_of": NOW, "tenants": ["t"], "period": "2026-10"})
    assert [(run["period"], run["kind"], run["tenants"]) for run in answer["runs"]] == [("2026-10", "draft", 1)]
    world.drain()
    assert (bill(world, "t", "2026-10")[0], bill(world, "other", "2026-10")) == ("draft", (None,))


def test_many_tenants_go_in_batches_and_plans_that_change_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billing.gathering.TENANTS_PER_QUERY", 7)
    monkeypatch.setattr("billing.planner.TENANTS_PER_BATCH", 5)
    monkeypatch.setattr("billing.issue.ISSUES_PER_BATCH", 4)
    world = World({**CATALOG, "meters": {"api_calls": METER}})
    tenants = [f"t{number:02}" for number in range(23)]
    for number, tenant in enumerate(tenants):
        changes = [("team", "2026-10-01", "2026-10-16"), ("pro", "2026-10-16", None)]
        world.account(tenant, *(changes if number % 2 else [("team", "2026-10-01", None)]))
        world.calls(tenant, "2026-10-20", number)
    world.run(NOW)
    numbers = [bill(world, tenant, "2026-10")[1] for tenant in tenants]
    assert numbers == [f"INV-2026-{number:06}" for number in range(1, 24)]
    totals = [bill(world, tenant, "2026-10")[2] for tenant in tenants[:4]]
    assert totals == ["36.00", "209.48", "36.02", "209.60"]
