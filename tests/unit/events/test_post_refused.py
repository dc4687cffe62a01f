"""Requests that are wrong as a whole, and events that are refused while the others of their batch are taken."""

import json

import pytest

from cloud_events import read_batch
from tests.unit.events.events_kit import BATCHED, STRUCTURED, event, problem, result, send


@pytest.mark.parametrize(
    ("content_type", "taken"),
    [
        (STRUCTURED, "structured"),
        (BATCHED, "batched"),
        ("Application/CloudEvents+JSON", "structured"),
        (f"{STRUCTURED}; charset=utf-8", "structured"),
        (f'{STRUCTURED} ; Charset="UTF-8";x=y', "structured"),
        (f" {BATCHED}", "batched"),
        (f"{STRUCTURED}; charset=iso-8859-1", None),
        (f"{STRUCTURED}; charset=utf8", None),
        (f"{STRUCTURED};", "structured"),
        (f"{BATCHED} ;; charset=utf-8; ", "batched"),
        (f"{STRUCTURED};; charset=latin1", None),
        (f"{STRUCTURED}; charset", None),
        (f"{STRUCTURED}, {STRUCTURED}", None),
        ("application/json", None),
        ("application/cloudevents", None),
        ("application/cloudevents+xml", None),
        ("application/cloudevents-batch", None),
        ("", None),
        (None, None),
    ],
)
def test_content_types(content_type: str | None, taken: str | None) -> None:
    body = [event()] if taken == "batched" else event()
    # `send` would choose one for None
    answered = send(json.dumps(body), content_type if content_type is not None else " ")
    if taken:
        assert (answered.status, answered.body["accepted"]) == (202, 1)
        return
    given = f'"{content_type}"' if content_type is not None else '" "'
    given = given if len(given) <= 42 else f'{given[:41]}…"'
    detail = f"Content-Type must be {STRUCTURED} or {BATCHED}, in UTF-8, got {given}"
    expected = problem(415, "Unsupported Media Type", detail)
    assert (answered.status, answered.body, answered.headers["Content-Type"]) == expected
    assert answered.headers["Accept"] == f"{STRUCTURED}, {BATCHED}"


@pytest.mark.parametrize(
    ("content_type", "body", "detail"),
    [
        (STRUCTURED, b"\xff{}", "body must be UTF-8, byte 0 is not"),
        (BATCHED, b'[{"id": "\xed\xa0\x80"}]', "body must be UTF-8, byte 9 is not"),
        (STRUCTURED, b"", "body must be JSON: Expecting value: line 1 column 1 (char 0)"),
        (BATCHED, b"  ", "body must be JSON: Expecting value: line 1 column 3 (char 2)"),
        (STRUCTURED, b"{} {}", "body must be JSON: nothing may follow its value (char 3)"),
        (STRUCTURED, b"\xef\xbb\xbf{}", "body must be JSON: Expecting value: line 1 column 1 (char 0)"),
        (STRUCTURED, b'{"data": NaN}', "body must be JSON: NaN is not JSON"),
        (STRUCTURED, b'{"data": [-Infinity]}', "body must be JSON: -Infinity is not JSON"),
        (BATCHED, b'[{"data": Infinity}]', "body must be JSON: Infinity is not JSON"),
        (STRUCTURED, b'{"data": 01}', "body must be JSON: Expecting ',' delimiter: line 1 column 11 (char 10)"),
        (STRUCTURED, b"{'a': 1}", None),
        (BATCHED, b"[{},]", "body must be JSON: Expecting value: line 1 column 5 (char 4)"),
        (BATCHED, b"[{} {}]", "body must be JSON: after an element , or ] is missing (char 4)"),
        (BATCHED, b"[{}", "body must be JSON: after an element , or ] is missing (char 3)"),
        (BATCHED, b"[{}]]", "body must be JSON: nothing may follow its value (char 4)"),
        (BATCHED, b"[]x", "body must be JSON: nothing may follow its value (char 2)"),
        (BATCHED, b"[,]", "body must be JSON: Expecting value: line 1 column 2 (char 1)"),
        (STRUCTURED, b"[]", "body must be a JSON object, got a list"),
        (STRUCTURED, b'"text"', 'body must be a JSON object, got "text"'),
        (STRUCTURED, b"5", "body must be a JSON object, got 5"),
        (STRUCTURED, b"null", "body must be a JSON object, got null"),
        (BATCHED, b"{}", "body must be a JSON array, got an object"),
        (BATCHED, b"{", None),
        (STRUCTURED, b'{"data":' * 30_000, "body must not be nested deeper than 200 levels"),
        (BATCHED, b"[" * 100_000, "body must not be nested deeper than 200 levels"),
    ],
)
def test_a_request_that_is_wrong_as_a_whole(content_type: str, body: bytes, detail: str | None) -> None:
    answered = send(body, content_type)
    if detail is None:
        detail = answered.body["detail"]
        assert detail.startswith("body must be JSON: Expecting property name enclosed in double quotes")
    expected = problem(400, "Bad Request", detail)
    assert (answered.status, answered.body, answered.headers["Content-Type"]) == expected
    assert answered.stream.records == []


@pytest.mark.parametrize("coding", ["gzip", "br", "identity, gzip", "x"])
def test_a_body_that_is_coded_is_not_read(coding: str) -> None:
    """Not even one that is plain: whoever says so may have sent anything."""
    answered = send([event()], coding=coding)
    detail = f'Content-Encoding must be absent or identity, got "{coding}"'
    expected = problem(415, "Unsupported Media Type", detail)
    assert (answered.status, answered.body, answered.headers["Content-Type"]) == expected
    assert (answered.headers["Accept-Encoding"], "Accept" in answered.headers) == ("identity", False)
    assert answered.stream.records == []


@pytest.mark.parametrize("coding", ["", "identity", " Identity "])
def test_a_coding_that_is_none(coding: str) -> None:
    assert send([event()], coding=coding).status == 202


@pytest.mark.parametrize(
    "data",
    [
        "[" * 100_000 + "]" * 100_000,
        '{"a":[' * 50_000 + "]}" * 50_000,
        "[" * 9_000 + r'"]}\"]}\\", [], {"}": "["}' + "]" * 9_000,
    ],
)
def test_an_event_too_deep_to_be_read_concerns_no_other(data: str) -> None:
    deep = json.dumps(event(id="b"))[:-1] + f', "data": {data}}}'
    answered = send(f"[{json.dumps(event())}, {deep} , {json.dumps(event(id='c'))}]")
    reason = "event must not be nested deeper than 200 levels"
    unread = result(reason, source=None, id=None, time=None)
    assert (answered.status, answered.body["results"]) == (207, [result(), unread, result(id="c")])
    assert [record["id"] for record in answered.stream.records] == ["a-1", "c"]


@pytest.mark.parametrize("rest", ["]" * 8_999, ']"' + "]" * 9_000, '"' + r"\"" * 9_000, "]" * 9_002])
def test_one_too_deep_and_without_end_is_a_body_that_is_none(rest: str) -> None:
    answered = send("[" + "[" * 9_000 + rest, BATCHED)
    assert (answered.status, answered.headers["Content-Type"]) == (400, "application/problem+json")


def test_a_refused_event_holds_no_frames() -> None:
    """A thousand deep ones would hold two hundred each, and cost seconds."""
    deep = json.dumps(event())[:-1] + f', "data": {"[" * 300 + "]" * 300}}}'
    [reading] = read_batch(f"[{deep}]".encode(), most=1, largest=10_000)
    assert str(reading.error) == "data must not be nested deeper than 200 levels"
    assert reading.error is not None
    assert reading.error.__traceback__ is None
