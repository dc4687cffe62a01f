import pytest

from handlers import usage_rollup
from tests.unit.billing.world import World


def test_an_event_is_rolled_up(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    world.calls("acme", "2026-11-02", 3)
    monkeypatch.setattr(usage_rollup, "parts", lambda: world.planner)
    answer = usage_rollup.handler({"scheduled_time": "2026-11-16T00:05:00Z"}, None)
    assert answer == {
        "periods": [{"period": "2026-11", "state": "open", "tenants": 1, "written": 1, "unrated": 0}],
    }
    assert list(world.aws.dynamodb.tables["usage"]) == [("acme", "2026-11")]
