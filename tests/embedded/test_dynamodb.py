from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.server import EmbeddedAws
from tests.embedded.gateway_kit import client, unique
from tests.embedded.queue_kit import client_of_user, code_of

Item = dict[str, Any]


@pytest.fixture(scope="module")
def table(aws: EmbeddedAws) -> str:
    return _make_table(aws)


def _make_table(aws: EmbeddedAws) -> str:
    name = unique("table")
    client(aws, "dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )
    return name


def _key(pk: str, sk: str = "-") -> Item:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def _put(table: str, pk: str, **more: Any) -> Item:
    return {"Put": {"TableName": table, "Item": _key(pk), "ConditionExpression": "attribute_not_exists(pk)", **more}}


def _count(table: str, pk: str) -> Item:
    return {
        "Update": {
            "TableName": table,
            "Key": _key(pk),
            "UpdateExpression": "ADD done :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
    }


def _done(aws: EmbeddedAws, table: str, pk: str) -> int:
    item = client(aws, "dynamodb").get_item(TableName=table, Key=_key(pk), ConsistentRead=True)["Item"]
    return int(item["done"]["N"])


def test_of_many_transactions_on_one_marker_one_counts(aws: EmbeddedAws, table: str) -> None:
    dynamodb = client(aws, "dynamodb")
    counter, markers = unique("counter"), [unique("marker") for _ in range(4)]

    def mark(marker: str) -> str:
        try:
            dynamodb.transact_write_items(TransactItems=[_put(table, marker), _count(table, counter)])
        except dynamodb.exceptions.TransactionCanceledException as error:
            return str([reason["Code"] for reason in error.response["CancellationReasons"]])
        return "done"

    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(mark, markers * 6))
    assert outcomes.count("done") == 4
    assert set(outcomes) - {"done"} == {"['ConditionalCheckFailed', 'None']"}
    assert _done(aws, table, counter) == 4


def test_numbers_from_a_counter_have_no_gap_and_come_once(aws: EmbeddedAws, table: str) -> None:
    dynamodb, counter = client(aws, "dynamodb"), unique("counter")

    def take(_: int) -> int:
        answer = dynamodb.update_item(
            TableName=table,
            Key=_key(counter),
            UpdateExpression="ADD done :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
            ReturnValues="UPDATED_NEW",
        )
        return int(answer["Attributes"]["done"]["N"])

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(take, range(24))) == list(range(1, 25))


def test_a_transaction_that_fails_writes_nothing_and_shows_the_item_if_asked(aws: EmbeddedAws, table: str) -> None:
    dynamodb, taken, fresh = client(aws, "dynamodb"), unique("taken"), unique("fresh")
    dynamodb.put_item(TableName=table, Item={**_key(taken), "run": {"S": "r1"}})
    blocked = _put(table, taken, ReturnValuesOnConditionCheckFailure="ALL_OLD")
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as error:
        dynamodb.transact_write_items(TransactItems=[_put(table, fresh), blocked])
    assert error.value.response["CancellationReasons"][0] == {"Code": "None"}
    reason = error.value.response["CancellationReasons"][1]
    assert (reason["Code"], reason["Item"]) == ("ConditionalCheckFailed", {**_key(taken), "run": {"S": "r1"}})
    assert "Item" not in dynamodb.get_item(TableName=table, Key=_key(fresh))


def test_a_repeated_token_writes_once(aws: EmbeddedAws, table: str) -> None:
    dynamodb, counter, token = client(aws, "dynamodb"), unique("counter"), unique("token")
    for _ in range(2):
        dynamodb.transact_write_items(TransactItems=[_count(table, counter)], ClientRequestToken=token)
    assert _done(aws, table, counter) == 1
    with pytest.raises(ClientError) as error:
        dynamodb.transact_write_items(TransactItems=[_count(table, unique("c"))], ClientRequestToken=token)
    assert code_of(error)[0] == "IdempotentParameterMismatchException"


