"""A stage serves what was deployed; what AWS refuses to deploy or to set."""

import pytest
from botocore.exceptions import ClientError

from embedded_aws.server import EmbeddedAws
from tests.embedded.gateway_api import LOG_FORMAT, Api
from tests.embedded.gateway_kit import client


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
def test_settings_that_aws_refuses(aws: EmbeddedAws, destination: str | None, line: str, rule: str) -> None:
    api = Api(aws)
    arn = f"arn:aws:{destination}" if destination else f"arn:aws:logs:us-east-1:{{a}}:log-group:{api.log_group}"
    settings = {"destinationArn": arn.format(a=aws.account), "format": line}
    with pytest.raises(ClientError, match=rule) as error:
        api.log_to(settings["destinationArn"], line)
    assert error.value.response["Error"]["Code"] == "BadRequestException"
    before = api.control.get_stage(restApiId=api.id, stageName="dev")["accessLogSettings"]
    assert before["format"] == LOG_FORMAT


@pytest.mark.parametrize(
    ("operation", "rule"),
    [
        ({"op": "replace", "path": "/accessLogSettings/destinationARN", "value": "x"}, "Invalid patch path '/access"),
        ({"op": "replace", "path": "/nope", "value": "x"}, "Invalid patch path '/nope' specified for op 'replace'"),
        ({"op": "replace", "path": "/*/*/metrics/enabled/x", "value": "true"}, "Invalid patch path '/*/*/metrics/"),
        ({"op": "test", "path": "/description", "value": "x"}, "Invalid patch operation specified. Must be one of: "),
    ],
    ids=["mistyped", "unknown", "too long", "operation"],
)
def test_a_patch_that_would_change_nothing_is_refused(aws: EmbeddedAws, operation: dict[str, str], rule: str) -> None:
    api = Api(aws)
    before = api.control.get_stage(restApiId=api.id, stageName=api.stage)
    with pytest.raises(api.control.exceptions.BadRequestException) as error:
        api.control.update_stage(restApiId=api.id, stageName=api.stage, patchOperations=[operation])
    assert rule in error.value.response["Error"]["Message"]
    after = api.control.get_stage(restApiId=api.id, stageName=api.stage)
    assert {**after, "ResponseMetadata": 0} == {**before, "ResponseMetadata": 0}
