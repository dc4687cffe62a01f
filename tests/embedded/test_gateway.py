"""Who gets through to a function, and what is known of a request: ids, headers, log line, metrics."""

import re
import uuid

import pytest

from embedded_aws.server import EmbeddedAws
from tests.embedded.gateway_api import Api
from tests.embedded.gateway_kit import Pool, client, request

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture(scope="module")
def api(aws: EmbeddedAws) -> Api:
    return Api(aws)


@pytest.fixture(scope="module")
def token(api: Api) -> str:
    return api.pool.tokens(api.pool.sign_up(tenant="acme"))["IdToken"]


def test_a_request_with_an_id_token_reaches_the_function(api: Api, token: str) -> None:
    answer = api.get(token=token)
    assert answer.status == 200
    assert answer.body["authorizer"]["claims"]["custom:tenant_id"] == "acme"
    assert answer.body["requestId"] == answer.headers["x-amzn-requestid"]
    assert answer.body["extendedRequestId"] == answer.headers["x-amz-apigw-id"]
    assert UUID.fullmatch(answer.body["requestId"])
    assert (answer.body["stage"], answer.body["path"]) == ("dev", "/dev/things")
    assert answer.body["domainName"] == f"{api.id}.execute-api.us-east-1.amazonaws.com"


def test_the_same_by_awss_host_name(api: Api, token: str) -> None:
    host = f"{api.id}.execute-api.us-east-1.amazonaws.com"
    answer = request(f"{api.aws.url}/dev/things", token=token, Host=host)
    assert (answer.status, answer.body["domainName"]) == (200, host)


def tampered(token: str) -> str:
    head, body, signature = token.split(".")
    return ".".join([head, body, signature[:-8] + ("AAAAAAAA" if signature[-8:] != "AAAAAAAA" else "BBBBBBBB")])


def expired(api: Api, token: str) -> str:
    answer = request(
        f"{api.aws.url}/_embedded/cognito/expired-token", method="POST", data=f'{{"IdToken": "{token}"}}'.encode()
    )
    assert answer.status == 200
    return answer.body["IdToken"]


@pytest.mark.parametrize("kind", ["none", "garbage", "forged", "expired", "other pool", "access token"])
def test_other_tokens_are_unauthorized(api: Api, token: str, kind: str) -> None:
    if kind == "other pool":
        other = Pool(api.aws)
        sent = other.tokens(other.sign_up())["IdToken"]
    elif kind == "access token":
        sent = api.pool.tokens(api.pool.sign_up())["AccessToken"]
    else:
        makers = {"none": lambda: None, "garbage": lambda: "a.b.c", "forged": lambda: tampered(token)}
        sent = expired(api, token) if kind == "expired" else makers[kind]()
    answer = api.get(token=sent)
    assert (answer.status, answer.body) == (401, {"message": "Unauthorized"})
    assert answer.headers["x-amzn-errortype"] == "UnauthorizedException"
    line = api.line_of(answer.headers["x-amz-apigw-id"])
    assert {
        key: line[key] for key in ("status", "user", "tenant", "errorType", "errorMessage", "integrationStatus")
    } == {
        "status": "401",
        "user": "-",
        "tenant": "-",
        "errorType": "UNAUTHORIZED",
        "errorMessage": "Unauthorized",
        "integrationStatus": "-",
    }


def test_a_line_tells_the_whole_request(api: Api, token: str) -> None:
    answer = api.get(token=token, User_Agent='a "quoted" \\ agent\tend')
    line = api.line_of(answer.headers["x-amz-apigw-id"])
    assert line == {
        "requestId": answer.headers["x-amzn-requestid"],
        "extendedRequestId": answer.headers["x-amz-apigw-id"],
        "status": "200",
        "method": "GET",
        "resourcePath": "/things",
        "length": answer.headers["content-length"],
        "user": answer.body["authorizer"]["claims"]["cognito:username"],
        "tenant": "acme",
        "errorType": "-",
        "errorMessage": "-",
        "integrationStatus": "200",
        "integrationError": "-",
        "ip": "127.0.0.1",
        "userAgent": 'a "quoted" \\ agent\tend',
    }


def test_an_unknown_path_is_a_missing_token_and_is_logged(api: Api) -> None:
    answer = api.get("/other")
    assert (answer.status, answer.body) == (403, {"message": "Missing Authentication Token"})
    line = api.line_of(answer.headers["x-amz-apigw-id"])
    assert (line["status"], line["resourcePath"], line["errorType"]) == ("403", "-", "MISSING_AUTHENTICATION_TOKEN")


