"""Measure the transform beside a floor that only decodes, parses, writes and encodes the same records.

Run by `make bench`. The rounds of all are interleaved, so that a slow moment of the machine meets each of them alike.
"""

import base64
import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from metering.transform import transform
from tests.bench.records import firehose_event, log_line, request_values

ROUNDS = 31
BATCHES_PER_ROUND = 3
RECORDS_PER_BATCH = 500


def floor(event: dict[str, Any]) -> list[dict[str, str]]:
    """Answer the event without looking at what is in it."""
    return [
        {
            "recordId": record["recordId"],
            "result": "Ok",
            "data": base64.b64encode(json.dumps(json.loads(base64.b64decode(record["data"]))).encode()).decode("ascii"),
        }
        for record in event["records"]
    ]


def transform_all(event: dict[str, Any]) -> None:
    """Answer the event as the function does; every record must become a row, or the comparison is not one."""
    batch = transform(event, {"GET /health"})
    if batch.failures:
        raise ValueError(f"benchmark records must be valid, not {dict(batch.failures)}")


def _seconds(run: Callable[[dict[str, Any]], object], event: dict[str, Any]) -> float:
    started = time.perf_counter()
    for _ in range(BATCHES_PER_ROUND):
        run(event)
    return time.perf_counter() - started


def main() -> None:
    """Print records per second and the ratios of the medians."""
    lines = [log_line(request_values(seed)) for seed in range(RECORDS_PER_BATCH)]
    event = firehose_event(line.encode() for line in lines)
    # Keys in an order that no stage writes, so that only the general reader understands the lines.
    reordered = firehose_event(json.dumps(json.loads(line), sort_keys=True).encode() for line in lines)
    subjects = {
        "floor": (floor, event),
        "transform": (transform_all, event),
        "transform of reordered lines": (transform_all, reordered),
    }
    for run, batch in subjects.values():
        run(batch)
    rounds = [{name: _seconds(*subject) for name, subject in subjects.items()} for _ in range(ROUNDS)]
    medians = {name: statistics.median(seconds[name] for seconds in rounds) for name in subjects}
    for name, median in medians.items():
        sys.stdout.write(f"{name}: {BATCHES_PER_ROUND * RECORDS_PER_BATCH / median:,.0f} records/s\n")
    for name in list(subjects)[1:]:
        sys.stdout.write(f"{name}/floor ratio {medians['floor'] / medians[name]:.2f}\n")


if __name__ == "__main__":
    main()
