import re
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError
from gateway_kit import LOG_FORMAT, Api, Pool, client, request, zip_of

from embedded_aws.gateway import LOST
from embedded_aws.server import EmbeddedAws

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture(scope="module")
def api(aws: EmbeddedAws) -> Api:
    return Api(aws)


@pytest.fixture(scope="module")
def token(api: Api) -> str:
    return api.pool.tokens(api.pool.sign_up(tenant="acme"))["IdToken"]


def last_line(api: Api, extended_id: str) -> dict[str, str]:
    """The one access log line of a request."""
    lines = [line for line in api.log_lines() if line["extendedRequestId"] == extended_id]
    assert len(lines) == 1
    return lines[0]


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
    line = last_line(api, answer.headers["x-amz-apigw-id"])
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
    line = last_line(api, answer.headers["x-amz-apigw-id"])
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
    line = last_line(api, answer.headers["x-amz-apigw-id"])
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
    assert [last_line(api, one)["requestId"] for one in extended] == [chosen, chosen]


def test_a_request_id_that_is_no_uuid_is_replaced(api: Api, token: str) -> None:
    answer = api.get(token=token, x_amzn_RequestId="not-a-uuid")
    assert answer.body["requestId"] == "UUID_REPLACED_INVALID_REQUEST_ID"
    line = last_line(api, answer.headers["x-amz-apigw-id"])
    assert line["requestId"] == "UUID_REPLACED_INVALID_REQUEST_ID"


def test_the_source_ip_is_not_the_clients_to_choose(api: Api, token: str) -> None:
    answer = api.get(token=token, X_Forwarded_For="203.0.113.9")
    assert answer.body["identity"]["sourceIp"] == "127.0.0.1"
    assert last_line(api, answer.headers["x-amz-apigw-id"])["ip"] == "127.0.0.1"


def test_the_function_cannot_forge_the_gateways_headers(aws: EmbeddedAws) -> None:
    source = """
        def handler(event, context):
            forged = {"X-Amz-Apigw-Id": "forged", "x-amzn-requestid": "forged"}
            return {"statusCode": 200, "headers": forged, "body": ""}
    """
    api = Api(aws, source)
    answer = api.get(token=api.pool.tokens(api.pool.sign_up())["IdToken"])
    assert "forged" not in (answer.headers["x-amz-apigw-id"], answer.headers["x-amzn-requestid"])


def test_a_stage_serves_its_deployment_and_not_later_edits(aws: EmbeddedAws) -> None:
    api = Api(aws)
    token = api.pool.tokens(api.pool.sign_up())["IdToken"]
    api.add("later", authorize=False)
    api.permit("GET/later")
    things = next(r for r in api.control.get_resources(restApiId=api.id)["items"] if r["path"] == "/things")
    api.control.delete_method(restApiId=api.id, resourceId=things["id"], httpMethod="GET")
    assert (api.get("/later").status, api.get(token=token).status) == (403, 200)
    second = api.deploy()
    assert (api.get("/later").status, api.get(token=token).status) == (403, 200)
    api.move_to(second)
    assert (api.get("/later").status, api.get(token=token).status) == (200, 403)
    api.move_to(api.deployment)
    assert (api.get("/later").status, api.get(token=token).status) == (403, 200)


def test_gateway_responses_are_the_deployments_too(aws: EmbeddedAws) -> None:
    api = Api(aws)
    api.control.put_gateway_response(
        restApiId=api.id,
        responseType="UNAUTHORIZED",
        statusCode="401",
        responseTemplates={"application/json": '{"who":"$context.error.responseType"}'},
    )
    assert api.get().body == {"message": "Unauthorized"}
    api.move_to(api.deploy())
    assert api.get().body == {"who": "UNAUTHORIZED"}


def test_a_deployment_in_use_cannot_be_deleted(aws: EmbeddedAws) -> None:
    api = Api(aws)
    with pytest.raises(ClientError, match="Active stages pointing to this deployment") as error:
        api.control.delete_deployment(restApiId=api.id, deploymentId=api.deployment)
    assert error.value.response["Error"]["Code"] == "BadRequestException"
    api.move_to(api.deploy())
    api.control.delete_deployment(restApiId=api.id, deploymentId=api.deployment)


def test_an_api_without_methods_or_integrations_cannot_be_deployed(aws: EmbeddedAws) -> None:
    control = client(aws, "apigateway")
    api_id = control.create_rest_api(name="empty")["id"]
    with pytest.raises(ClientError, match="doesn't contain any methods"):
        control.create_deployment(restApiId=api_id)
    root = control.get_resources(restApiId=api_id)["items"][0]["id"]
    control.put_method(restApiId=api_id, resourceId=root, httpMethod="GET", authorizationType="NONE")
    with pytest.raises(ClientError, match="No integration defined for method"):
        control.create_deployment(restApiId=api_id)


INVALID_PERMISSION = "Execution failed due to configuration error: Invalid permissions on Lambda function"


