"""The `aws` configuration: one place decides where, and as whom, every provider acts."""

import json
import re
from typing import Any

import pytest

from tests.unit.components.harness import run_main
from tests.unit.components.settings_kit import errors


@pytest.mark.parametrize(
    ("key", "instead"),
    [
        ("region", "aws:region"),
        ("profile", "aws:profile"),
        ("assumeRole", "aws:assumeRoles"),
        ("accessKey", "aws:accessKey"),
    ],
)
def test_the_two_providers_cannot_be_set_apart(key: str, instead: str) -> None:
    assert errors({f"aws-native:{key}": "x"}) == [
        f"aws-native:{key}: both providers follow the `aws` configuration, set {instead} instead"
    ]


def test_what_only_one_provider_can_follow_is_refused() -> None:
    (line,) = errors({"aws:sharedConfigFiles": '["f"]'})
    assert line == (
        "aws:sharedConfigFiles: the aws-native provider cannot follow it, set the environment variable AWS_CONFIG_FILE"
        " instead"
    )


@pytest.mark.parametrize(
    ("key", "variables"),
    [
        ("assumeRoleWithWebIdentity", "variables AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE"),
        ("ec2MetadataServiceEndpoint", "variable AWS_EC2_METADATA_SERVICE_ENDPOINT"),
        ("sharedCredentialsFiles", "variable AWS_SHARED_CREDENTIALS_FILE"),
    ],
)
def test_what_only_one_provider_can_follow_has_a_variable_for_all(key: str, variables: str) -> None:
    assert errors({f"aws:{key}": "x"}) == [
        f"aws:{key}: the aws-native provider cannot follow it, set the environment {variables} instead"
    ]


@pytest.mark.parametrize(
    ("roles", "message"),
    [
        ([{"roleArn": "arn:a"}, {"roleArn": "arn:b"}], "must be a list of one role, the aws-native provider assumes"),
        ([{"sessionName": "s"}], "must have roleArn and may have duration, externalId, policy, policyArns, roleArn"),
        ([{"roleArn": "arn:a", "sourceIdentity": "me"}], "must have roleArn and may have"),
        ([{"roleArn": "arn:a", "duration": "soon"}], "duration must be hours, minutes and seconds such as 1h30m, got"),
    ],
    ids=["chain", "no-arn", "identity", "duration"],
)
def test_a_role_that_not_every_provider_can_assume_is_refused(roles: list[Any], message: str) -> None:
    (line,) = errors({"aws:assumeRoles": json.dumps(roles)})
    assert line.startswith(f"aws:assumeRoles: {message}")


def test_the_aws_native_provider_acts_where_and_as_whom_the_aws_provider_does() -> None:
    role = {"roleArn": "arn:r", "sessionName": "s", "externalId": "e", "duration": "1h30m", "tags": {"a": "b"}}
    config = {
        "aws:region": "eu-west-7",
        "aws:profile": "p",
        "aws:assumeRoles": json.dumps([role]),
        "aws:allowedAccountIds": '["1"]',
        "aws:forbiddenAccountIds": '["2"]',
        "aws:defaultTags": '{"tags": {"team": "billing"}}',
    }
    inputs = run_main(config).one("pulumi:providers:aws-native").inputs
    assert {key: inputs[key] for key in ("region", "profile")} == {"region": "eu-west-7", "profile": "p"}
    assert json.loads(inputs["allowedAccountIds"]) == ["1"]
    assert json.loads(inputs["forbiddenAccountIds"]) == ["2"]
    assert json.loads(inputs["defaultTags"]) == {"tags": {"team": "billing"}}
    assert json.loads(inputs["assumeRole"]) == {
        "roleArn": "arn:r",
        "sessionName": "s",
        "externalId": "e",
        "durationSeconds": 5400,
        "tags": {"a": "b"},
    }


def test_without_configuration_the_aws_native_provider_acts_in_the_region_that_the_aws_provider_found() -> None:
    inputs = run_main().one("pulumi:providers:aws-native").inputs
    assert inputs["region"] == "eu-west-7"
    assert {"profile", "assumeRole", "accessKey", "secretKey", "token", "defaultTags"} & set(inputs) == set()


def test_credentials_reach_the_aws_native_provider_each_in_its_place() -> None:
    keys = {"accessKey": "AKID", "secretKey": "hush", "token": "session"}
    provider = run_main({f"aws:{key}": value for key, value in keys.items()}).one("pulumi:providers:aws-native")
    assert {key: provider.inputs[key] for key in keys} == keys
    assert provider.secrets == tuple(keys)


@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [
        ("assumeRoles", "{", "must be JSON, got '{'"),
        ("assumeRoles", '["arn:a"]', "must have roleArn and may have .*, got 'arn:a'"),
        ("assumeRoles", '[{"roleArn": "arn:a", "duration": 3600}]', "duration must be hours, .*, got '3600'"),
        ("allowedAccountIds", "me", "must be JSON, got 'me'"),
        ("allowedAccountIds", "123456789012", "must be a list of account ids, got 123456789012"),
        ("forbiddenAccountIds", '["me"]', r"must be a list of account ids, got \['me'\]"),
        ("defaultTags", '"team"', "must have `tags`, a text by each name, got 'team'"),
        ("defaultTags", '{"tags": ["team"]}', r"must have `tags`, a text by each name, got \{'tags': \['team'\]\}"),
        ("defaultTags", '{"tags": {"a": {}}}', "must have `tags`, a text by each name, got .*"),
    ],
)
def test_a_value_without_its_keys_shape_is_a_fault_in_one_line(key: str, value: str, rule: str) -> None:
    (line,) = errors({f"aws:{key}": value})
    assert re.fullmatch(f"aws:{key}: {rule}", line)


def test_numbers_that_the_cli_made_of_texts_are_texts_again() -> None:
    """`pulumi config set --path` turns what looks like a number into one."""
    config = {"aws:allowedAccountIds": "[123456789012]", "aws:defaultTags": '{"tags": {"cost-centre": 12, "x": true}}'}
    inputs = run_main(config).one("pulumi:providers:aws-native").inputs
    assert json.loads(inputs["allowedAccountIds"]) == ["123456789012"]
    assert json.loads(inputs["defaultTags"]) == {"tags": {"cost-centre": "12", "x": "true"}}
