"""Explain and reconcile against fakes."""

import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rating.period import Period
from tests.unit.tools.operate_kit import AT, TIMED_OUT, WHO, World, error_object, key, log_line
from tools.operate.explain import explain
from tools.operate.reconcile import OUT_OF_TURN, FutureHoursError, ReconcileError, reconcile


def test_explain_puts_together_rows_error_bucket_hours_and_bill() -> None:
    early, done = key("early", "2026-11-01-00-00-10"), key("done")
    objects = {
        early: error_object(log_line("a"), log_line("b", tenant_id="other"), b"{"),
        done: error_object(log_line("a"), log_line("c"), log_line("d", request_time_epoch="1788000000000")),
        key("before", "2026-10-31-00-00-00"): error_object(log_line("e")),
    }
    world = World(objects)
    world.period("2026-11", "2026-12-04T00:00:00Z")
    world.stack.marks.begin("errors", done, action_id="x", at=AT, records=3)
    world.stack.marks.done("errors", done, at=AT, put=3)
    world.hour("api-requests", "2026-11-05T08:00:00Z", "missing", 4)
    accepted = {"by": "olga", "reason": "lost", "at": "x", "missing": 2, "unexplained": 0}
    world.hour("api-requests", "2026-11-05T09:00:00Z", "missing", 2, accepted=accepted)
    reasons = ["billable", "status", "error_type", "http_method", "resource_path"]
    requests = [
        ["false", "false", "false", "true", "", "", "", "", "10", "12"],
        ["false", "false", "true", "false", "429", "THROTTLED", "GET", "/x", "3", "3"],
        ["true", "false", "false", "true", "", "", "", "", "2", "2"],
    ]
    events = [["false", "true", "false", "com.example.tokens", "5", "6"]]
    ends = ["records", "deliveries"]
    lake = world.answers(
        (["is_void", "differs", "is_late", *reasons, *ends], requests),
        (["is_void", "differs", "is_late", "type", *ends], events),
    )
    found = explain(world.stack, "acme", Period(2026, 11)).to_json()
    zero = {"failed": {}, "replayed": 0, "never": 0, "open_hours": 0, "accepted_hours": []}
    assert found == {
        "tenant_id": "acme",
        "period": "2026-11",
        "as_of": "2026-11-05T10:15:00Z",
        "billed_before": "2026-12-04T00:00:00Z",
        "bill": None,
        "sources": {
            "api-requests": {
                "deliveries": 17,
                "duplicates": 2,
                "records": 15,
                "void": 2,
                "counted": 13,
                "late": 3,
                "differing": 0,
                "billable": 10,
                "unbillable": [
                    {
                        "status": "429",
                        "error_type": "THROTTLED",
                        "http_method": "GET",
                        "resource_path": "/x",
                        "requests": 3,
                    }
                ],
                "by_type": {},
                "failed": {TIMED_OUT: 1},
                "replayed": 1,
                "never": 1,
                "open_hours": 1,
                "accepted_hours": [
                    {
                        "hour": "2026-11-05T09:00:00Z",
                        "missing": 2,
                        "unexplained": 0,
                        "by": "olga",
                        "reason": "lost",
                    }
                ],
            },
            "usage-events": {
                "deliveries": 6,
                "duplicates": 1,
                "records": 5,
                "void": 0,
                "counted": 5,
                "late": 0,
                "differing": 5,
                "billable": 0,
                "unbillable": [],
                "by_type": {"com.example.tokens": 5},
                **zero,
            },
        },
    }
    assert len(lake.asked) == 2


