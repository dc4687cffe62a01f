"""Policies that let somebody at some partitions of a table alone: what a call names decides, whatever the call is."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.server import EmbeddedAws
from tests.embedded.gateway_kit import client, unique
from tests.embedded.queue_kit import code_of

OPEN, SHUT = {"S": "open"}, {"S": "shut"}
ONE: dict[str, Any] = {"pk": OPEN, "sk": {"S": "1"}}
OTHER: dict[str, Any] = {"pk": SHUT, "sk": {"S": "1"}}


@pytest.fixture(scope="module")
def table(aws: EmbeddedAws) -> str:
    name = unique("table")
    client(aws, "dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk", "owner")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-owner",
                "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    for item in (ONE, OTHER):
        client(aws, "dynamodb").put_item(TableName=name, Item={**item, "owner": item["pk"]})
    return name


@pytest.fixture(scope="module")
def user(aws: EmbeddedAws, table: str) -> Any:
    """Somebody who may do everything to items of the partition `open`, and nothing else."""
    iam, name = client(aws, "iam"), unique("user")
    arn = f"arn:aws:dynamodb:{aws.region}:{aws.account}:table/{table}"
    statement = {
        "Effect": "Allow",
        "Action": "dynamodb:*",
        "Resource": [arn, f"{arn}/index/*"],
        "Condition": {
            "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["open"]},
            "Null": {"dynamodb:LeadingKeys": "false"},
        },
    }
    iam.create_user(UserName=name)
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=name, PolicyName="allowed", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return aws.session(access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"]).client("dynamodb")


def call(user: Any, table: str, name: str, key: dict[str, Any]) -> Any:
    """Make a call about the item of a key, or about its partition."""
    arguments: dict[str, Any] = {
        "get_item": {"TableName": table, "Key": key},
        "put_item": {"TableName": table, "Item": key},
        "update_item": {"TableName": table, "Key": key},
        "query": {
            "TableName": table,
            "KeyConditionExpression": "sk = :sk AND #pk = :pk",
            "ExpressionAttributeNames": {"#pk": "pk"},
            "ExpressionAttributeValues": {":pk": key["pk"], ":sk": key["sk"]},
        },
        "query_index": {
            "TableName": table,
            "IndexName": "by-owner",
            "KeyConditionExpression": "owner=:owner",
            "ExpressionAttributeValues": {":owner": key["pk"]},
        },
        "batch_get_item": {"RequestItems": {table: {"Keys": [ONE, key] if key != ONE else [ONE]}}},
        "batch_write_item": {"RequestItems": {table: [{"PutRequest": {"Item": key}}]}},
        "transact_write_items": {"TransactItems": [{"Put": {"TableName": table, "Item": key}}]},
    }[name]
    return getattr(user, name.removesuffix("_index"))(**arguments)


CALLS = (
    *("get_item", "put_item", "update_item", "query", "query_index"),
    *("batch_get_item", "batch_write_item", "transact_write_items"),
)


@pytest.mark.parametrize("name", CALLS)
def test_a_partition_that_is_not_named_in_the_policy_is_refused(user: Any, table: str, name: str) -> None:
    call(user, table, name, ONE)
    with pytest.raises(ClientError) as error:
        call(user, table, name, OTHER)
    assert code_of(error)[0] == "AccessDeniedException"


def test_a_call_that_names_no_partition_is_about_all(user: Any, table: str) -> None:
    with pytest.raises(ClientError) as error:
        user.scan(TableName=table)
    assert code_of(error)[0] == "AccessDeniedException"


@pytest.mark.parametrize("values", [{}, {"ExpressionAttributeValues": {":other": SHUT}}], ids=["none", "another"])
def test_a_query_that_is_none_is_dynamodbs_to_refuse(aws: EmbeddedAws, table: str, values: dict[str, Any]) -> None:
    with pytest.raises(ClientError) as error:
        client(aws, "dynamodb").query(TableName=table, KeyConditionExpression="pk = :pk", **values)
    assert code_of(error)[0] == "ValidationException"
