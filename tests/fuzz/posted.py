"""Target: `POST /events`, from the proxy event to the stream and on to the row."""

import base64
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest import mock

from events import to_row
from handlers import events
from metering import quota
from tests.fuzz import frame, logs, schema
from tests.fuzz.fakes import FINAL, LIMITED, MOST_BYTES, MOST_RECORDS, Aws
from tests.fuzz.target import EVENTS, Check, Target
from tests.fuzz.usage_events import WORDS as WORDS_OF_EVENTS
from tests.unit.events.events_kit import BATCHED, RULES, STRUCTURED

MODES = {b"S": STRUCTURED, b"B": BATCHED}
"""First byte of an input that is a body in this mode; in lower case the stream is troubled. After `E` there is the
whole proxy event, as JSON. Any other input is none."""
TENANT = "acme"
TIME_MS = frame.ARRIVAL_MS
LONGEST_REASON = 320
"""Characters of a reason: at most 40 of them are of what was sent."""
LIMIT_REACHED, UNSTORED = 429, 503
SMALL = {
    "events.post": {"LARGEST_BODY": 3000, "LARGEST_EVENT": 1500, "MOST_EVENTS": 5},
    "events.delivery": {"MOST_RECORDS": MOST_RECORDS, "MOST_BYTES": MOST_BYTES},
}
"""Limits in the place of a megabyte, a thousand events and Firehose's portions, so that small inputs come beyond them.
By module: the package's own `post` is the function."""


@contextmanager
def ready() -> Iterator[Check]:
    """Let the function connect with fakes by its own code."""
    aws = Aws()
    caches = (events.intake, events.guarded, quota._table)
    variables = {"EVENTS_STREAM": "usage", "INVOICES_TABLE": "invoices", "USAGE_TABLE": "usage"}
    with (
        mock.patch.dict(os.environ, variables),
        mock.patch("boto3.client", aws.client),
        mock.patch.object(events, "time", aws),
        mock.patch.object(events, "CATALOG", SimpleNamespace(read_text=lambda encoding: f'"{encoding}"')),
        mock.patch.object(events, "Rules", SimpleNamespace(of=lambda _catalog: RULES)),
        mock.patch.multiple(sys.modules["events.post"], **SMALL["events.post"]),
        mock.patch.multiple(sys.modules["events.delivery"], **SMALL["events.delivery"]),
        logs.held(),
    ):
        for cache in caches:
            cache.cache_clear()
        try:
            yield lambda data: check(data, aws)
        finally:
            for cache in caches:
                cache.cache_clear()


def check(data: bytes, aws: Aws) -> None:
    """Hold the function to what is promised for any input."""
    try:
        sent = _proxy_event(data)
    except (ValueError, RecursionError):
        return
    troubled = data[:1].islower()
    aws.firehose.clear(troubled=troubled)
    status, body = _form(events.handler(sent, None))
    if "results" not in body:
        assert status in ({400, 401, 403, 413, 415, LIMIT_REACHED}), f"a {status} for what was sent"
        assert (body["type"], body["status"]) == ("about:blank", status)
        assert len(body["detail"]) <= LONGEST_REASON, "a refusal carries what was sent"
        assert status != LIMIT_REACHED or _tenant(sent) == LIMITED
        assert aws.firehose.stored == [], "what is refused as a whole is put"
        return
    _check_results(status, body, troubled=troubled)
    _check_count(sent, len(body["results"]))
    _check_stored(sent, body["results"], aws.firehose.stored)


def _proxy_event(data: bytes) -> Any:
    if data[:1] == frame.WHOLE:
        return json.loads(data[1:])
    mode = MODES.get(data[:1].upper())
    if mode is None:
        raise ValueError
    return {
        "httpMethod": "POST",
        "headers": {"Content-Type": mode},
        "requestContext": {
            "requestTimeEpoch": TIME_MS,
            "authorizer": {"claims": {"custom:tenant_id": TENANT, "sub": "s"}},
        },
        "body": base64.b64encode(data[1:]).decode(),
        "isBase64Encoded": True,
    }


def _form(response: dict[str, Any]) -> tuple[int, Any]:
    """Return status and body of an answer that API Gateway takes."""
    assert json.loads(json.dumps(response, ensure_ascii=False).encode()) == response, "an answer is no JSON"
    assert set(response) == {"statusCode", "headers", "body", "isBase64Encoded"}
    assert type(response["statusCode"]) is int
    assert all(type(text) is str for pair in response["headers"].items() for text in pair)
    return response["statusCode"], json.loads(response["body"])