@dataclass
class FakeLambda:
    answer: dict[str, Any]
    called: list[tuple[str, str, Any]]

    def invoke(self, *, FunctionName: str, Qualifier: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        self.called.append((FunctionName, Qualifier, json.loads(Payload)))
        failed = {"FunctionError": "Unhandled"} if "errorType" in self.answer else {}
        return {"Payload": io.BytesIO(json.dumps(self.answer).encode()), **failed}


def test_the_reconciler_is_called_as_it_wants_to_be() -> None:
    world = World()
    answer = {"sources": {"api-requests": {"late": 1}}, "hours": [{"hour": "2026-11-05T09:00:00Z"}]}
    functions = world.services["lambda"] = FakeLambda(answer, [])
    assert reconcile(world.stack) == answer
    reconcile(world.stack, period=Period(2026, 10), reason="before the month is billed")
    reconcile(world.stack, within=(datetime(2026, 11, 5, 8, tzinfo=UTC), datetime(2026, 11, 5, 9, tzinfo=UTC)))
    at = {"scheduled_time": "2026-11-05T10:15:00Z"}
    assert functions.called == [
        ("reconciler", "live", at),
        ("reconciler", "live", {**at, "period": "2026-10"}),
        ("reconciler", "live", {**at, "from": "2026-11-05T08:00:00Z", "to": "2026-11-05T09:00:00Z"}),
    ]
    kept = sorted(world.actions(), key=lambda one: str(one["arguments"]))
    range_, month, hourly = [(one["by"], one["reason"], one["arguments"]) for one in kept]
    assert hourly == (WHO, OUT_OF_TURN, {})
    assert month == (WHO, "before the month is billed", {"period": "2026-10"})
    assert range_ == (WHO, OUT_OF_TURN, {"from": "2026-11-05T08:00:00Z", "to": "2026-11-05T09:00:00Z"})
    assert {one["state"] for one in kept} == {"done"}
    assert kept[0]["result"] == {"sources": answer["sources"], "not_balanced": 1}


HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


AHEAD = "must not be ahead, or hours that have not happened yet would be written as balanced"


@pytest.mark.parametrize(
    ("at", "asked", "rule", "got"),
    [
        (AT + SECOND, {}, f"--at: {AHEAD}", "2026-11-05T10:15:01Z"),
        (
            AT,
            {"within": (AT - HOUR, AT + SECOND)},
            "--to: must not be after 2026-11-05T10:15:00Z, the command's time",
            "2026-11-05T10:15:01Z",
        ),
        (
            AT - HOUR,
            {"within": (AT - 2 * HOUR, AT)},
            "--to: must not be after 2026-11-05T09:15:00Z, the command's time",
            "2026-11-05T10:15:00Z",
        ),
        (
            AT,
            {"period": Period(2026, 12)},
            "--period: must have begun by 2026-11-05T10:15:00Z, the command's time",
            "2026-12",
        ),
    ],
    ids=["time to come", "range that goes on", "range after the command's time", "month to come"],
)
def test_hours_to_come_are_not_reconciled(at: datetime, asked: dict[str, Any], rule: str, got: str) -> None:
    world = World()
    functions = world.services["lambda"] = FakeLambda({"hours": []}, [])
    with pytest.raises(FutureHoursError) as refused:
        reconcile(world.at(at), **asked)
    assert str(refused.value) == f"reconcile: {rule}: it is now 2026-11-05T10:15:00Z, got {got}"
    assert (functions.called, world.items) == ([], {})


def test_a_month_that_goes_on_is_reconciled_as_far_as_it_is_over() -> None:
    world = World()
    world.services["lambda"] = FakeLambda({"sources": {}, "hours": []}, [])
    assert reconcile(world.stack, period=Period(2026, 11)) == {"sources": {}, "hours": []}


def test_a_reconciler_that_fails_says_why() -> None:
    world = World()
    world.services["lambda"] = FakeLambda({"errorType": "QueryError", "errorMessage": "no"}, [])
    with pytest.raises(ReconcileError, match=r"^reconciler: QueryError: no$"):
        reconcile(world.stack)
    [kept] = world.actions()
    assert (kept["state"], kept["result"]) == ("failed", {"error": "ReconcileError: reconciler: QueryError: no"})
