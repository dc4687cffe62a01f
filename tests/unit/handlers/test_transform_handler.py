import base64
import json
import logging
import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from handlers import transform
from tests.bench.records import firehose_event, log_line, request_values

EVENTS = pathlib.Path(__file__).parents[2] / "events"


@pytest.fixture(autouse=True)
def fresh_settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("UNBILLABLE_ROUTES", raising=False)
    transform.settings.cache_clear()
    yield
    transform.settings.cache_clear()


def event() -> dict[str, Any]:
    return json.loads((EVENTS / "firehose_access_log.json").read_text())


def billable(response: dict[str, Any]) -> list[bool]:
    rows = [json.loads(base64.b64decode(a["data"])) for a in response["records"] if a["result"] == "Ok"]
    return [row["billable"] for row in rows]


def test_the_response_is_json_with_an_answer_to_each_record() -> None:
    response = json.loads(json.dumps(transform.handler(event(), None)))
    assert response.keys() == {"records"}
    assert [(answer["recordId"], answer["result"]) for answer in response["records"]] == [
        (record["recordId"], result)
        for record, result in zip(event()["records"], ["Ok"] * 3 + ["ProcessingFailed"] * 2, strict=True)
    ]


def test_routes_of_the_environment_are_not_billed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert billable(transform.handler(event(), None)) == [True, False, False]
    transform.settings.cache_clear()
    monkeypatch.setenv("UNBILLABLE_ROUTES", '["GET /random/strings"]')
    assert billable(transform.handler(event(), None)) == [False, False, False]


def test_the_environment_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = transform.settings()
    monkeypatch.setenv("UNBILLABLE_ROUTES", "nonsense")
    assert transform.settings() is first


def test_a_malformed_environment_fails_every_invocation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNBILLABLE_ROUTES", "GET /health")
    for _ in range(2):
        with pytest.raises(
            ValueError, match=r"^UNBILLABLE_ROUTES: must be a JSON list of `METHOD /path`, not 'GET /health'$"
        ):
            transform.handler(event(), None)


def test_one_line_per_batch_counts_the_reasons(caplog: pytest.LogCaptureFixture) -> None:
    transform.handler(event(), None)
    line = caplog.records[0]
    reasons = {"MissingKey": 1, "NotJson": 1}
    assert len(caplog.records) == 1
    assert (line.levelno, line.getMessage()) == (logging.WARNING, f"transformed 5 records, 2 failed: {reasons}")
    assert {key: vars(line)[key] for key in ("records", "failed", "reasons")} == {
        "records": 5,
        "failed": 2,
        "reasons": reasons,
    }


def test_a_batch_without_failures_is_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    transform.handler(firehose_event([log_line(request_values(1)).encode()]), None)
    assert [(line.levelno, line.getMessage()) for line in caplog.records] == [
        (logging.INFO, "transformed 1 records, 0 failed: {}")
    ]


def test_no_payload_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    secret = "s3cr3t"
    good = log_line({**request_values(1), "user": secret, "tenant_id": secret, "ip": secret})
    bad = [
        secret,
        f'{{"{secret}":1}}',
        good.replace("HTTP", secret) + secret,
        good.replace('"v":"1"', f'"v":"{secret}"'),
    ]
    transform.handler(firehose_event(line.encode() for line in [good, *bad]), None)
    logged = str([vars(line) for line in caplog.records]) + caplog.text
    assert len(caplog.records) == 1
    assert secret not in logged
    assert base64.b64encode(secret.encode()).decode()[:6] not in logged
