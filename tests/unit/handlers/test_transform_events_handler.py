import base64
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from handlers import transform_events
from rating.form import FormError
from tests.unit.rating.catalog.shipped import shipped_value

EVENTS = Path(__file__).parents[2] / "events"


@pytest.fixture(autouse=True)
def catalog(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    file = tmp_path / "catalog.json"
    file.write_text(json.dumps(shipped_value(), default=str), encoding="utf-8")
    monkeypatch.setattr(transform_events, "CATALOG", file)
    transform_events.rules.cache_clear()
    yield file
    transform_events.rules.cache_clear()


def event() -> dict[str, Any]:
    return json.loads((EVENTS / "firehose_usage_events.json").read_text(encoding="utf-8"))


def test_records_become_rows(caplog: pytest.LogCaptureFixture) -> None:
    response = json.loads(json.dumps(transform_events.handler(event(), None)))
    answers = response.pop("records")
    assert response == {}
    assert [answer["recordId"] for answer in answers] == [record["recordId"] for record in event()["records"]]
    assert [answer["result"] for answer in answers] == ["Ok", "Ok", "ProcessingFailed", "ProcessingFailed"]
    assert [json.loads(base64.b64decode(answer["data"])) for answer in answers if "data" in answer] == [
        {
            "tenant_id": "acme",
            "source": "/nightly",
            "id": "2025-12-30/acme",
            "type": "com.example.usage",
            "time": "2025-12-30T23:59:59.000Z",
            "ingested_at": "2026-01-01T00:00:01.000Z",
        },
        {
            "tenant_id": "acme",
            "source": "/inference/eu-1",
            "id": "5f0c2c1e",
            "type": "com.example.tokens",
            "time": "2025-12-31T23:59:58.250Z",
            "ingested_at": "2026-01-01T00:00:01.007Z",
            "data": '{"model":"large","value":1250}',
        },
    ]
    [line] = caplog.records
    reasons = {"NoTenant": 1, "UnknownEventType": 1}
    assert (line.levelno, line.getMessage()) == (logging.WARNING, f"transformed 4 records, 2 failed: {reasons}")
    assert {key: vars(line)[key] for key in ("records", "failed", "reasons")} == {
        "records": 4,
        "failed": 2,
        "reasons": reasons,
    }


def test_a_batch_without_failures_is_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    good = {**event(), "records": event()["records"][:2]}
    transform_events.handler(good, None)
    assert [(line.levelno, line.getMessage()) for line in caplog.records] == [
        (logging.INFO, "transformed 2 records, 0 failed: {}")
    ]


def test_the_catalog_is_read_once(catalog: Path) -> None:
    first = transform_events.rules()
    catalog.write_text("{}", encoding="utf-8")
    assert transform_events.rules() is first


def test_a_wrong_catalog_fails_every_invocation(catalog: Path) -> None:
    catalog.write_text("[]", encoding="utf-8")
    for _ in range(2):
        with pytest.raises(FormError):
            transform_events.handler(event(), None)
