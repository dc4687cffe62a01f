import json

import pytest

from handlers import billing_planner, billing_worker
from tests.unit.billing.world import World


def test_the_planner_plans_and_the_worker_works_off(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    world.account("t", ("team", "2026-10-01", None))
    monkeypatch.setattr(billing_planner, "parts", lambda: world.planner)
    monkeypatch.setattr(billing_worker, "parts", lambda: world.worker)
    answer = billing_planner.handler({"scheduled_time": "2026-10-20T06:00:00Z"}, None)
    assert [(run["kind"], run["period"], run["tenants"]) for run in answer["runs"]] == [
        ("draft", "2026-09", 0),
        ("draft", "2026-10", 1),
        ("final", "2026-09", 0),
    ]
    october = answer["runs"][1]
    assert {name: october[name] for name in ("run_id", "period", "kind", "tenants", "batches")} == {
        "run_id": "draft-2026-10-20261020T060000Z",
        "period": "2026-10",
        "kind": "draft",
        "tenants": 1,
        "batches": 1,
    }
    sweep, rate, number = ({**one, "attributes": {"ApproximateReceiveCount": "1"}} for one in world.aws.tasks)
    assert json.loads(rate["body"]) == {
        "task": "rate",
        "run_id": october["run_id"],
        "attempt": october["attempt"],
        "batch": 0,
    }
    assert billing_worker.handler({"Records": [sweep, rate, number]}, None) == {"batchItemFailures": []}
    assert world.document("draft/period=2026-10/tenant=t/invoice.json")["total"] == "36.00"


def test_a_failing_task_is_the_only_one_that_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    monkeypatch.setattr(billing_worker, "parts", lambda: world.worker)
    lost = {"task": "rate", "run_id": "draft-x", "attempt": "a", "batch": 0}
    records = [
        {"messageId": f"m{number}", "body": json.dumps(body), "attributes": {"ApproximateReceiveCount": "1"}}
        for number, body in enumerate([{"task": "sweep"}, lost])
    ]
    assert billing_worker.handler({"Records": records}, None) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