def test_without_a_permission_the_function_is_not_invoked(aws: EmbeddedAws) -> None:
    api = Api(aws)
    token = api.pool.tokens(api.pool.sign_up())["IdToken"]
    assert api.get(token=token).status == 200
    api.functions.remove_permission(FunctionName=api.function, Qualifier="live", StatementId="GET-things")
    answer = api.get(token=token)
    assert (answer.status, answer.body) == (500, {"message": "Internal server error"})
    line = last_line(api, answer.headers["x-amz-apigw-id"])
    assert {key: line[key] for key in ("status", "errorType", "integrationStatus", "integrationError")} == {
        "status": "500",
        "errorType": "API_CONFIGURATION_ERROR",
        "integrationStatus": "-",
        "integrationError": INVALID_PERMISSION,
    }


@pytest.mark.parametrize(
    ("permission", "status"),
    [
        pytest.param({}, 200, id="exact"),
        pytest.param({"SourceArn": "arn:aws:execute-api:us-east-1:{account}:{api}/*"}, 200, id="whole API"),
        pytest.param({"SourceArn": "arn:aws:execute-api:us-east-1:{account}:{api}/dev/GET/things"}, 200, id="stage"),
        pytest.param({"SourceArn": "arn:aws:execute-api:us-east-1:{account}:{api}/*/POST/things"}, 500, id="method"),
        pytest.param({"SourceArn": "arn:aws:execute-api:us-east-1:{account}:{api}/*/GET/other"}, 500, id="path"),
        pytest.param({"SourceArn": "arn:aws:execute-api:us-east-1:{account}:other/*/GET/things"}, 500, id="API"),
        pytest.param({"Principal": "events.amazonaws.com"}, 500, id="principal"),
        pytest.param({"Qualifier": "$LATEST"}, 500, id="not the alias"),
        pytest.param({"SourceAccount": "111111111111"}, 500, id="account"),
    ],
)
def test_the_permission_must_match(aws: EmbeddedAws, permission: dict[str, str], status: int) -> None:
    api = Api(aws, permitted=False)
    token = api.pool.tokens(api.pool.sign_up())["IdToken"]
    values = {
        "Qualifier": "live",
        "Principal": "apigateway.amazonaws.com",
        "SourceArn": "arn:aws:execute-api:us-east-1:{account}:{api}/*/GET/things",
        **permission,
    }
    values["SourceArn"] = values["SourceArn"].format(account=aws.account, api=api.id)
    api.functions.add_permission(FunctionName=api.function, StatementId="one", Action="lambda:InvokeFunction", **values)
    assert api.get(token=token).status == status


def test_the_integration_invokes_what_the_alias_names(aws: EmbeddedAws) -> None:
    source = 'def handler(event, context): return {{"statusCode": 200, "body": "{n} " + context.invoked_function_arn}}'
    api = Api(aws, source.format(n=1))
    token = api.pool.tokens(api.pool.sign_up())["IdToken"]
    api.functions.update_function_code(FunctionName=api.function, ZipFile=zip_of(source.format(n=2)))
    assert api.get(token=token).body == f"1 {api.alias_arn}".encode()
    version = api.functions.publish_version(FunctionName=api.function)["Version"]
    api.functions.update_alias(FunctionName=api.function, Name="live", FunctionVersion=version)
    assert api.get(token=token).body == f"2 {api.alias_arn}".encode()


@pytest.mark.parametrize(
    ("source", "status", "expected"),
    [
        pytest.param(
            "def handler(e, c): raise KeyError('K')",
            502,
            {"errorType": "INTEGRATION_FAILURE", "integrationError": "Lambda Customer Function Error:'K'"},
            id="raises",
        ),
        pytest.param("def handler(e, c): return 'text'", 502, {"errorType": "API_CONFIGURATION_ERROR"}, id="no object"),
        pytest.param(
            "def handler(e, c): return {'statusCode': 200, 'body': {}}",
            502,
            {"errorType": "API_CONFIGURATION_ERROR"},
            id="body no text",
        ),
        pytest.param(
            "def handler(e, c): return {'statusCode': 200, 'cookies': []}",
            502,
            {"errorType": "API_CONFIGURATION_ERROR"},
            id="unknown key",
        ),
        pytest.param(
            "def handler(e, c): return {'statusCode': 418, 'body': 'x' * 5_000_000}", 418, {"errorType": "-"}, id="5 MB"
        ),
        pytest.param(
            "def handler(e, c): return {'statusCode': 200, 'body': 'x' * 6_300_000}",
            502,
            {"errorType": "INTEGRATION_FAILURE", "integrationStatus": "200"},
            id="over 6 MB",
        ),
    ],
)
def test_what_a_function_may_answer(aws: EmbeddedAws, source: str, status: int, expected: dict[str, str]) -> None:
    api = Api(aws, source)
    answer = api.get(token=api.pool.tokens(api.pool.sign_up())["IdToken"])
    assert answer.status == status
    if status == 502:
        assert answer.body == {"message": "Internal server error"}
    line = last_line(api, answer.headers["x-amz-apigw-id"])
    assert {key: line[key] for key in expected} == expected
    assert (line["status"], line["length"]) == (str(status), answer.headers["content-length"])


