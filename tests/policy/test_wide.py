"""What one thing is in a policy's resources, and what is more."""

import pytest

from metering_policy._wide import is_wide

PLACE = "eu-west-7:210987654321"


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:sqs:eu-west-7:210987654321:queue",
        "arn:aws:s3:::bucket",
        "arn:aws:s3:::bucket/*",
        "arn:aws:s3:::bucket/results/*",
        "arn:aws-cn:s3:::bucket/a/b/*",
        f"arn:aws:logs:{PLACE}:log-group:/aws/lambda/one:*",
        f"arn:aws:glue:{PLACE}:table/s3tablescatalog_link/*",
        f"arn:aws:dynamodb:{PLACE}:table/items/index/*",
    ],
)
def test_one_thing_and_its_inside_are_narrow(resource: str) -> None:
    assert not is_wide(resource)


@pytest.mark.parametrize(
    "resource",
    [
        "*",
        "arn:aws:s3:::*",
        "arn:aws:s3:::*/*",
        "arn:aws:s3:::/*",
        "arn:aws:s3:::bucket*",
        "arn:aws:s3:::bucket/results*",
        "arn:aws:s3:::bucket/*/secret",
        f"arn:aws:logs:{PLACE}:log-group:*",
        f"arn:aws:logs:{PLACE}:log-group::*",
        f"arn:aws:logs:{PLACE}:log-group:/aws/lambda/*:*",
        f"arn:aws:glue:{PLACE}:table/*",
        f"arn:aws:glue:{PLACE}:table/*/*",
        f"arn:aws:glue:{PLACE}:*",
        f"arn:aws:dynamodb:{PLACE}:table/*",
        f"arn:aws:dynamodb:{PLACE}:table/*/index/*",
        "arn:aws:dynamodb:*:210987654321:table/items/index/*",
        f"arn:aws:s3tables:{PLACE}:bucket/rows/table/*",
        f"arn:aws:sqs:{PLACE}:queue?",
        "table/*",
    ],
)
def test_what_is_more_is_wide(resource: str) -> None:
    assert is_wide(resource)
