"""Usage by day, tenant by tenant, beside a run's tenants, which come in a slightly different order."""

import heapq
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from billing.inputs import is_fit_for_keys
from billing.lake import Answer, Lake
from billing.measuring import tables_of
from billing.rollup_body import meters_json
from rating.catalog import Catalog, Meter
from rating.period import Period
from usage.counted import Counted
from usage.daily import TenantDays, daily_query, read_daily

_TENANT = attrgetter("tenant_id")


class Days:
    """What tenants used by day, as of `billing.rollup_body.meters_json`; the queries begin at once.

    A run's tenants whose plan changes in the period come later than the others, some thousand at a time. Their days are
    held until then, compressed.

    Args:
        lake: which is asked.
        catalog: whose meters are measured.
        period: to which the rows belong.
        cutoff: rows that were ingested at this moment or later do not count.
    """

    def __init__(self, lake: Lake, catalog: Catalog, period: Period, cutoff: datetime) -> None:
        self._stream = _by_tenant(lake, catalog, period, cutoff)
        self._following: TenantDays | None = None
        self._is_begun = False
        self._held: dict[str, bytes] = {}

    def of(self, tenant_id: str) -> Mapping[str, Any]:
        """Return what a tenant used; each is asked for once."""
        if not self._is_begun:
            self._is_begun, self._following = True, next(self._stream, None)
        while self._following and self._following.tenant_id <= tenant_id:
            found, self._following = self._following, next(self._stream, None)
            if found.tenant_id == tenant_id:
                return meters_json(found.meters)
            if is_fit_for_keys(found.tenant_id):
                self._held[found.tenant_id] = zlib.compress(json.dumps(meters_json(found.meters)).encode())
        held = self._held.pop(tenant_id, None)
        measured: Mapping[str, Any] = json.loads(zlib.decompress(held)) if held else {}
        return measured


def _by_tenant(lake: Lake, catalog: Catalog, period: Period, cutoff: datetime) -> Iterator[TenantDays]:
    """Ask all tables at once; yield what each tenant used by all of them together, in order."""
    streams = []
    for table in tables_of(lake, catalog):
        meters = {name: meter for name, meter in catalog.meters.items() if meter.table == table.role}
        streams.append(
            _read(meters, lake.ask(daily_query(meters, Counted(table, period, cutoff, catalog.duplicate_window_days))))
        )
    return _joined(heapq.merge(*streams, key=_TENANT))


def _read(meters: Mapping[str, Meter], answered: Callable[[], Answer]) -> Iterator[TenantDays]:
    answer = answered()
    yield from read_daily(meters, answer.header, answer.rows)


def _joined(merged: Iterator[TenantDays]) -> Iterator[TenantDays]:
    for tenant_id, parts in groupby(merged, key=_TENANT):
        yield TenantDays(tenant_id, {name: days for part in parts for name, days in part.meters.items()})
