"""What is refused leaves no trace of what was sent: not in logs, dead letters or rows, and little in the answer.

By design three places have what was sent. The answer shows its own sender up to 40 characters of a refused value, 60 of
a parameter (the sample product: the whole of one), and each event's source, id and time. The error bucket has the whole
record that Firehose put aside: it is replayed from there. The dead-letter queue has a message that was no task, so that
it can be moved back; no customer can put one.
"""

import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from embedded_aws.server import EmbeddedAws
from tests.embedded.conftest import Deployed
from tests.embedded.security_kit import Answer, Headers, event, send, sign_in
from tools import error_records
from tools.lake import Lake
from tools.outputs import StackOutputs

pytestmark = pytest.mark.soak

STRUCTURED, BATCHED = "application/cloudevents+json", "application/cloudevents-batch+json"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
FILLER = "x" * 40


@dataclass(frozen=True)
class Sender:
    """A tenant's user. `front` stands where an answer may show it to the sender; `back` where nothing may."""

    outputs: StackOutputs
    token: str
    front: str
    back: str
    since: datetime

    @property
    def value(self) -> str:
        """A value that is refused: the first 40 characters may be shown."""
        return f"{self.front}{FILLER}{self.back}"

    def get(self, path: str, *headers: tuple[str, str], token: str | None = None) -> Answer:
        given: Headers = [("Authorization", self.token if token is None else token), *headers]
        return send(f"{self.outputs.rest_api_url}{path}", "GET", given)

    def post(self, body: bytes, content_type: str = STRUCTURED, *headers: tuple[str, str]) -> Answer:
        given: Headers = [("Authorization", self.token), ("Content-Type", content_type), *headers]
        return send(f"{self.outputs.rest_api_url}/events", "POST", given, body)


@pytest.fixture(scope="module")
def sender(outputs: StackOutputs) -> Sender:
    front, back = (f"{place}{uuid.uuid4().hex[:20]}" for place in ("front", "back"))
    token = sign_in(outputs, f"payloads-{uuid.uuid4().hex[:8]}")["IdToken"]
    return Sender(outputs, token, front, back, datetime.now(UTC) - timedelta(seconds=2))


def bad_events(sender: Sender) -> dict[str, tuple[bytes, str]]:
    """Return a body for each rule of an event; each of its parts that may not be shown has the mark."""
    value = sender.value
    kept = {"data": {"value": sender.back}, "subject": sender.back, "extra": sender.back}
    ahead = (datetime.now(UTC) + timedelta(days=2)).isoformat().replace("+00:00", "Z")

    def one(**members: Any) -> tuple[bytes, str]:
        return json.dumps({**event("id"), **kept, **members}).encode(), STRUCTURED

    def text(body: str | bytes, content_type: str = STRUCTURED) -> tuple[bytes, str]:
        return (body.encode() if isinstance(body, str) else body), content_type

    whole = json.dumps({**event("id"), **kept})
    return {
        "no UTF-8": text(f'{{"a":"{sender.back}'.encode() + b'\xff"}'),
        "no JSON": text(f'{{"a": {value}}}'),
        "JSON that ends": text(whole[:-1]),
        "more than JSON": text(f"{whole} {value}"),
        "NaN": text(whole[:-1] + ',"more":NaN}'),
        "no object": text(json.dumps(value)),
        "no array": text(json.dumps(value), BATCHED),
        "a list of texts": text(json.dumps([value]), BATCHED),
        "a key twice": text(f'{whole[:-1]},"{value}":1,"{value}":2}}'),
        "too deep": text(f'{whole[:-1]},"data":{"[" * 5000}"{sender.back}"{"]" * 5000}}}'),
        "too many": text(json.dumps([json.loads(whole)] * 1001), BATCHED),
        "too large": text(json.dumps({**event("id"), "data": sender.back * 12000})),
        "a name that is none": one(**{f"Name {value}": 1}),
        "specversion": one(specversion=value),
        "a control character": one(subject=f"\x07{value}"),
        "source": one(source=f"not a URI {value}"),
        "type": one(type=value),
        "time": one(time=value),
        "time ahead": one(time=ahead),
        "datacontenttype": one(datacontenttype=value),
        "dataschema": one(dataschema=value),
        "an extension": one(more={"a": value}),
        "a number that is none": one(more=1.5),
        "data and data_base64": one(data_base64="MQ=="),
        "base64": one(data=None, data_base64=f"?{value}"),
        "a quantity": one(type="com.example.tokens", data={"value": value, "model": sender.back}),
        "a quantity below zero": one(type="com.example.tokens", data={"value": -1, "model": sender.back}),
    }


