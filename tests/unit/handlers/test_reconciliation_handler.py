"""The reconciler's entry point."""

import json
from typing import Any

import pytest

from billing.lake import AthenaLake
from handlers import reconciliation
from reconciliation.parts import connect
from reconciliation.request import RequestError
from tests.unit.reconciliation.test_config import ENVIRONMENT
from tests.unit.reconciliation.world import REQUESTS, SETTINGS, World, at


def test_an_event_is_reconciled(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(sources={REQUESTS: SETTINGS["sources"][REQUESTS]}, recheck_hours=1)
    world.count(REQUESTS, at("05T13:10"), 2)
    monkeypatch.setattr(reconciliation, "parts", lambda: world.parts)
    answer = reconciliation.handler({"scheduled_time": "2026-10-05T14:20:00Z"}, None)
    hour = {"source": REQUESTS, "hour": "2026-10-05T13:00:00Z", "state": "late"}
    assert json.loads(json.dumps(answer)) == {
        "sources": {REQUESTS: {"late": 1}},
        "hours": [{**hour, "missing": 2, "unexplained": 0, "failed": 0}],
    }
    with pytest.raises(RequestError):
        reconciliation.handler({}, None)


def test_it_is_connected_with_what_the_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    class Session:
        @staticmethod
        def client(service: str, config: Any) -> str:
            made.append(service)
            assert config.retries == {"mode": "standard", "max_attempts": 8}
            return service

    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(reconciliation, "connect", lambda config: connect(config, Session()))
    reconciliation.parts.cache_clear()
    parts = reconciliation.parts()
    reconciliation.parts.cache_clear()
    assert sorted(made) == ["athena", "cloudwatch", "dynamodb", "s3"]
    assert isinstance(parts.lake, AthenaLake)
    assert [str(table) for table in parts.lake.tables()] == [
        '"s3tablescatalog/b"."metering"."api_requests"',
        '"s3tablescatalog/b"."metering"."usage_events"',
    ]
    assert (parts.cloudwatch, parts.error_bucket("b").name) == ("cloudwatch", "b")
