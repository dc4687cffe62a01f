"""Firehose transformation: access-log records in, rows of the request table out."""

import logging
import os
from dataclasses import dataclass
from functools import cache
from typing import Any

from metering.routes import parse_routes
from metering.transform import transform

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)


@dataclass(frozen=True)
class Settings:
    """What the function's environment says."""

    unbillable_routes: frozenset[str]


@cache
def settings() -> Settings:
    """Read the environment once. A malformed one fails every invocation, so Firehose keeps the records."""
    return Settings(parse_routes("UNBILLABLE_ROUTES", os.environ.get("UNBILLABLE_ROUTES", "[]")))


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer a Firehose event; log one line of counts, never a payload."""
    batch = transform(event, settings().unbillable_routes)
    reasons = {reason.value: count for reason, count in sorted(batch.failures.items())}
    counts = {"records": len(event["records"]), "failed": batch.failures.total(), "reasons": reasons}
    level = logging.WARNING if reasons else logging.INFO
    logger.log(level, "transformed %(records)d records, %(failed)d failed: %(reasons)s", counts, extra=counts)
    return {"records": batch.answers}
