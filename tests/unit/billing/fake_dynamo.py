"""DynamoDB in memory, as far as `billing.dynamo` uses it; its conditions and updates are evaluated, not assumed.

What it says of them is what the tests in `tests/embedded` see of the embedded DynamoDB.
"""

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

KEYS = {
    "subscriptions": ("shard", "tenant_id"),
    "invoices": ("pk", "sk"),
    "reconciliation": ("source", "hour"),
    "usage": ("tenant_id", "period"),
    "actions": ("pk", "sk"),
}

_TOKEN = re.compile(r"\s*([(),]|<=|>=|<>|[<>=]|[#:]?\w+)")
_read, _write = TypeDeserializer().deserialize, TypeSerializer().serialize

Values = dict[str, Any]


class FakeDynamo:
    """The program's tables.

    Args:
        writing: called with a write's name before it is done; gives what is to be called afterwards.
        reading: called before a read.
    """

    def __init__(self, writing: Callable[[str], Callable[[], None]], reading: Callable[[], None]) -> None:
        self._writing, self._reading = writing, reading
        self.tables: dict[str, dict[tuple[str, str], Values]] = {name: {} for name in KEYS}
        self.page_size = 3

    def get_item(self, *, TableName: str, Key: Values, ConsistentRead: bool) -> Values:  # noqa: N803 - AWS's names
        assert ConsistentRead
        self._reading()
        item = self.tables[TableName].get(self._key(TableName, Key))
        return {} if item is None else {"Item": _shown(item)}

    def batch_get_item(self, *, RequestItems: Values) -> Values:  # noqa: N803
        self._reading()
        [(table, request)] = RequestItems.items()
        assert len(request["Keys"]) <= 100
        assert request["ConsistentRead"]
        keys = [self._key(table, key) for key in request["Keys"]]
        assert len(set(keys)) == len(keys)
        found = [self.tables[table][key] for key in keys if key in self.tables[table]]
        return {"Responses": {table: list(map(_shown, found))}}

    def get_paginator(self, operation: str) -> "FakeDynamo":
        assert operation == "query"
        return self

    def paginate(self, *, TableName: str, ConsistentRead: bool, **query: Any) -> Iterator[Values]:  # noqa: N803
        assert ConsistentRead
        names, values = query["ExpressionAttributeNames"], _plain(query["ExpressionAttributeValues"])
        pk, sk = KEYS[TableName]
        assert names["#pk"] == pk
        text = query["KeyConditionExpression"]
        items = sorted((key, item) for key, item in self.tables[TableName].items() if key[0] == values[":pk"])
        if "begins_with" in text:
            assert names["#sk"] == sk
            items = [(key, item) for key, item in items if key[1].startswith(values[":first"])]
        elif "BETWEEN" in text:
            items = [(key, item) for key, item in items if values[":first"] <= key[1] <= values[":last"]]
        shown = [_shown(item) for _, item in items]
        for start in range(0, max(len(shown), 1), self.page_size):
            yield {"Items": shown[start : start + self.page_size]}
            self._reading()

    def put_item(self, **write: Any) -> None:
        after = self._writing(f"put {write['Item'].get('sk') or write['Item']}")
        self._checked(write, "ConditionalCheckFailedException")
        self._do("Put", write)
        after()

    def update_item(self, *, ReturnValues: str, **write: Any) -> Values:  # noqa: N803
        assert ReturnValues == "ALL_NEW"
        after = self._writing(f"update {write['Key']}")
        self._checked(write, "ConditionalCheckFailedException")
        self._do("Update", write)
        item = self.tables[write["TableName"]][self._key(write["TableName"], write["Key"])]
        after()
        return {"Attributes": _shown(item)}

    def batch_write_item(self, *, RequestItems: Values) -> Values:  # noqa: N803
        [(table, requests)] = RequestItems.items()
        assert len(requests) <= 25
        after = self._writing(f"delete {len(requests)}")
        for request in requests:
            self.tables[table].pop(self._key(table, request["DeleteRequest"]["Key"]), None)
        after()
        return {"UnprocessedItems": {}}

    def transact_write_items(self, *, TransactItems: list[Values]) -> None:  # noqa: N803
        after = self._writing(f"transact {len(TransactItems)}")
        writes = [next(iter(item.items())) for item in TransactItems]
        keys = [(write["TableName"], self._key_of(write)) for _, write in writes]
        assert len(set(keys)) == len(keys) <= 100
        reasons = ["None" if self._holds(write) else "ConditionalCheckFailed" for _, write in writes]
        if set(reasons) != {"None"}:
            error = {"Error": {"Code": "TransactionCanceledException", "Message": ", ".join(reasons)}}
            raise ClientError(
                {**error, "CancellationReasons": [{"Code": one} for one in reasons]}, "TransactWriteItems"
            )
        for kind, write in writes:
            self._do(kind, write)
        after()

    def _do(self, kind: str, write: Values) -> None:
        table = self.tables[write["TableName"]]
        key = self._key_of(write)
        assert all(key)
        if kind == "Put":
            table[key] = _plain(write["Item"])
        elif kind == "Update":
            item = copy.deepcopy(table.get(key, _plain(write["Key"])))
            _update(item, write)
            table[key] = item

    def _checked(self, write: Values, code: str) -> None:
        if not self._holds(write):
            raise ClientError({"Error": {"Code": code, "Message": "does not hold"}}, "Write")

    def _holds(self, write: Values) -> bool:
        text = write.get("ConditionExpression")
        names, values = write.get("ExpressionAttributeNames", {}), _plain(write.get("ExpressionAttributeValues", {}))
        used = f"{text or ''} {write.get('UpdateExpression', '')}"
        assert set(names) == set(re.findall(r"#\w+", used))
        assert set(values) == set(re.findall(r":\w+", used))
        item = self.tables[write["TableName"]].get(self._key_of(write), {})
        return text is None or _Condition(text, item, names, values).holds()

    def _key_of(self, write: Values) -> tuple[str, str]:
        return self._key(write["TableName"], write.get("Key") or write["Item"])

    def _key(self, table: str, item: Values) -> tuple[str, str]:
        pk, sk = KEYS[table]
        return item[pk]["S"], item[sk]["S"]


