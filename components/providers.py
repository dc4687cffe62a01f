"""The aws-native provider, made from the configuration of the `aws` provider so that the two cannot act apart."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_aws_native as aws_native

from components._aws_config import read_aws_config, seconds


def aws_native_provider(name: str) -> aws_native.Provider:
    """Make the provider that acts in the region, with the credentials, role and tags of the `aws` configuration.

    The region is the one that the `aws` provider really acts in, wherever that got it from.
    """
    config = read_aws_config(pulumi.Config("aws").get)
    return aws_native.Provider(
        name,
        region=aws.get_region_output().region,
        profile=config.profile,
        access_key=_secret(config.access_key),
        secret_key=_secret(config.secret_key),
        token=_secret(config.token),
        assume_role=_assume_role(config.role),
        allowed_account_ids=list(config.allowed_account_ids) or None,
        forbidden_account_ids=list(config.forbidden_account_ids) or None,
        default_tags=aws_native.ProviderDefaultTagsArgs(tags=config.default_tags) if config.default_tags else None,
    )


def _secret(value: str | None) -> pulumi.Output[str] | None:
    return None if value is None else pulumi.Output.secret(value)


def _assume_role(role: Mapping[str, Any] | None) -> aws_native.ProviderAssumeRoleArgs | None:
    if role is None:
        return None
    return aws_native.ProviderAssumeRoleArgs(
        role_arn=role["roleArn"],
        session_name=role.get("sessionName"),
        external_id=role.get("externalId"),
        duration_seconds=seconds(role["duration"]) if "duration" in role else None,
        policy=role.get("policy"),
        policy_arns=role.get("policyArns"),
        tags=role.get("tags"),
        transitive_tag_keys=role.get("transitiveTagKeys"),
    )
