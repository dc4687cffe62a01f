"""Pulumi's resource types, carried out by boto3 in whichever AWS the session reaches.

`CREATORS` and `INVOKES` are plain tables by Pulumi's tokens; they know nothing of who calls them.
"""

from embedded_aws.resources import (
    alarms,
    apigateway,
    athena,
    cloudcontrol,
    cognito,
    dashboards,
    dynamodb,
    glue,
    iam,
    iam_policies,
    kinesis,
    lakeformation,
    lambda_,
    lambda_events,
    log_filters,
    logs,
    s3,
    s3tables,
    scheduler,
    sns,
    sqs,
)
from embedded_aws.resources._creator import Creator, InputError
from embedded_aws.resources._shape import UnconsumedInputError
from embedded_aws.resources.index import INVOKES

_MODULES = (
    alarms,
    apigateway,
    athena,
    cloudcontrol,
    cognito,
    dashboards,
    dynamodb,
    glue,
    iam,
    iam_policies,
    kinesis,
    lakeformation,
    lambda_,
    lambda_events,
    log_filters,
    logs,
    s3,
    s3tables,
    scheduler,
    sns,
    sqs,
)

CREATORS: dict[str, Creator] = {creator.pulumi_type: creator for module in _MODULES for creator in module.CREATORS}
"""Token of a resource type -> what creates it."""

__all__ = ["CREATORS", "INVOKES", "Creator", "InputError", "UnconsumedInputError"]
