"""Which objects of error buckets were replayed: one item each in the table of the operator's actions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from billing.dynamo import Condition, ConditionFailedError, Table
from billing.moments import moment_text

_REPLAY = "REPLAY#"
PUTTING: Literal["putting"] = "putting"
DONE: Literal["done"] = "done"
ASIDE: Literal["aside"] = "aside"
_PUTTING = Condition("#state = :putting", {"putting": PUTTING})
_UNTOUCHED = Condition("attribute_not_exists(#state) OR #state = :aside", {"aside": ASIDE})
_UNDONE = Condition("attribute_not_exists(#state) OR #state = :putting OR #put < #records", {"putting": PUTTING})


@dataclass(frozen=True, slots=True)
class Mark:
    """How far the replay of one object came."""

    key: str
    """Of the object."""
    action_id: str
    """The operator's action that began it, or took it over."""
    at: str
    """When the mark was last written; `billing.moments`."""
    records: int
    """How many records the object has."""
    put: int
    """How many of them are known to be on the stream again."""
    state: str
    """`putting`: some may be on the stream again. `done`: those are that can be rows, by `error_bucket.identity`, and
    all if `put` is `records`; their new arrivals answer for them. `aside`: an operator has looked at it, and nothing is
    put again; what its hours lack stays missing."""


class Marks:
    """The marks of all error buckets.

    Args:
        dynamodb: client of boto3, for DynamoDB.
        table: name of the table of actions.
    """

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._table = Table(dynamodb, table)

    def of(self, bucket: str) -> dict[str, Mark]:
        """Return the marks of a bucket, by the keys of its objects."""
        return {item["sk"]: _mark(item) for item in self._table.query(_REPLAY + bucket)}

    def begin(self, bucket: str, key: str, *, action_id: str, at: datetime, records: int) -> Mark | None:
        """Mark an object as being replayed, before any of its records is put; one left half-way is taken over.

        Returns:
            The mark, which says how many records had been put before; None if all of them were.
        """
        change = "SET #action_id = :action_id, #at = :at, #records = :records, #state = :state"
        change += ", #put = if_not_exists(#put, :none)"
        values = {"action_id": action_id, "at": moment_text(at), "records": records, "state": PUTTING, "none": 0}
        return self._change(bucket, key, change, _UNDONE, values)

    def advance(self, bucket: str, key: str, *, at: datetime, put: int) -> Mark | None:
        """Note how many records have been put; None if the object is not being replayed."""
        return self._change(bucket, key, "SET #at = :at, #put = :put", _PUTTING, {"at": moment_text(at), "put": put})

    def done(self, bucket: str, key: str, *, at: datetime, put: int) -> Mark | None:
        """Mark an object as replayed, once all of its records were put again that can be rows.

        Returns:
            The mark; None if the object is not being replayed, any more or at all.
        """
        values = {"at": moment_text(at), "put": put, "state": DONE}
        return self._change(bucket, key, "SET #at = :at, #put = :put, #state = :state", _PUTTING, values)

    def set_aside(self, bucket: str, key: str, *, action_id: str, at: datetime, records: int) -> Mark | None:
        """Mark an object as one of which nothing will be put again.

        Returns:
            The mark; None if some of it was put again.
        """
        change = "SET #action_id = :action_id, #at = :at, #records = :records, #state = :state, #put = :none"
        values = {"action_id": action_id, "at": moment_text(at), "records": records, "state": ASIDE, "none": 0}
        return self._change(bucket, key, change, _UNTOUCHED, values)

    def _change(self, bucket: str, key: str, change: str, condition: Condition, values: dict[str, Any]) -> Mark | None:
        try:
            return _mark(self._table.update((_REPLAY + bucket, key), change, condition, **values))
        except ConditionFailedError:
            return None


def is_done(marks: Mapping[str, Mark], key: str) -> bool:
    """Tell whether an object was replayed."""
    return key in marks and marks[key].state == DONE


def is_aside(marks: Mapping[str, Mark], key: str) -> bool:
    """Tell whether an object was set aside."""
    return key in marks and marks[key].state == ASIDE


def _mark(item: Mapping[str, Any]) -> Mark:
    names = ("action_id", "at", "records", "put", "state")
    return Mark(item["sk"], *(item[name] for name in names))
