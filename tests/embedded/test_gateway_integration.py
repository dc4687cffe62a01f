"""How a method calls its function: permission, alias, answers, limits and time."""

from typing import Any

import pytest

from embedded_aws.server import EmbeddedAws
from tests.embedded.gateway_api import Api
from tests.embedded.gateway_kit import request, zip_of

INVALID_PERMISSION = "Execution failed due to configuration error: Invalid permissions on Lambda function"


def test_without_a_permission_the_function_is_not_invoked(aws: EmbeddedAws) -> None:
    api = Api(aws)
    token = api.pool.tokens(api.pool.sign_up())["IdToken"]
    assert api.get(token=token).status == 200
    api.functions.remove_permission(FunctionName=api.function, Qualifier="live", StatementId="GET-things")
    answer = api.get(token=token)
    assert (answer.status, answer.body) == (500, {"message": "Internal server error"})
    line = api.line_of(answer.headers["x-amz-apigw-id"])
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
    line = api.line_of(answer.headers["x-amz-apigw-id"])
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
        line = api.line_of(answer.headers["x-amz-apigw-id"])
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
    assert api.line_of(answer.headers["x-amz-apigw-id"])["errorType"] == "INTEGRATION_TIMEOUT"


def test_a_function_that_is_gone_is_a_configuration_error(aws: EmbeddedAws) -> None:
    api = Api(aws)
    token = api.pool.tokens(api.pool.sign_up())["IdToken"]
    api.functions.delete_function(FunctionName=api.function)
    assert api.get(token=token).status == 500