def without_identity(answer: Answer) -> str:
    """Return an answer's text without what names the events in it: those are its sender's to match."""
    body = answer.json()
    results = [{**one, "source": None, "id": None, "time": None} for one in body.get("results", [])]
    return json.dumps({**body, "results": results})


def test_an_answer_shows_its_sender_a_beginning_and_no_more(sender: Sender) -> None:
    for name, (body, content_type) in bad_events(sender).items():
        answer = sender.post(body, content_type)
        assert answer.status in {400, 413}, (name, answer.status)
        assert sender.back not in without_identity(answer), (name, answer.body)
    for content_type in (sender.value, f"text/{sender.value}", f"{STRUCTURED}; charset={sender.value}"):
        answer = sender.post(b"{}", content_type)
        assert (answer.status, sender.back.encode() in answer.body) == (415, False)
    answer = sender.post(b"{}", STRUCTURED, ("Content-Encoding", sender.value))
    assert (answer.status, sender.back.encode() in answer.body) == (415, False)


def test_a_parameter_a_path_or_a_token_is_not_shown_whole(sender: Sender) -> None:
    value = quote(sender.value + FILLER)
    paths = (
        *(f"/usage?period={value}", f"/usage?{value}=1", "/usage?period=1&period=2"),
        *(f"/invoices?limit={value}", f"/invoices?next={value}", f"/invoices?{value}=1", f"/invoices/{value}"),
        *(f"/invoices/{value}/lines/1", f"/invoices/INV-2025-000001/lines/{value}/rows", f"/{value}"),
    )
    assert sender.get(f"/random/strings?len={value}").status == 400
    for path in paths:
        answer = sender.get(path)
        assert answer.status in {400, 401, 403, 404}, path
        assert sender.back.encode() not in answer.body, (path, answer.body)
    headers = (("Accept", sender.value), ("User-Agent", sender.value), ("Cookie", sender.value), ("X-A", sender.value))
    assert sender.back.encode() not in sender.get("/invoices", *headers).body
    for token in (sender.value, f"Bearer {sender.value}", f"{sender.token[:-9]}{sender.value}"):
        answer = sender.get("/usage", token=token)
        assert (answer.status, sender.front.encode() in answer.body) == (401, False)


def bad_lines(sender: Sender) -> list[bytes]:
    """Return records of the access log's stream, each refused for a reason of its own."""
    good = {"v": "1", "extended_request_id": sender.back, "request_id": sender.back, "status": "200"}
    line = {**good, "request_time_epoch": str(int(time.time() * 1000)), "user": sender.back}
    wrong: tuple[dict[str, Any], ...] = (
        *({"v": sender.back}, {"status": sender.back}, {"status": str(2**31)}, {"user": {"a": sender.back}}),
        *({sender.back: "1"}, {"user": "\ud800"}, {"request_id": "-"}),
    )
    texts = [json.dumps({**line, **change}) for change in wrong]
    texts += [json.dumps([sender.back]), f"{sender.back}{{", json.dumps(line)[:-1] + f',"user":"{sender.back}"}}']
    return [*(text.encode() for text in texts), sender.back.encode() + b"\xff"]


