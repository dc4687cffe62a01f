"""Where access log lines go: Firehose streams, and what happens when a stream refuses."""

import base64
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from embedded_aws.gateway import LOST
from embedded_aws.server import EmbeddedAws
from tests.embedded.gateway_api import LOG_FORMAT, Api

STREAM = "amazon-apigateway-recorded"
PUT_RECORD = "ministack.services.firehose._put_record"  # looked up once the server, of session scope, is there


@pytest.fixture
def puts(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What reaches Firehose."""
    recorded: list[dict[str, Any]] = []

    def put_record(data: dict[str, Any]) -> Any:
        recorded.append(data)
        return 200, {}, b"{}"

    monkeypatch.setattr(PUT_RECORD, put_record)
    return recorded


@pytest.fixture
def refuse(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], list[float]]:
    """Let Firehose be busy for so many puts; gives when each put came."""

    def refuse_times(times: int) -> list[float]:
        calls: list[float] = []

        def put_record(_: dict[str, Any]) -> Any:
            calls.append(time.monotonic())
            busy = len(calls) <= times
            return (503, {}, b'{"__type":"ServiceUnavailableException"}') if busy else (200, {}, b"{}")

        monkeypatch.setattr(PUT_RECORD, put_record)
        return calls

    return refuse_times


def stream_arn(aws: EmbeddedAws) -> str:
    return f"arn:aws:firehose:{aws.region}:{aws.account}:deliverystream/{STREAM}"


def test_an_existing_stage_pointed_at_a_stream_sends_each_line_there(
    aws: EmbeddedAws, puts: list[dict[str, Any]]
) -> None:
    api = Api(aws)
    token = api.pool.tokens(api.pool.sign_up(tenant="acme"))["IdToken"]
    api.log_to(stream_arn(aws), LOG_FORMAT + "\n")
    answers = [api.get(token=token), api.get(), api.get("/other")]
    assert [put["DeliveryStreamName"] for put in puts] == [STREAM] * 3
    lines = [base64.b64decode(put["Record"]["Data"]).decode() for put in puts]
    assert all(line.endswith("}\n") for line in lines)
    told = [json.loads(line) for line in lines]
    assert [(line["extendedRequestId"], line["status"], line["tenant"]) for line in told] == [
        (answers[0].headers["x-amz-apigw-id"], "200", "acme"),
        (answers[1].headers["x-amz-apigw-id"], "401", "-"),
        (answers[2].headers["x-amz-apigw-id"], "403", "-"),
    ]


def test_a_new_format_needs_no_deployment(aws: EmbeddedAws, puts: list[dict[str, Any]]) -> None:
    api = Api(aws)
    api.log_to(stream_arn(aws), "$context.requestId $context.status")
    answer = api.get()
    assert base64.b64decode(puts[0]["Record"]["Data"]).decode() == f"{answer.headers['x-amzn-requestid']} 401"


def test_a_busy_stream_is_asked_again(aws: EmbeddedAws, refuse: Callable[[int], list[float]]) -> None:
    api, before = Api(aws), LOST[stream_arn(aws)]
    api.log_to(stream_arn(aws), LOG_FORMAT)
    calls = refuse(2)
    assert api.get().status == 401
    assert (len(calls), LOST[stream_arn(aws)]) == (3, before)


def test_a_stream_that_stays_busy_loses_the_line_loudly(
    aws: EmbeddedAws, refuse: Callable[[int], list[float]], caplog: pytest.LogCaptureFixture
) -> None:
    api, before = Api(aws), LOST[stream_arn(aws)]
    api.log_to(stream_arn(aws), LOG_FORMAT)
    calls = refuse(3)
    assert api.get().status == 401
    assert (len(calls), LOST[stream_arn(aws)]) == (3, before + 1)
    assert "ServiceUnavailableException" in caplog.text


def test_a_lost_line_is_counted_and_said(aws: EmbeddedAws, caplog: pytest.LogCaptureFixture) -> None:
    api = Api(aws)
    destination = f"arn:aws:firehose:us-east-1:{aws.account}:deliverystream/amazon-apigateway-is-not-there"
    api.log_to(destination, LOG_FORMAT + "\n")
    answer = api.get()
    assert answer.status == 401
    assert LOST[destination] == 1
    said = f"access log line {answer.headers['x-amz-apigw-id']} lost: {destination} answers "
    assert any(said in record.getMessage() for record in caplog.records)


def test_many_clients_lose_and_double_no_line(aws: EmbeddedAws, puts: list[dict[str, Any]]) -> None:
    requests, clients = 400, 8
    api = Api(aws)
    tokens = [api.pool.tokens(api.pool.sign_up())["IdToken"] for _ in range(clients)]
    api.log_to(stream_arn(aws), LOG_FORMAT)
    with ThreadPoolExecutor(clients) as threads:
        answers = list(threads.map(lambda n: api.get(token=tokens[n % clients]), range(requests)))
    assert {answer.status for answer in answers} == {200}
    sent = [answer.headers["x-amz-apigw-id"] for answer in answers]
    logged = [json.loads(base64.b64decode(put["Record"]["Data"]))["extendedRequestId"] for put in puts]
    assert sorted(logged) == sorted(sent)
    assert len(set(sent)) == requests
