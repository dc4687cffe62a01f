import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from billing.records import PeriodRecord
from handlers import events
from metering import quota
from rating.period import Period
from tests.unit.billing.fake_dynamo import FakeDynamo
from tests.unit.rating.catalog.shipped import shipped_value

EVENTS = Path(__file__).parents[2] / "events"


class FakeFirehose:
    """Stores what is put, after as many refusals as it is told."""

    def __init__(self) -> None:
        self.refusals = 0
        self.records: list[dict[str, Any]] = []

    def put_record_batch(self, **call: Any) -> dict[str, Any]:
        assert call["DeliveryStreamName"] == "usage"
        if self.refusals:
            self.refusals -= 1
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "PutRecordBatch")
        self.records += [json.loads(record["Data"]) for record in call["Records"]]
        return {"FailedPutCount": 0, "RequestResponses": [{"RecordId": "r"} for _ in call["Records"]]}


class Aws:
    """What the function reaches: its clients, by the names of their services."""

    def __init__(self) -> None:
        self.firehose, self.dynamodb = FakeFirehose(), FakeDynamo(lambda _write: lambda: None, lambda: None)

    def final(self, *periods: str) -> None:
        for period in ("2025-10", "2025-11", "2025-12"):
            cutoff = "2026-01-03T06:00:00Z" if period in periods else None
            self.dynamodb.tables["invoices"]["PERIODS", period] = PeriodRecord(
                Period.parse(period), "open", cutoff
            ).to_item()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Aws]:
    catalog = tmp_path / "catalog.json"
    catalog.write_text(json.dumps(shipped_value(), default=str), encoding="utf-8")
    aws = Aws()
    monkeypatch.setattr(events, "CATALOG", catalog)
    monkeypatch.setenv("EVENTS_STREAM", "usage")
    monkeypatch.setenv("INVOICES_TABLE", "invoices")
    monkeypatch.delenv("USAGE_TABLE", raising=False)
    monkeypatch.setattr(boto3, "client", lambda service, config: vars(aws)[service] if config else None)
    events.intake.cache_clear()
    events.guarded.cache_clear()
    yield aws
    events.intake.cache_clear()
    events.guarded.cache_clear()


def event(**changes: Any) -> dict[str, Any]:
    return {**json.loads((EVENTS / "apigateway_events.json").read_text(encoding="utf-8")), **changes}


def answer(sent: dict[str, Any]) -> tuple[int, list[tuple[str | None, str | None]]]:
    response = json.loads(json.dumps(events.handler(sent, None)))
    return response["statusCode"], [(one["id"], one["reason"]) for one in json.loads(response["body"])["results"]]


NEGATIVE = ("5f0c2c20", "data.value must not be negative, got -5")


def test_a_batch_is_put_on_the_stream_and_answered(aws: Aws) -> None:
    assert answer(event()) == (207, [("5f0c2c1e", None), ("5f0c2c1f", None), NEGATIVE])
    assert aws.firehose.records == [
        {
            "specversion": "1.0",
            "id": "5f0c2c1e",
            "source": "/inference/eu-1",
            "type": "com.example.tokens",
            "time": "2025-12-31T23:59:58.250Z",
            "tenantid": "acme",
            "data": {"value": 1250, "model": "large"},
        },
        {
            "specversion": "1.0",
            "id": "5f0c2c1f",
            "source": "/inference/eu-1",
            "type": "com.example.usage",
            "time": "2025-12-31T23:59:58.500Z",
            "tenantid": "acme",
        },
    ]


def test_a_month_with_final_bills_takes_no_events(aws: Aws) -> None:
    aws.final("2025-12")
    reason = "time must not lie in a month whose bills are final, got 2025-12"
    assert answer(event()) == (400, [("5f0c2c1e", reason), ("5f0c2c1f", reason), NEGATIVE])


def test_open_months_take_events(aws: Aws) -> None:
    aws.final("2025-10", "2025-11")
    assert answer(event())[0] == 207


def test_months_that_cannot_be_read_stop_no_event(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_query: Any) -> None:
        raise ClientError({"Error": {"Code": "InternalServerError"}}, "Query")

    monkeypatch.setattr(aws.dynamodb, "paginate", fail)
    assert answer(event())[0] == 207


def test_refusals_of_the_stream_are_told_and_logged(aws: Aws, caplog: pytest.LogCaptureFixture) -> None:
    aws.firehose.refusals = 1
    unstored = "could not be stored, send it again with the same id, source and time"
    assert answer(event()) == (503, [("5f0c2c1e", unstored), ("5f0c2c1f", unstored), NEGATIVE])
    [line] = caplog.records
    assert (line.levelno, line.getMessage()) == (
        logging.WARNING,
        "answered 503: 0 accepted, 3 rejected, 2 unstored, refusals {'AccessDeniedException': 1}",
    )


def test_counts_are_logged_and_no_payload(aws: Aws, caplog: pytest.LogCaptureFixture) -> None:
    events.handler(event(), None)
    events.handler(event(body="s3cr3t"), None)
    events.handler(event(body=event()["body"].replace("inference", "s3cr3t")), None)
    assert len(aws.firehose.records) == 4
    assert [(line.levelno, line.getMessage()) for line in caplog.records] == [
        (logging.INFO, "answered 207: 2 accepted, 1 rejected, 0 unstored, refusals {}"),
        (logging.INFO, "answered 400: 0 accepted, 0 rejected, 0 unstored, refusals {}"),
        (logging.INFO, "answered 207: 2 accepted, 1 rejected, 0 unstored, refusals {}"),
    ]
    assert "s3cr3t" not in str([vars(line) for line in caplog.records])


def test_a_hard_limit_on_a_meter_over_events_holds_them_up(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    over = {"meter": "api_calls", "limit": "5", "used": "5"}
    item = {"over": [over], "as_of": "2025-12-31T23:05:00Z"}
    monkeypatch.setenv("USAGE_TABLE", "usage")
    monkeypatch.setattr(quota, "_table", lambda _name: lambda _tenant, _period: item)
    assert events.handler(event(), None)["statusCode"] == 207  # it is on another table's meter
    events.guarded.cache_clear()
    over["meter"] = "tokens"
    response = events.handler(event(), None)
    assert (response["statusCode"], json.loads(response["body"])["meter"]) == (429, "tokens")
    assert len(aws.firehose.records) == 2


def test_what_is_no_request_is_refused(aws: Aws) -> None:
    response = events.handler(event(body="?", isBase64Encoded=True), None)
    assert (response["statusCode"], json.loads(response["body"])["detail"]) == (
        400,
        "body must be base64, as isBase64Encoded says, but is not",
    )
    assert aws.firehose.records == []


def test_the_intake_is_made_once(aws: Aws) -> None:
    assert events.intake() is events.intake()
    assert events.intake().rules.meters == ("tokens", "usage_events")
    assert aws.firehose.records == []