def refused_by_streams(sender: Sender, aws: EmbeddedAws) -> int:
    """Put what the transforms refuse on both streams; give how many records there were."""
    firehose: Any = sender.outputs.session().client("firehose")
    of_events = [body for name, (body, _) in bad_events(sender).items() if name not in {"too many", "too large"}]
    for stream, records in (
        (sender.outputs.delivery_stream_name, bad_lines(sender)),
        (sender.outputs.usage_events_stream_name, of_events),
    ):
        put = firehose.put_record_batch(DeliveryStreamName=stream, Records=[{"Data": record} for record in records])
        assert put["FailedPutCount"] == 0
    aws.firehose.flush()
    return len(bad_lines(sender)) + len(of_events)


def test_a_refused_record_is_whole_in_the_error_bucket_and_nowhere_else(sender: Sender, aws: EmbeddedAws) -> None:
    count = refused_by_streams(sender, aws)
    found = [
        record
        for bucket in (sender.outputs.error_bucket_name, sender.outputs.usage_events_error_bucket_name)
        for record in error_records.read(sender.outputs, sender.since, lambda _raw: True, bucket)
    ]
    ours = [record for record in found if sender.back.encode() in record.raw or b"\\ud800" in record.raw]
    assert len(ours) >= count - 1  # a number of an extension shows nothing of anybody
    for record in ours:
        told = f"{record.code} {record.message} {record.key}"
        assert sender.back not in told
        assert sender.front not in told


def test_a_message_that_is_no_task_is_buried_and_not_logged(sender: Sender, aws: EmbeddedAws) -> None:
    queues: Any = sender.outputs.session().client("sqs")
    url = sender.outputs.billing_dead_letter_queue_url
    queue = queues.get_queue_url(QueueName=sender.outputs.billing_queue_name)["QueueUrl"]
    value = f"{sender.front}{FILLER * 5}{sender.back}"
    bodies = [f"no JSON {value}", json.dumps({"task": "rate", "more": value}), json.dumps(value)]
    for body in bodies:
        queues.send_message(QueueUrl=queue, MessageBody=body)
    aws.activity.settle(60)
    found = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    queues.purge_queue(QueueUrl=url)
    letters = [json.loads(message["Body"]) for message in found]
    assert sorted(letter["message"] for letter in letters) == sorted(bodies)
    assert all(sender.back not in letter["reason"] for letter in letters)


def messages(outputs: StackOutputs, deployed: Deployed, since: datetime) -> Iterator[tuple[str, str]]:
    """Yield every line of every log group of the deployed program: its group and its text."""
    logs: Any = outputs.session().client("logs")
    groups = [one.outputs["name"] for one in deployed.stack.resources if one.type == LOG_GROUP]
    assert len(groups) >= 12
    for group in groups:
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=int(since.timestamp() * 1000)
        )
        yield from ((group, line["message"]) for page in pages for line in page["events"])


def test_no_log_has_a_word_of_what_was_refused(sender: Sender, deployed: Deployed, aws: EmbeddedAws) -> None:
    test_an_answer_shows_its_sender_a_beginning_and_no_more(sender)
    test_a_parameter_a_path_or_a_token_is_not_shown_whole(sender)
    refused_by_streams(sender, aws)
    lines = list(messages(sender.outputs, deployed, sender.since))
    for part in ("customer-events", "ingest-transform", "events-ingest-transform", "kinesisfirehose"):
        assert any(part in group for group, _ in lines), f"nothing is logged by {part}: this test holds nothing"
    shown = [(group, line[:300]) for group, line in lines if sender.back in line or sender.front in line]
    assert shown == []


def test_no_row_has_a_word_of_what_a_caller_chose(sender: Sender, aws: EmbeddedAws) -> None:
    answer = sender.get(f"/usage?period={quote(sender.value)}", ("User-Agent", sender.value), ("X-A", sender.value))
    aws.firehose.flush()
    [row] = Lake(sender.outputs).query(
        f"SELECT * FROM {sender.outputs.table} WHERE extended_request_id = '{answer.id}'"  # noqa: S608 - AWS's own id
    )
    assert (row["status"], row["resource_path"]) == ("400", "/usage")
    assert sender.front not in json.dumps(row)
