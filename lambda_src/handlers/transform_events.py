"""Firehose transformation: usage events in, rows of their table out."""

import json
import logging
from functools import cache
from pathlib import Path
from typing import Any

from events import Rules, transform

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)

CATALOG = Path(__file__).parents[1] / "catalog.json"
"""Shipped at the zip's root."""


@cache
def rules() -> Rules:
    """Read the catalog once. Without a valid one every invocation fails, so Firehose keeps the records."""
    return Rules.of(json.loads(CATALOG.read_text(encoding="utf-8")))


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer a Firehose event; log one line of counts, never a payload."""
    batch = transform(event, rules())
    reasons = {reason.value: count for reason, count in sorted(batch.failures.items())}
    counts = {"records": len(event["records"]), "failed": batch.failures.total(), "reasons": reasons}
    level = logging.WARNING if reasons else logging.INFO
    logger.log(level, "transformed %(records)d records, %(failed)d failed: %(reasons)s", counts, extra=counts)
    return {"records": batch.answers}
