import base64
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.request import Request, RequestError

EPOCH_MS = 1767225599001
CONTEXT: dict[str, Any] = {"requestTimeEpoch": EPOCH_MS}


def test_a_request_is_read_whole() -> None:
    event = {
        "httpMethod": "GET",
        "pathParameters": {"number": "INV-1"},
        "queryStringParameters": {"limit": "3"},
        "multiValueQueryStringParameters": {"limit": ["2", "3"]},
        "headers": {"Accept": "text/html", "X-None": None},
        "stageVariables": {"user_pool_client_id": "abc"},
        "requestContext": {**CONTEXT, "authorizer": {"claims": {"custom:tenant_id": "acme", "sub": "s"}}},
        "body": base64.b64encode(b"\xff").decode(),
        "isBase64Encoded": True,
    }
    request = Request.of(event)
    assert request == Request(
        "GET",
        {"number": "INV-1"},
        {"limit": ("2", "3")},
        {"accept": "text/html"},
        {"custom:tenant_id": "acme", "sub": "s"},
        {"user_pool_client_id": "abc"},
        b"\xff",
        datetime(2025, 12, 31, 23, 59, 59, 1000, tzinfo=UTC),
    )
    assert (request.tenant_id, request.parameter("limit"), request.parameter("next")) == ("acme", "3", None)


@pytest.mark.parametrize(
    ("claims", "tenant"),
    [
        ({"custom:tenant_id": "acme", "sub": "s"}, "acme"),
        ({"custom:tenant_id": "", "sub": "s"}, "s"),
        ({"custom:tenant_id": "-", "sub": "s"}, "s"),
        ({"custom:tenant_id": "-", "sub": "-"}, None),
        ({"sub": "s"}, "s"),
        ({}, None),
    ],
)
def test_the_tenant_is_that_of_the_token(claims: dict[str, str], tenant: str | None) -> None:
    request = Request.of({"requestContext": {**CONTEXT, "authorizer": {"claims": claims}}, "headers": {"tenant": "x"}})
    assert request.tenant_id == tenant


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ([], "event must be an object, got list"),
        ({"requestContext": 1}, "requestContext must be an object, got int"),
        ({"requestContext": {}}, "requestContext.requestTimeEpoch must be milliseconds since 1970, got None"),
        ({"requestContext": CONTEXT, "body": {}}, "body must be text, got dict"),
        (
            {"requestContext": CONTEXT, "body": "?", "isBase64Encoded": True},
            "body must be base64, as isBase64Encoded says, but is not",
        ),
    ],
)
def test_what_is_no_request_is_refused(event: Any, message: str) -> None:
    with pytest.raises(RequestError) as refused:
        Request.of(event)
    assert str(refused.value) == message


@given(st.text())
def test_any_text_is_a_body(text: str) -> None:
    assert Request.of({"requestContext": CONTEXT, "body": text}).body == text.encode("utf-8", "surrogatepass")