def _check_results(status: int, body: Mapping[str, Any], *, troubled: bool) -> None:
    results = body["results"]
    assert set(body) == {"accepted", "rejected", "results"}
    accepted = [one for one in results if one["status"] == "accepted"]
    rejected = [one for one in results if one["status"] == "rejected"]
    assert (body["accepted"], body["rejected"]) == (len(accepted), len(rejected)), "the counts are not the results'"
    assert len(accepted) + len(rejected) == len(results)
    retried = [one for one in rejected if one.get("retry")]
    assert troubled or not retried, "an event that the stream took is to be sent again"
    expected = 202 if not rejected else 207 if accepted else UNSTORED if retried else 400
    assert status == expected, f"a {status} instead of {expected}"
    for one in results:
        assert set(one) - {"retry"} == {"source", "id", "time", "status", "reason"}
    assert all(one["reason"] is None for one in accepted)
    assert all(0 < len(one["reason"]) <= LONGEST_REASON for one in rejected), "a reason carries what was sent"


def _check_count(sent: Any, results: int) -> None:
    body = base64.b64decode(sent["body"]) if sent.get("isBase64Encoded") else (sent.get("body") or "").encode("utf-8")
    try:
        events_sent = json.loads(body.decode(), parse_int=float)
    except (ValueError, RecursionError):
        return  # a stricter reader took it; it is not for a laxer one to count
    assert results == (len(events_sent) if isinstance(events_sent, list) else 1), "an event has no result"


def _check_stored(sent: Any, results: list[dict[str, Any]], stored: list[bytes]) -> None:
    records = [json.loads(raw, parse_int=float) for raw in stored]
    accepted = Counter((one["source"], one["id"]) for one in results if one["status"] == "accepted")
    assert Counter((record["source"], record["id"]) for record in records) == accepted, "not each is put just once"
    tenant, arrival_ms = _tenant(sent), sent["requestContext"]["requestTimeEpoch"]
    for raw, record in zip(stored, records, strict=True):
        assert record["tenantid"] == tenant, "the tenant is not the token's"
        assert not record["time"].startswith(FINAL), "an event of a final month is taken"
        assert schema.event_row(to_row(raw, arrival_ms, RULES))["tenant_id"] == tenant


def _tenant(sent: Any) -> str | None:
    """Return whose the request is, by the token."""
    claims = sent["requestContext"]["authorizer"]["claims"]
    named = [str(claims[claim]) for claim in ("custom:tenant_id", "sub") if claims.get(claim) is not None]
    return next((tenant for tenant in named if tenant not in ("", "-")), None)


def seeds() -> list[bytes]:
    """Return the recorded requests, and their bodies in both modes."""
    found = []
    for file in sorted(EVENTS.glob("apigateway_events*.json")):
        event = json.loads(file.read_text(encoding="utf-8"))
        batch = json.loads(event["body"])
        found.append(frame.WHOLE + json.dumps(event).encode())
        found += [mode + event["body"].encode() for mode in (b"B", b"b")]
        found += [b"S" + json.dumps(one).encode() for one in batch]
        found += [mode + json.dumps([batch[0], DEEP]).encode().replace(b'"deep"', DEEP_DATA) for mode in (b"B", b"b")]
        found += [frame.WHOLE + json.dumps(event | change).encode() for change in CHANGES]
    return found


DEEP = {"specversion": "1.0", "id": "d", "source": "/s", "type": "com.example.usage", "data": "deep"}
DEEP_DATA = b"[" * 1000 + b"1" + b"]" * 1000
"""Deeper than any reader goes."""
CHANGES: tuple[dict[str, Any], ...] = (
    {"headers": {"content-type": f'{STRUCTURED} ; charset="utf-8"; a="b\\"c";'}},
    {"headers": {"content-type": BATCHED, "Content-Encoding": "gzip"}},
    {"headers": {"Content-Type": "text/plain"}},
    {"requestContext": {"requestTimeEpoch": TIME_MS, "authorizer": {"claims": {"custom:tenant_id": LIMITED}}}},
    {"requestContext": {"requestTimeEpoch": TIME_MS, "authorizer": {"claims": {"sub": "t" * 300}}}},
    {"requestContext": {"requestTimeEpoch": TIME_MS}},
    {"isBase64Encoded": True},
    {"headers": None, "body": None},
)
WORDS = (
    *WORDS_OF_EVENTS,
    *('"headers":{', '"Content-Type":', f'"{STRUCTURED}"', f'"{BATCHED}"', "; charset=utf-8", '"content-encoding":'),
    *('"requestContext":{', '"authorizer":{', '"claims":{', '"custom:tenant_id":', '"sub":', '"body":'),
    *('"isBase64Encoded":', '"requestTimeEpoch":', '"2025-11-30T23:59:59Z"', '"multiValueHeaders":'),
)
TARGET = Target(ready, seeds, WORDS)
