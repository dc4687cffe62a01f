"""DynamoDB as the workflow needs it: consistent reads, conditional writes, transactions with readable failures."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

Item = dict[str, Any]
Key = tuple[str, str]
"""Partition and sort key."""
Write = dict[str, Any]
"""One element of a transaction, as `TransactWriteItems` takes it."""

_TRIES = 20
_KEYS_PER_GET = 100
_WRITES_PER_BATCH = 25
_NAME = re.compile(r"#(\w+)")
_SERIALIZER, _DESERIALIZER = TypeSerializer(), TypeDeserializer()


class ConditionFailedError(Exception):
    """A write's condition does not hold: someone else was there before.

    Attributes:
        failed: places of the writes whose conditions failed, in a transaction's order.
    """

    def __init__(self, failed: Sequence[int]) -> None:
        super().__init__(f"the condition of write {', '.join(map(str, failed))} does not hold")
        self.failed = tuple(failed)


class BusyError(RuntimeError):
    """DynamoDB refuses, try after try, for conflict or load; whoever called is to come again later."""


@dataclass(frozen=True)
class Condition:
    """What must hold of an item: an expression in which each name is `#name` and each value `:value`."""

    text: str
    values: Mapping[str, Any] = field(default_factory=dict)


class Table:
    """One table.

    Args:
        client: of boto3, for DynamoDB.
        name: of the table.
        pk, sk: names of its two key attributes.
        page: how many items a query reads at once: DynamoDB's own page, 1 MB, is ten times as much once it is parsed.
    """

    def __init__(self, client: Any, name: str, pk: str = "pk", sk: str = "sk", *, page: int = 250) -> None:
        self._client, self.name, self._pk, self._sk, self._page = client, name, pk, sk, page

    def get(self, key: Key) -> Item | None:
        """Return an item; None if there is none."""
        answer = self._client.get_item(TableName=self.name, Key=self._key(*key), ConsistentRead=True)
        return _from_item(answer["Item"]) if "Item" in answer else None

    def get_many(self, keys: Iterable[Key]) -> list[Item]:
        """Return the items that are there, in any order.

        Raises:
            BusyError: DynamoDB leaves keys unread, try after try.
        """
        wanted, found = [self._key(*key) for key in keys], []
        for start in range(0, len(wanted), _KEYS_PER_GET):
            left: list[Any] = wanted[start : start + _KEYS_PER_GET]
            for _ in range(_TRIES):
                request = {self.name: {"Keys": left, "ConsistentRead": True}}
                answer = self._client.batch_get_item(RequestItems=request)
                found += [_from_item(item) for item in answer["Responses"].get(self.name, [])]
                left = answer.get("UnprocessedKeys", {}).get(self.name, {}).get("Keys", [])
                if not left:
                    break
            else:
                raise BusyError(f"table {self.name}: {len(left)} keys are not read after {_TRIES} tries")
        return found

    def query(self, pk: str, first: str = "", last: str | None = None, *, prefix: str = "") -> Iterator[Item]:
        """Yield the items of a partition in the order of their sort keys, page by page.

        Args:
            pk: the partition.
            first: with `last`, the first sort key of a range.
            last: the last one, included.
            prefix: only sort keys that begin so; not together with a range.
        """
        text, values = "#pk = :pk", {":pk": pk}
        names = {"#pk": self._pk}
        if prefix:
            text, values = f"{text} AND begins_with(#sk, :first)", {**values, ":first": prefix}
        elif last is not None:
            text, values = f"{text} AND #sk BETWEEN :first AND :last", {**values, ":first": first, ":last": last}
        if prefix or last is not None:
            names["#sk"] = self._sk
        pages = self._client.get_paginator("query").paginate(
            TableName=self.name,
            KeyConditionExpression=text,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=_to_item(values),
            ConsistentRead=True,
            PaginationConfig={"PageSize": self._page},
        )
        for page in pages:
            for item in page["Items"]:
                yield _from_item(item)

    def put(self, item: Item, condition: Condition | None = None) -> None:
        """Write an item.

        Raises:
            ConditionFailedError: the condition does not hold.
            BusyError: others have the item in transactions, try after try.
        """
        self._write(self._client.put_item, self.putting(item, condition)["Put"])

    def update(self, key: Key, change: str, condition: Condition | None, **values: Any) -> Item:
        """Change an item by an update expression, and return it as it is then.

        Args:
            key: of the item; one that is not there is made.
            change: the expression, each name as `#name`, each value as `:name`.
            condition: what must hold of the item.
            values: the expression's values by name, without the colon.

        Raises:
            ConditionFailedError: the condition does not hold.
            BusyError: others have the item in transactions, try after try.
        """
        write = self.updating(key, change, condition, **values)["Update"]
        return _from_item(self._write(self._client.update_item, {**write, "ReturnValues": "ALL_NEW"})["Attributes"])

    def delete_many(self, keys: Iterable[Key]) -> None:
        """Delete items; one that is not there is as good as deleted.

        Raises:
            BusyError: DynamoDB leaves some, try after try.
        """
        requests = [{"DeleteRequest": {"Key": self._key(*key)}} for key in keys]
        for start in range(0, len(requests), _WRITES_PER_BATCH):
            left: list[Any] = requests[start : start + _WRITES_PER_BATCH]
            for _ in range(_TRIES):
                answer = self._client.batch_write_item(RequestItems={self.name: left})
                left = answer.get("UnprocessedItems", {}).get(self.name, [])
                if not left:
                    break
            else:
                raise BusyError(f"table {self.name}: {len(left)} items are not deleted after {_TRIES} tries")

    def putting(self, item: Item, condition: Condition | None = None) -> Write:
        """Return the element of a transaction that writes an item."""
        return {"Put": {"TableName": self.name, "Item": _to_item(item), **_expressions("", condition, {})}}

    def updating(self, key: Key, change: str, condition: Condition | None, **values: Any) -> Write:
        """Return the element of a transaction that changes an item; arguments as of `update`."""
        named = {f":{name}": value for name, value in values.items()}
        expressions = _expressions(change, condition, named)
        return {"Update": {"TableName": self.name, "Key": self._key(*key), "UpdateExpression": change, **expressions}}

    def checking(self, key: Key, condition: Condition) -> Write:
        """Return the element of a transaction that changes nothing and demands something of an item."""
        expressions = _expressions("", condition, {})
        return {"ConditionCheck": {"TableName": self.name, "Key": self._key(*key), **expressions}}

    def transact(self, writes: Sequence[Write]) -> None:
        """Do all of the writes or none.

        Raises:
            ConditionFailedError: a condition does not hold.
            BusyError: others write the same items all the time, or the table is overloaded.
        """
        reasons: list[str] = []
        for _ in range(_TRIES):
            try:
                self._client.transact_write_items(TransactItems=list(writes))
            except ClientError as error:
                if error.response["Error"]["Code"] != "TransactionCanceledException":
                    raise
                reasons = [reason.get("Code", "None") for reason in error.response["CancellationReasons"]]
                failed = [place for place, reason in enumerate(reasons) if reason == "ConditionalCheckFailed"]
                if failed:
                    raise ConditionFailedError(failed) from error
                if not set(reasons) <= _PASSING:
                    raise
            else:
                return
        raise BusyError(f"table {self.name}: a transaction is refused after {_TRIES} tries: {', '.join(reasons)}")

    def _write(self, call: Callable[..., Any], write: Mapping[str, Any]) -> Any:
        """Do one write, again while another's transaction has the item, for which botocore does not try again."""
        for _ in range(_TRIES):
            try:
                return call(**write)
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code == "ConditionalCheckFailedException":
                    raise ConditionFailedError([0]) from error
                if code != "TransactionConflictException":
                    raise
        raise BusyError(f"table {self.name}: an item is in others' transactions after {_TRIES} tries")

    def _key(self, pk: str, sk: str) -> dict[str, Any]:
        return _to_item({self._pk: pk, self._sk: sk})


_PASSING = {"None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
"""Reasons of a cancelled transaction that the next try may not meet."""


def _expressions(change: str, condition: Condition | None, values: Mapping[str, Any]) -> dict[str, Any]:
    text = condition.text if condition else ""
    values = {**values, **{f":{name}": value for name, value in (condition.values if condition else {}).items()}}
    names = {f"#{name}": name for name in _NAME.findall(f"{change} {text}")}
    return {
        **({"ConditionExpression": text} if condition else {}),
        **({"ExpressionAttributeNames": names} if names else {}),
        **({"ExpressionAttributeValues": _to_item(values)} if values else {}),
    }


def _to_item(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _SERIALIZER.serialize(value) for name, value in values.items() if value is not None}


def _from_item(item: Mapping[str, Any]) -> Item:
    return {name: _plain(_DESERIALIZER.deserialize(value)) for name, value in item.items()}


def _plain(value: Any) -> Any:
    """Return a value with numbers as integers, which all of ours are: amounts and quantities are texts."""
    match value:
        case Decimal():
            return int(value)
        case dict():
            return {name: _plain(inner) for name, inner in value.items()}
        case list():
            return [_plain(inner) for inner in value]
        case set():
            return {_plain(inner) for inner in value}
        case _:
            return value
