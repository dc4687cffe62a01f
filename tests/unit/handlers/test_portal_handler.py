import json
from collections.abc import Iterator
from typing import Any

import pytest

from handlers import portal as handlers_portal
from handlers.portal import handler
from portal import Config, assemble

ENDPOINT = "https://cognito-idp.eu-central-1.amazonaws.com"


@pytest.fixture(autouse=True)
def _region(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in (("DEFAULT_REGION", "eu-central-1"), ("ACCESS_KEY_ID", "x"), ("SECRET_ACCESS_KEY", "x")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    handlers_portal.cognito_endpoint.cache_clear()
    handlers_portal.page.cache_clear()
    yield
    handlers_portal.cognito_endpoint.cache_clear()
    handlers_portal.page.cache_clear()


def get(variables: dict[str, str] | None, **headers: str) -> Any:
    event = {
        "httpMethod": "GET",
        "headers": headers,
        "stageVariables": variables,
        "requestContext": {"requestTimeEpoch": 1767225599001},
    }
    return handler(event, None)


def test_the_page_is_that_of_the_stages_client_and_the_functions_region() -> None:
    expected = assemble(Config("client1", ENDPOINT))
    answer = get({"user_pool_client_id": "client1"})
    etag = answer["headers"].pop("ETag")
    assert answer == {
        "statusCode": 200,
        "headers": {
            "Content-Type": "text/html; charset=utf-8",
            "Cache-Control": "private, no-cache",
            "Vary": "Accept, Authorization",
            "X-Content-Type-Options": "nosniff",
            **expected.headers,
        },
        "body": expected.html.decode(),
        "isBase64Encoded": False,
    }
    again = get({"user_pool_client_id": "client1"}, **{"If-None-Match": etag})
    assert (again["statusCode"], again["body"]) == (304, "")
    other = get({"user_pool_client_id": "client2"}, **{"If-None-Match": etag})
    assert (other["statusCode"], "client2" in other["body"]) == (200, True)


@pytest.mark.parametrize(
    ("variables", "detail"),
    [
        (None, "stage variable user_pool_client_id: must be there, got none"),
        ({"other": "x"}, "stage variable user_pool_client_id: must be there, got none"),
        ({"user_pool_client_id": ""}, "stage variable user_pool_client_id: must be there, got none"),
        (
            {"user_pool_client_id": "<x>"},
            "the portal is not set up: client_id: must be 1 to 128 letters, digits, _ or +, got '<x>'",
        ),
    ],
)
def test_without_a_client_there_is_no_page(variables: dict[str, str] | None, detail: str) -> None:
    answer = get(variables)
    assert (answer["statusCode"], answer["headers"]["Content-Type"]) == (503, "application/problem+json")
    assert json.loads(answer["body"])["detail"] == detail


def test_what_is_no_request_is_refused() -> None:
    assert handler("x", None)["statusCode"] == 400
