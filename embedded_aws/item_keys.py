"""Which partitions a call to DynamoDB is about: `dynamodb:LeadingKeys`, by which a policy limits who reads what."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from embedded_aws import hooks
from embedded_aws.server import EmbeddedAws

_ACTIONS = hooks.use("ministack.core.iam_actions", "dynamodb_service_context")
_ITEMS = hooks.use("ministack.services.dynamodb", "_tables")

LEADING_KEYS = "dynamodb:LeadingKeys"
_EQUALITY = re.compile(r"(?P<name>#?[A-Za-z0-9_.-]+)\s*=\s*(?P<value>:[A-Za-z0-9_]+)")
_TRANSACTED = ("Put", "Update", "Delete", "Get", "ConditionCheck")


def install(_: EmbeddedAws) -> None:
    """Show ministack's check of a call the partitions that it names."""
    context_of = _ACTIONS.dynamodb_service_context

    def service_context(body: bytes) -> dict[str, Any]:
        found: dict[str, Any] = context_of(body)
        keys = leading_keys(body)
        return {**found, LEADING_KEYS: keys} if keys else found

    _ACTIONS.dynamodb_service_context = service_context


def leading_keys(body: bytes) -> list[str]:
    """Give the values of the hash keys that a call names, in its order; none for a call such as a scan."""
    try:
        return list(_named(json.loads(body or b"{}")))
    except (AttributeError, TypeError, ValueError):
        return []  # no call that DynamoDB understands: it refuses it itself


def _named(call: Mapping[str, Any]) -> Iterator[str]:
    yield from _of_one(call)
    for part in call.get("TransactItems") or []:
        for member in _TRANSACTED:
            yield from _of_one(part.get(member) or {})
    for table, wanted in (call.get("RequestItems") or {}).items():
        if isinstance(wanted, dict):
            writes = [{"Key": key} for key in wanted.get("Keys") or []]
        else:
            writes = [write.get("PutRequest") or write.get("DeleteRequest") or {} for write in wanted]
        for write in writes:
            yield from _of_one({"TableName": table, **write})


def _of_one(call: Mapping[str, Any]) -> Iterator[str]:
    """Yield the hash key of the item that a call, or a part of one, is about; or of the partition that it queries."""
    hash_key = _hash_key(str(call.get("TableName")), call.get("IndexName"))
    item = call.get("Key") or call.get("Item") or {}
    if hash_key in item:
        yield from map(str, item[hash_key].values())
    names, values = call.get("ExpressionAttributeNames") or {}, call.get("ExpressionAttributeValues") or {}
    for equality in _EQUALITY.finditer(call.get("KeyConditionExpression") or ""):
        name = equality["name"]
        if names.get(name, name) == hash_key and equality["value"] in values:
            yield from map(str, values[equality["value"]].values())


def _hash_key(table: str, index: Any) -> str | None:
    described = _ITEMS._tables.get(table.rpartition("/")[2])
    if described is None:
        return None
    schemas = [described]
    if index:
        indexes = [
            *(described.get("GlobalSecondaryIndexes") or []),
            *(described.get("LocalSecondaryIndexes") or []),
        ]
        schemas = [one for one in indexes if one["IndexName"] == index]
    keys = (key["AttributeName"] for one in schemas for key in one["KeySchema"] if key["KeyType"] == "HASH")
    return next(keys, None)
