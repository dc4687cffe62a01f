import json
from datetime import UTC, datetime

from metering.access_log import log_format
from metering.transform import to_row
from tools import late

SINCE = datetime(2026, 8, 28, 12, 59, 30, 500_000, UTC)
ARRIVAL_MS = 1_789_000_000_000


def test_late_records_are_lines_as_the_stage_writes_them() -> None:
    [line] = late.records("acme", SINCE, 1)
    assert list(json.loads(line)) == list(json.loads(log_format()))
    assert line.endswith(b"\n")


def test_late_records_become_billable_rows_of_their_own_time() -> None:
    rows = [json.loads(to_row(line, ARRIVAL_MS, frozenset())) for line in late.records("acme", SINCE, 3)]
    assert [(row["tenant_id"], row["request_time"], row["billable"]) for row in rows] == [
        ("acme", "2026-08-28T12:59:30.500Z", True),
        ("acme", "2026-08-28T13:00:30.500Z", True),
        ("acme", "2026-08-28T13:01:30.500Z", True),
    ]
    assert len({row["extended_request_id"] for row in rows}) == 3
    assert len({row["user"] for row in rows}) == 1
