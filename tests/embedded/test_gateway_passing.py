"""What passes through a proxy integration, to the function and back: stage variables, bodies, statuses, headers."""

import http.client
from urllib.parse import urlsplit

import pytest

from embedded_aws.server import EmbeddedAws
from tests.embedded.gateway_api import Api

SOURCE = """
    import json
    def handler(event, context):
        if event["httpMethod"] == "POST":
            seen = {key: event[key] for key in ("stageVariables", "headers", "body", "isBase64Encoded")}
            return {"statusCode": 200, "body": json.dumps(seen)}
        headers = {"ETag": '"1"', "Cache-Control": "private, no-cache", "Content-Security-Policy": "default-src 'none'"}
        return {"statusCode": 304, "headers": headers, "body": "", "isBase64Encoded": False}
"""


@pytest.fixture(scope="module")
def api(aws: EmbeddedAws) -> Api:
    made = Api(aws, SOURCE)
    made.permit("POST/open")
    made.permit("GET/same")
    made.add("open", method="POST", authorize=False)
    made.add("same", authorize=False)
    made.move_to(made.deploy())
    return made


def seen(api: Api, body: bytes) -> dict[str, object]:
    answer = api.get("/open", method="POST", data=body, Content_Type="application/cloudevents+json")
    assert answer.status == 200
    found: dict[str, object] = answer.body
    return found


def test_a_function_sees_the_variables_of_its_stage(api: Api) -> None:
    assert seen(api, b"{}")["stageVariables"] is None
    api.patch(("/variables/user_pool_client_id", "abc123"))
    assert seen(api, b"{}")["stageVariables"] == {"user_pool_client_id": "abc123"}


def test_a_body_that_is_no_utf_8_reaches_the_function_as_text_that_says_so(api: Api) -> None:
    found = seen(api, b'{"a": "\xff\xfe"}')
    assert (found["body"], found["isBase64Encoded"]) == ('{"a": "\ufffd\ufffd"}', False)
    assert seen(api, '{"a": "\u00e9\U0001f600"}'.encode())["body"] == '{"a": "\u00e9\U0001f600"}'


def test_an_answer_that_nothing_has_changed_has_headers_and_no_body(api: Api) -> None:
    address = urlsplit(api.url("/same"))
    connection = http.client.HTTPConnection(str(address.netloc), timeout=10)
    for _ in range(2):  # over one connection: a body of the first would be taken for the second's head
        connection.request("GET", address.path, headers={"If-None-Match": '"1"'})
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (304, b"")
        told = {name.lower(): value for name, value in answer.getheaders()}
        assert told["etag"] == '"1"'
        assert told["cache-control"] == "private, no-cache"
        assert told["content-security-policy"] == "default-src 'none'"
    connection.close()
    line = api.line_of(told["x-amz-apigw-id"])
    assert {key: line[key] for key in ("status", "length", "errorType")} == {
        "status": "304",
        "length": "0",
        "errorType": "-",
    }
