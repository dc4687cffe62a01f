"""Void and unvoid against fakes."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.tools.operate_kit import A_DAY_LATER, World
from tools.operate.months import TOLD
from tools.operate.voids import VoidTimeError, correct
from usage.failure import QueryTextError
from usage.selection import Selection

PREVIEW = ["tenant_id", "day", "records"]
ACME = Selection(tenant_id="acme", start=datetime(2026, 10, 1, tzinfo=UTC), end=datetime(2026, 11, 1, tzinfo=UTC))


@dataclass
class FakeAthena:
    statements: list[str]
    states: list[str]

    def start_query_execution(self, *, QueryString: str, WorkGroup: str) -> dict[str, str]:  # noqa: N803 - AWS's names
        assert WorkGroup == "wg"
        self.statements.append(QueryString)
        return {"QueryExecutionId": f"q{len(self.statements)}"}

    def get_query_execution(self, *, QueryExecutionId: str) -> dict[str, Any]:  # noqa: N803
        assert QueryExecutionId == f"q{len(self.statements)}"
        state = self.states.pop(0)
        return {"QueryExecution": {"Status": {"State": state, "StateChangeReason": "no memory"}}}


def test_a_void_tells_what_it_changes_and_counts_what_is_left() -> None:
    world = World()
    world.period("2026-10", "2026-11-04T00:00:00Z")
    world.period("2026-11")
    athena = FakeAthena([], ["RUNNING", "SUCCEEDED"])
    world.services["athena"] = athena
    lake = world.answers((PREVIEW, [["acme", "2026-10-02", "7"]]), (PREVIEW, []))
    found = correct(world.stack, "void", "api-requests", ACME, reason="why")
    assert found.to_json() == {
        "action_id": found.action_id,
        "change": "void",
        "source": "api-requests",
        "records": 7,
        "days": [{"tenant_id": "acme", "day": "2026-10-02", "records": 7}],
        "months": [
            {
                "month": "2026-10",
                "effect": "adjusted",
                "meaning": TOLD["adjusted"],
                "counted_from": A_DAY_LATER,
            }
        ],
        "honoured_from": A_DAY_LATER,
        "left": 0,
    }
    [statement] = athena.statements
    assert statement.startswith('INSERT INTO "c"."d"."t" ')
    assert f"'{found.action_id}'" in statement
    assert len(lake.asked) == 2
    [action] = world.actions()
    assert action["arguments"] == {
        "source": "api-requests",
        "tenant": "acme",
        "from": "2026-10-01T00:00:00Z",
        "to": "2026-11-01T00:00:00Z",
    }
    assert action["result"] == {"records": 7, "queries": ["q1"], "left": 0}


def test_a_void_of_nothing_asks_once_and_inserts_nothing() -> None:
    world = World()
    lake = world.answers((PREVIEW, []))
    assert correct(world.stack, "void", "api-requests", ACME, reason="why").records == 0
    assert len(lake.asked) == 1


def test_a_void_that_athena_fails_is_a_failed_action() -> None:
    world = World()
    world.services["athena"] = FakeAthena([], ["FAILED"])
    world.answers((PREVIEW, [["acme", "2026-10-02", "7"]]))
    with pytest.raises(RuntimeError, match=r"^query q1 failed: no memory$"):
        correct(world.stack, "unvoid", "api-requests", ACME, reason="why")
    [action] = world.actions()
    assert action["result"] == {
        "records": 7,
        "queries": ["q1"],
        "left": 0,
        "error": "QueryError: query q1 failed: no memory",
    }


def test_a_void_is_never_dated_to_what_final_bills_have_counted() -> None:
    world = World()
    world.period("2026-10", "2026-11-05T10:15:00Z")
    message = "void: its time must be after 2026-11-05T10:15:00Z, to which final bills count, got 2026-11-05T10:15:00Z"
    with pytest.raises(VoidTimeError, match=f"^{message}$"):
        correct(world.stack, "void", "api-requests", ACME)
    world.period("2026-10", "2026-11-04T00:00:00Z")
    final = {"pk": "FINAL", "sk": "CURRENT", "cutoff": "2026-11-06T00:00:00Z"}
    world.aws.dynamodb.tables["invoices"]["FINAL", "CURRENT"] = final
    with pytest.raises(VoidTimeError, match="after 2026-11-06T00:00:00Z"):
        correct(world.stack, "void", "api-requests", ACME)


def test_a_selection_of_nothing_is_refused() -> None:
    world = World()
    world.answers()
    with pytest.raises(QueryTextError, match="must be selected by keys"):
        correct(world.stack, "void", "api-requests", Selection())