@pytest.mark.parametrize(
    ("items", "message"),
    [
        pytest.param(101, "Member must have length less than or equal to 100", id="too many"),
        pytest.param(0, "Transaction request cannot include multiple operations on one item", id="one item twice"),
    ],
)
def test_a_transaction_that_dynamodb_does_not_take(aws: EmbeddedAws, table: str, items: int, message: str) -> None:
    counter = unique("counter")
    actions = [_put(table, unique("item")) for _ in range(items)] or [_put(table, counter), _count(table, counter)]
    with pytest.raises(ClientError) as error:
        client(aws, "dynamodb").transact_write_items(TransactItems=actions)
    code, told = code_of(error)
    assert (code, message in told) == ("ValidationException", True), told


def test_an_item_has_at_most_400_kilobytes(aws: EmbeddedAws, table: str) -> None:
    with pytest.raises(ClientError) as error:
        client(aws, "dynamodb").put_item(TableName=table, Item={**_key("large"), "text": {"S": "x" * 410_000}})
    assert code_of(error) == ("ValidationException", "Item size has exceeded the maximum allowed size")


def test_every_part_of_a_transaction_needs_its_own_permission_on_its_table(aws: EmbeddedAws, table: str) -> None:
    other = _make_table(aws)
    arn = f"arn:aws:dynamodb:{aws.region}:{aws.account}:table"
    user = client_of_user(
        aws,
        "dynamodb",
        dynamodb__PutItem=f"{arn}/{table}",
        dynamodb__ConditionCheckItem=f"{arn}/{other}",
    )
    check = {
        "ConditionCheck": {
            "TableName": other,
            "Key": _key("none"),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
    }
    user.transact_write_items(TransactItems=[_put(table, unique("item")), check])
    for refused in (
        [_put(other, "item")],
        [_count(table, "item")],
        [check, {"ConditionCheck": {**check["ConditionCheck"], "TableName": table}}],
    ):
        with pytest.raises(ClientError) as error:
            user.transact_write_items(TransactItems=refused)
        assert code_of(error)[0] == "AccessDeniedException"
    with pytest.raises(ClientError) as error:
        user.query(TableName=table, KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": {"S": "item"}})
    assert code_of(error)[0] == "AccessDeniedException"


def test_a_query_pages_in_the_order_of_the_sort_key(aws: EmbeddedAws, table: str) -> None:
    dynamodb, pk = client(aws, "dynamodb"), unique("pages")
    names = ["a", "a/b", "b", "ä", "z"]
    for name in reversed(names):
        dynamodb.put_item(TableName=table, Item=_key(pk, name))
    pages = dynamodb.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": pk}},
        ConsistentRead=True,
        PaginationConfig={"PageSize": 2},
    )
    listed = [[item["sk"]["S"] for item in page["Items"]] for page in pages]
    assert [name for page in listed for name in page] == sorted(names, key=str.encode)
    assert len(listed) >= 3


def test_an_expression_that_is_said_again_is_judged_by_its_values_each_time(aws: EmbeddedAws, table: str) -> None:
    dynamodb, pk = client_of_user(aws, "dynamodb", dynamodb__PutItem="*"), unique("k")

    def put(expression: str, **values: str) -> str:
        given = {f":{name}": {"S": value} for name, value in values.items()}
        try:
            dynamodb.put_item(
                TableName=table,
                Item={**_key(pk), "state": given[":new"]},
                ConditionExpression=expression,
                ExpressionAttributeValues={key: value for key, value in given.items() if key in expression},
                ExpressionAttributeNames={"#state": "state"},
            )
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "put"

    unless = "attribute_not_exists(#state) OR #state = :old"
    assert put(unless, old="none", new="one") == "put"
    assert [put(unless, old=old, new="two") for old in ("none", "one", "one")] == [
        "ConditionalCheckFailedException",
        "put",
        "ConditionalCheckFailedException",
    ]
    assert [put("#state = = :old", old=old, new="three") for old in ("two", "one")] == ["ValidationException"] * 2