class _Condition:
    """`or` of `and` of comparisons, functions and groups."""

    def __init__(self, text: str, item: Mapping[str, Any], names: Mapping[str, str], values: Values) -> None:
        self._tokens = _TOKEN.findall(text)
        assert "".join(self._tokens) == re.sub(r"\s+", "", text)
        self._item, self._names, self._values = item, names, values

    def holds(self) -> bool:
        found = self._or()
        assert not self._tokens, self._tokens
        return found

    def _or(self) -> bool:
        found = self._and()
        while self._tokens and self._tokens[0] == "OR":
            self._tokens.pop(0)
            found = self._and() or found
        return found

    def _and(self) -> bool:
        found = self._one()
        while self._tokens and self._tokens[0] == "AND":
            self._tokens.pop(0)
            found = self._one() and found
        return found

    def _one(self) -> bool:
        token = self._tokens.pop(0)
        if token == "(":
            found = self._or()
            assert self._tokens.pop(0) == ")"
            return found
        if token in {"attribute_not_exists", "attribute_exists"}:
            _, name, _ = (self._tokens.pop(0) for _ in range(3))
            return (self._names[name] in self._item) == (token == "attribute_exists")
        operator, right = self._tokens.pop(0), self._tokens.pop(0)
        left, right = self._operand(token), self._operand(right)
        if operator == "<>":
            return bool(left != right)
        if left is None or right is None or type(left) is not type(right):
            return False  # what is not there, or of another type, compares with nothing
        return bool({"=": left == right, "<": left < right, "<=": left <= right}[operator])

    def _operand(self, token: str) -> Any:
        return self._values[token] if token[0] == ":" else self._item.get(self._names[token])


def _update(item: Values, write: Values) -> None:
    names, values = write.get("ExpressionAttributeNames", {}), _plain(write.get("ExpressionAttributeValues", {}))
    parts = re.split(r"\b(SET|ADD|REMOVE)\b", write["UpdateExpression"])
    assert not parts[0].strip()
    for verb, text in zip(parts[1::2], parts[2::2], strict=True):
        for one in re.split(r",(?![^(]*\))", text):
            if verb == "SET":
                name, value = (part.strip() for part in one.split("=", 1))
                if found := re.fullmatch(r"if_not_exists\((#\w+), (:\w+)\)", value):
                    item.setdefault(names[found[1]], values[found[2]])
                else:
                    item[names[name]] = values[value]
            elif verb == "ADD":
                name, value = names[one.split()[0]], values[one.split()[1]]
                before = item.get(name)
                item[name] = value if before is None else before | value if isinstance(value, set) else before + value
            else:
                item.pop(names[one.strip()], None)


def _plain(item: Values) -> Values:
    return {name: _read(value) for name, value in item.items()}


def _shown(item: Values) -> Values:
    return {name: _write(value) for name, value in item.items()}
