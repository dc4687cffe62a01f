"""`POST /events`: usage that is no request, as CloudEvents."""

import json
import logging
import os
import time
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from billing.dynamo import Table
from billing.records import PERIODS, PeriodRecord
from events import Clock, FinalPeriods, Intake, Rules, Stream, post
from metering.quota import Handler, guard
from proxy.request import Request, RequestError
from proxy.response import problem

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)

CATALOG = Path(__file__).parents[1] / "catalog.json"
"""Shipped at the zip's root."""

_LINE = (
    "answered %(status)d: %(accepted)d accepted, %(rejected)d rejected, %(unstored)d unstored, refusals %(refusals)s"
)

# A call takes 4 s at most, as `events.delivery` expects; it does the retries. API Gateway waits 29 s for it all.
_PUTS = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 1})
_READS = Config(connect_timeout=1, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 1})


@cache
def intake() -> Intake:
    """Connect with what the environment names, once."""
    client = boto3.client("firehose", config=_PUTS)
    stream = Stream(
        client, os.environ["EVENTS_STREAM"], (ClientError, BotoCoreError), Clock(time.monotonic, time.sleep)
    )
    table = Table(boto3.client("dynamodb", config=_READS), os.environ["INVOICES_TABLE"])

    def final_periods() -> frozenset[str]:
        records = map(PeriodRecord.of, table.query(PERIODS))
        return frozenset(str(record.period) for record in records if record.cutoff is not None)

    return Intake(Rules.of(json.loads(CATALOG.read_text(encoding="utf-8"))), FinalPeriods(final_periods).at, stream.put)


@cache
def guarded() -> Handler:
    """Return what answers, held by the hard limits of the meters over usage events."""
    return guard(answer, intake().rules.meters)


def handler(event: Any, context: object) -> dict[str, Any]:
    """Answer a proxy event."""
    return guarded()(event, context)


def answer(event: Any, _context: object) -> dict[str, Any]:
    """Answer a proxy event within the limits; log one line of counts, never a payload."""
    try:
        request = Request.of(event)
    except RequestError as error:
        return problem(HTTPStatus.BAD_REQUEST, str(error))
    done = post(request, intake())
    counts = {
        "status": done.response["statusCode"],
        "accepted": done.accepted,
        "rejected": done.rejected,
        "unstored": done.unstored,
        "refusals": dict(sorted(done.refusals.items())),
    }
    level = logging.WARNING if done.unstored or done.refusals else logging.INFO
    logger.log(level, _LINE, counts, extra=counts)
    return done.response
