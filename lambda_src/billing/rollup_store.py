"""The items of the usage table: for each tenant and period what was used so far, as the customer is shown it."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from billing.dynamo import Condition, ConditionFailedError, Table
from rating.period import Period

LARGEST_ITEM = 350_000
"""Bytes of an item's compressed body; DynamoDB takes items of 400 KB."""
LARGEST_BODY = 3_000_000
"""Bytes of a body; Lambda returns 6 MB at most, and the quotes in a body are two characters in its answer."""
KEPT_MONTHS = 15
"""How long an item is kept after its period's end."""

_PRECISION = 16
"""Of the groups that would fit, at most one in so many is left out: to try more often costs more than it shows."""

_NOT_OLDER = "attribute_not_exists(#tenant_id) OR #as_of <= :now"


@dataclass(frozen=True)
class UsageItem:
    """What a tenant used so far in a period."""

    tenant_id: str
    period: Period
    as_of: str
    """The rollup's time; all times are texts as of `billing.moments`."""
    cutoff: str
    """Rows before it are counted."""
    over: Sequence[Mapping[str, str]]
    """Hard limits that are reached: `{"meter", "limit", "used"}`."""
    body: bytes
    """JSON, as of `billing.rollup_body`, compressed by `packed`."""

    def text(self) -> bytes:
        """Return the body's JSON."""
        return zlib.decompress(self.body)


class UsageItems:
    """The table.

    Args:
        client: of boto3, for DynamoDB.
        name: of the table.
    """

    def __init__(self, client: Any, name: str) -> None:
        self._table = Table(client, name, "tenant_id", "period")

    def get(self, tenant_id: str, period: Period) -> UsageItem | None:
        """Return a tenant's item of a period; None if there is none."""
        item = self._table.get((tenant_id, str(period)))
        if item is None:
            return None
        return UsageItem(tenant_id, period, item["as_of"], item["cutoff"], item["over"], bytes(item["body"]))

    def put(self, item: UsageItem) -> bool:
        """Write an item unless a newer one is there; return whether it was written."""
        values = {**vars(item), "period": str(item.period), "expires": expiry(item.period)}
        try:
            self._table.put(values, Condition(_NOT_OLDER, {"now": item.as_of}))
        except ConditionFailedError:
            return False
        return True


def expiry(period: Period) -> int:
    """Return when nobody needs a period's items any more: seconds since 1970."""
    after = period.next
    for _ in range(KEPT_MONTHS):
        after = after.next
    return int(after.start.timestamp())


def packed(body: Mapping[str, Any]) -> bytes:
    """Return a body compressed, without the smallest groups of its meters if it is too large.

    About as many groups as fit are kept of every meter, and as many of every line of the bill; what the groups add up
    to stays, and each meter's `dimensions_omitted` counts those that are left out, as does `groups_omitted` of a line.
    """
    whole = _fitting(body)
    if whole is not None:
        return whole
    fits, too_many = 0, max(map(len, _every_groups(body)), default=0)
    ranks = {id(groups): _ranks(groups) for groups in _every_groups(body)}
    best = _compressed(_text(_trimmed(body, ranks, 0)))
    while too_many - fits > max(fits // _PRECISION, 1):
        most = (fits + too_many) // 2
        found = _fitting(_trimmed(body, ranks, most))
        if found is None:
            too_many = most
        else:
            fits, best = most, found
    return best


_Groups = Sequence[Mapping[str, Any]]
_Ranks = Mapping[int, Sequence[int]]
"""Identity of a list of groups -> the rank of each by its quantity, 0 for the largest."""


def _fitting(body: Mapping[str, Any]) -> bytes | None:
    text = _text(body)
    if len(text) > LARGEST_BODY:
        return None
    found = _compressed(text)
    return found if len(found) <= LARGEST_ITEM else None


def _text(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _compressed(text: bytes) -> bytes:
    return zlib.compress(text)


def _lines(body: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    lines: Sequence[Mapping[str, Any]] = body["bill"]["lines"] if body["bill"] else ()
    return lines


def _every_groups(body: Mapping[str, Any]) -> list[_Groups]:
    return [*(meter["by_dimension"] for meter in body["meters"]), *(line["groups"] for line in _lines(body))]


def _ranks(groups: _Groups) -> list[int]:
    order = sorted(range(len(groups)), key=lambda number: (Decimal(groups[number]["quantity"]).copy_negate(), number))
    ranks = [0] * len(groups)
    for rank, number in enumerate(order):
        ranks[number] = rank
    return ranks


def _trimmed(body: Mapping[str, Any], ranks: _Ranks, most: int) -> dict[str, Any]:
    """Return a body with at most so many groups of each meter, and of each line, in the order that they have."""

    def largest(groups: _Groups) -> list[Mapping[str, Any]]:
        return [group for group, rank in zip(groups, ranks[id(groups)], strict=True) if rank < most]

    meters = [
        {
            **meter,
            "by_dimension": largest(meter["by_dimension"]),
            "dimensions_omitted": meter["dimensions_omitted"] + max(len(meter["by_dimension"]) - most, 0),
        }
        for meter in body["meters"]
    ]
    lines = [
        {
            **line,
            "groups": largest(line["groups"]),
            "groups_omitted": line.get("groups_omitted", 0) + len(line["groups"]) - most,
        }
        if len(line["groups"]) > most
        else line
        for line in _lines(body)
    ]
    return {**body, "meters": meters, "bill": body["bill"] and {**body["bill"], "lines": lines}}