def post(api: Api, size: int) -> Any:
    return request(api.url("/open"), method="POST", data=b"x" * size)


def test_request_bodies_over_ten_and_over_six_megabytes(aws: EmbeddedAws) -> None:
    api = Api(aws, 'def handler(e, c): return {"statusCode": 200, "body": str(len(e["body"]))}')
    api.add("open", method="POST", authorize=False)
    api.permit("POST/open")
    api.move_to(api.deploy())
    assert post(api, 6_000_000).body == 6_000_000
    for size, integration_status in ((10_485_760, "413"), (10_485_761, "-")):
        answer = post(api, size)
        assert (answer.status, answer.body) == (413, {"message": "Request Too Long"})
        line = last_line(api, answer.headers["x-amz-apigw-id"])
        assert (line["errorType"], line["integrationStatus"]) == ("REQUEST_TOO_LARGE", integration_status)


def test_an_integration_over_its_time_is_a_504(aws: EmbeddedAws) -> None:
    api = Api(aws, "import time\ndef handler(e, c): time.sleep(2)")
    things = next(r for r in api.control.get_resources(restApiId=api.id)["items"] if r["path"] == "/things")
    api.control.update_integration(
        restApiId=api.id,
        resourceId=things["id"],
        httpMethod="GET",
        patchOperations=[{"op": "replace", "path": "/timeoutInMillis", "value": "200"}],
    )
    api.move_to(api.deploy())
    answer = api.get(token=api.pool.tokens(api.pool.sign_up())["IdToken"])
    assert (answer.status, answer.body) == (504, {"message": "Endpoint request timed out"})
    assert last_line(api, answer.headers["x-amz-apigw-id"])["errorType"] == "INTEGRATION_TIMEOUT"


def test_the_stages_throttle_answers_429(aws: EmbeddedAws) -> None:
    api = Api(aws)
    token = api.pool.tokens(api.pool.sign_up())["IdToken"]
    api.patch(("/*/*/throttling/rateLimit", "0.01"), ("/*/*/throttling/burstLimit", "2"))
    answers = [api.get(token=token) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[2].body == {"message": "Too Many Requests"}
    line = last_line(api, answers[2].headers["x-amz-apigw-id"])
    assert (line["status"], line["errorType"], line["integrationStatus"], line["user"]) == (
        "429",
        "THROTTLED",
        "-",
        "-",
    )
    api.patch(("/*/*/throttling/rateLimit", "-1"), ("/*/*/throttling/burstLimit", "-1"))
    assert [api.get(token=token).status for _ in range(3)] == [200, 200, 200]


@pytest.mark.parametrize(
    ("destination", "line", "rule"),
    [
        pytest.param("firehose:us-east-1:{a}:deliverystream/other", LOG_FORMAT, "amazon-apigateway-<name>", id="name"),
        pytest.param("s3:::bucket", LOG_FORMAT, "Invalid ARN", id="service"),
        pytest.param(None, "$context.requestId\n$context.status", "only at end of the format", id="newline"),
        pytest.param(None, "$context.requestId" + " " * 3055, "at most 3072 bytes: it has 3073", id="too long"),
        pytest.param(None, "$context.status", "requestId or \\$context.extendedRequestId", id="no id"),
    ],
)
def test_settings_that_aws_refuses(api: Api, destination: str | None, line: str, rule: str) -> None:
    arn = f"arn:aws:{destination}" if destination else f"arn:aws:logs:us-east-1:{{a}}:log-group:{api.log_group}"
    settings = {"destinationArn": arn.format(a=api.aws.account), "format": line}
    with pytest.raises(ClientError, match=rule) as error:
        api.log_to(settings["destinationArn"], line)
    assert error.value.response["Error"]["Code"] == "BadRequestException"
    before = api.control.get_stage(restApiId=api.id, stageName="dev")["accessLogSettings"]
    assert before["format"] == LOG_FORMAT


def test_a_lost_line_is_counted_and_said(aws: EmbeddedAws, caplog: pytest.LogCaptureFixture) -> None:
    api = Api(aws)
    destination = f"arn:aws:firehose:us-east-1:{aws.account}:deliverystream/amazon-apigateway-is-not-there"
    api.log_to(destination, LOG_FORMAT + "\n")
    answer = api.get()
    assert answer.status == 401
    assert LOST[destination] == 1
    said = f"access log line {answer.headers['x-amz-apigw-id']} lost: {destination} answers "
    assert any(said in record.getMessage() for record in caplog.records)


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
    line = last_line(api, answer.headers["x-amz-apigw-id"])
    assert line["errorType"] == "MISSING_AUTHENTICATION_TOKEN"


def test_a_function_that_is_gone_is_a_configuration_error(aws: EmbeddedAws) -> None:
    api = Api(aws)
    token = api.pool.tokens(api.pool.sign_up())["IdToken"]
    api.functions.delete_function(FunctionName=api.function)
    assert api.get(token=token).status == 500
