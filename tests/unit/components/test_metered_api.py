"""The API: a stage that logs every request, and users who cannot choose their tenant."""

from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components import IngestPipeline, MeteredApi
from metering import access_log
from tests.unit.components.api_kit import STREAM, route
from tests.unit.components.fake_aws import arn
from tests.unit.components.harness import PROJECT, Deployment, deploy, run_main


def test_the_stage_logs_every_request_to_the_stream_in_the_records_own_format(program: Deployment) -> None:
    stage = program.one("Stage").inputs
    assert stage == {
        "restApi": "api-api-id",
        "deployment": "api-deployment-id",
        "stageName": "v1",
        "accessLogSettings": {
            "destinationArn": program.exports["delivery_stream_arn"],
            "format": access_log.log_format(),
        },
        # Where the functions behind the routes find out through whom users sign in.
        "variables": {"user_pool_client_id": program.exports["user_pool_client_id"]},
    }


def test_source_ips_can_be_left_out_of_the_log() -> None:
    deployed = run_main({f"{PROJECT}:keepSourceIps": "false"})
    log_format = deployed.one("Stage").inputs["accessLogSettings"]["format"]
    assert log_format == access_log.log_format(source_ip=False)
    assert "sourceIp" not in log_format


def test_throttling_is_on_and_execution_logs_are_off(program: Deployment) -> None:
    assert program.one("MethodSettings").inputs == {
        "restApi": "api-api-id",
        "stageName": "v1",
        "methodPath": "*/*",
        "settings": {
            "metricsEnabled": True,
            "loggingLevel": "OFF",
            "dataTraceEnabled": False,
            "throttlingRateLimit": 100,
            "throttlingBurstLimit": 200,
        },
    }
    assert program.of("aws:apigateway/account:Account") == []


def test_users_sign_in_by_e_mail_and_a_tenant_is_an_administrators_word(program: Deployment) -> None:
    pool, client = program.one("UserPool").inputs, program.one("UserPoolClient").inputs
    assert pool == {
        "usernameAttributes": ["email"],
        "usernameConfiguration": {"caseSensitive": False},
        "autoVerifiedAttributes": ["email"],
        "userAttributeUpdateSettings": {"attributesRequireVerificationBeforeUpdates": ["email"]},
        "accountRecoverySetting": {"recoveryMechanisms": [{"name": "verified_email", "priority": 1}]},
        "adminCreateUserConfig": {"allowAdminCreateUserOnly": True},
        "passwordPolicy": {
            "minimumLength": 12,
            "requireLowercase": True,
            "requireNumbers": True,
            "requireSymbols": True,
            "requireUppercase": True,
            "temporaryPasswordValidityDays": 7,
        },
        "schemas": [
            {
                "name": "tenant_id",
                "attributeDataType": "String",
                "mutable": True,
                "required": False,
                "developerOnlyAttribute": False,
                "stringAttributeConstraints": {"minLength": "1", "maxLength": "128"},
            }
        ],
        "deletionProtection": "ACTIVE",
    }
    assert client == {
        "userPoolId": "api-users-id",
        "generateSecret": False,
        "explicitAuthFlows": ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"],
        "preventUserExistenceErrors": "ENABLED",
        "enableTokenRevocation": True,
        "accessTokenValidity": 60,
        "idTokenValidity": 60,
        "refreshTokenValidity": 30,
        "tokenValidityUnits": {"accessToken": "minutes", "idToken": "minutes", "refreshToken": "days"},
        "readAttributes": ["custom:tenant_id", "email", "email_verified"],
        "writeAttributes": ["email"],
    }


def test_configuration_reaches_the_api() -> None:
    config = {"stageName": "live", "selfSignUp": "true", "throttleRate": "3", "throttleBurst": "4"}
    deployed = run_main({f"{PROJECT}:{key}": value for key, value in config.items()})
    assert deployed.one("Stage").inputs["stageName"] == "live"
    permission = deployed.one("Permission", "api-permission-GET/random/strings")
    assert permission.inputs["sourceArn"].endswith("/live/GET/random/strings")
    assert deployed.one("UserPool").inputs["adminCreateUserConfig"] == {"allowAdminCreateUserOnly": False}
    settings = deployed.one("MethodSettings").inputs["settings"]
    assert (settings["throttlingRateLimit"], settings["throttlingBurstLimit"]) == (3, 4)


def test_another_api_is_metered_by_pointing_its_stage_at_the_stream() -> None:
    def program() -> None:
        ingest = IngestPipeline(
            "in",
            {
                "stream_name": "amazon-apigateway-s",
                "catalog_arn": "arn:p:glue:r:a:catalog/s3tablescatalog/b",
                "database_name": "d",
                "table_name": "t",
                "table_arn": "arn:t",
                "table_bucket_arn": "arn:b",
            },
        )
        ours = MeteredApi("api", {"delivery_stream_arn": ingest.delivery_stream_arn, "routes": [route()]})
        aws.apigateway.Stage(
            "theirs",
            rest_api="their-api",
            deployment="their-deployment",
            stage_name="prod",
            access_log_settings={"destination_arn": ingest.delivery_stream_arn, "format": ours.access_log_format},
        )

    deployed = deploy(program)
    ours, theirs = (deployed.one("Stage", name).inputs["accessLogSettings"] for name in ("api-stage", "theirs"))
    assert theirs == ours
    assert theirs["destinationArn"] == arn("firehose", "deliverystream/amazon-apigateway-s-arn")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"stage_name": "v 1"}, r"api: stage_name: must be 1 to 128 .*, got 'v 1'"),
        ({"throttle_rate": 0}, r"api: throttle_rate: must be a whole number of 1 or more, got 0"),
        ({"throttle_burst": 0}, r"api: throttle_burst: must be a whole number of 1 or more, got 0"),
        (
            {"delivery_stream_arn": arn("firehose", "deliverystream/usage")},
            r"api: delivery_stream_arn: name: must be amazon-apigateway- and .*, got 'usage'",
        ),
    ],
    ids=["stage", "rate", "burst", "stream"],
)
def test_a_wrong_argument_stops_before_anything_is_made(changes: Any, message: str) -> None:
    def program() -> None:
        with pytest.raises(ValueError, match=message):
            MeteredApi("api", {"delivery_stream_arn": STREAM, "routes": [route()], **changes})

    assert deploy(program).records == []


@pytest.mark.parametrize("name", ["usage", "amazon-apigateway-", "amazon-apigateway-a b"])
def test_a_stream_that_api_gateway_does_not_log_to_is_refused_once_its_name_is_known(name: str) -> None:
    def program() -> None:
        stream = pulumi.Output.from_input(arn("firehose", f"deliverystream/{name}"))
        MeteredApi("api", {"delivery_stream_arn": stream, "routes": [route()]})

    with pytest.raises(ValueError, match="api: delivery_stream_arn: name: must be amazon-apigateway- and"):
        deploy(program)


def test_a_preview_that_does_not_know_the_stream_yet_goes_on(preview: Deployment) -> None:
    assert preview.names("Stage") == ["api-stage"]