def test_an_unknown_stage_is_forbidden(api: Api) -> None:
    answer = request(f"{api.aws.url}/_aws/execute-api/{api.id}/other/things")
    assert (answer.status, answer.body) == (403, {"message": "Forbidden"})


def test_the_client_may_choose_a_uuid_for_the_request_id_and_never_the_extended_one(api: Api, token: str) -> None:
    chosen = str(uuid.uuid4()).upper()
    answers = [
        api.get(token=token, x_amzn_RequestId=chosen, x_amz_apigw_id="mine", X_Amzn_Extended_Request_Id="mine")
        for _ in range(2)
    ]
    assert [answer.headers["x-amzn-requestid"] for answer in answers] == [chosen, chosen]
    assert [answer.body["requestId"] for answer in answers] == [chosen, chosen]
    extended = [answer.headers["x-amz-apigw-id"] for answer in answers]
    assert len({*extended, "mine"}) == 3
    assert [api.line_of(one)["requestId"] for one in extended] == [chosen, chosen]


def test_a_request_id_that_is_no_uuid_is_replaced(api: Api, token: str) -> None:
    answer = api.get(token=token, x_amzn_RequestId="not-a-uuid")
    assert answer.body["requestId"] == "UUID_REPLACED_INVALID_REQUEST_ID"
    line = api.line_of(answer.headers["x-amz-apigw-id"])
    assert line["requestId"] == "UUID_REPLACED_INVALID_REQUEST_ID"


def test_the_source_ip_is_not_the_clients_to_choose(api: Api, token: str) -> None:
    answer = api.get(token=token, X_Forwarded_For="203.0.113.9")
    assert answer.body["identity"]["sourceIp"] == "127.0.0.1"
    assert api.line_of(answer.headers["x-amz-apigw-id"])["ip"] == "127.0.0.1"


def test_the_function_cannot_forge_the_gateways_headers(aws: EmbeddedAws) -> None:
    source = """
        def handler(event, context):
            forged = {"X-Amz-Apigw-Id": "forged", "x-amzn-requestid": "forged"}
            return {"statusCode": 200, "headers": forged, "body": ""}
    """
    api = Api(aws, source)
    answer = api.get(token=api.pool.tokens(api.pool.sign_up())["IdToken"])
    assert "forged" not in (answer.headers["x-amz-apigw-id"], answer.headers["x-amzn-requestid"])


def test_the_stages_throttle_answers_429(aws: EmbeddedAws) -> None:
    api = Api(aws)
    token = api.pool.tokens(api.pool.sign_up())["IdToken"]
    api.patch(("/*/*/throttling/rateLimit", "0.01"), ("/*/*/throttling/burstLimit", "2"))
    answers = [api.get(token=token) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[2].body == {"message": "Too Many Requests"}
    line = api.line_of(answers[2].headers["x-amz-apigw-id"])
    assert (line["status"], line["errorType"], line["integrationStatus"], line["user"]) == (
        "429",
        "THROTTLED",
        "-",
        "-",
    )
    api.patch(("/*/*/throttling/rateLimit", "-1"), ("/*/*/throttling/burstLimit", "-1"))
    assert [api.get(token=token).status for _ in range(3)] == [200, 200, 200]


def test_metrics_are_counted_by_api_and_by_stage(aws: EmbeddedAws) -> None:
    api = Api(aws)
    token = api.pool.tokens(api.pool.sign_up())["IdToken"]
    for sent in (token, token, None):
        api.get(token=sent)
    metrics = client(aws, "cloudwatch").list_metrics(Namespace="AWS/ApiGateway")["Metrics"]
    mine = {
        (metric["MetricName"], *sorted(d["Name"] for d in metric["Dimensions"]))
        for metric in metrics
        if {"Name": "ApiName", "Value": api.name} in metric["Dimensions"]
    }
    names = ("Count", "4XXError", "5XXError", "Latency", "IntegrationLatency")
    assert mine == {(name, "ApiName") for name in names} | {(name, "ApiName", "Stage") for name in names}


def test_a_method_that_needs_iam_logs_its_refusal(aws: EmbeddedAws) -> None:
    api = Api(aws)
    resource = api.control.create_resource(restApiId=api.id, parentId=api.root, pathPart="signed")["id"]
    target = {"restApiId": api.id, "resourceId": resource, "httpMethod": "GET"}
    api.control.put_method(**target, authorizationType="AWS_IAM")
    api.control.put_integration(**target, type="MOCK")
    api.move_to(api.deploy())
    answer = api.get("/signed")
    assert (answer.status, answer.body) == (403, {"message": "Missing Authentication Token"})
    line = api.line_of(answer.headers["x-amz-apigw-id"])
    assert line["errorType"] == "MISSING_AUTHENTICATION_TOKEN"
