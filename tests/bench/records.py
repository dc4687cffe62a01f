"""Realistic access-log records, made from the record definition and so as the stage's own format writes them."""

import base64
import json
import random
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from metering.access_log import ABSENT, FIELDS, log_format

ARRIVAL_MS = 1_767_225_599_123
"""2025-12-31T23:59:59.123Z"""


def log_line(values: Mapping[str, str], *, source_ip: bool = True) -> str:
    """Return what the stage logs if its variables have these values, by log key; the others are absent."""
    line = log_format(source_ip=source_ip)
    for field in FIELDS:
        if field.log_key:
            line = line.replace(f'"{field.context}"', json.dumps(values.get(field.log_key, ABSENT), ensure_ascii=False))
    return line


def request_values(seed: int) -> dict[str, str]:
    """Return the values of one authorized request of an invented user."""
    rng = random.Random(seed)  # noqa: S311 - repeatable on purpose
    user = str(uuid.UUID(int=rng.getrandbits(128), version=4))
    latency = rng.randrange(8, 90)
    return {
        "extended_request_id": base64.b64encode(rng.randbytes(11)).decode(),
        "request_id": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        "request_time_epoch": str(ARRIVAL_MS - rng.randrange(60_000)),
        "tenant_id": f"tenant-{rng.randrange(40)}",
        "sub": user,
        "user": user,
        "api_id": "a1b2c3d4e5",
        "stage": "prod",
        "http_method": "GET",
        "resource_path": "/random/strings",
        "protocol": "HTTP/1.1",
        "status": rng.choice(("200", "200", "200", "400")),
        "response_length": str(rng.randrange(12, 26_000)),
        "response_latency_ms": str(latency + rng.randrange(1, 9)),
        "integration_latency_ms": str(latency),
        "ip": f"203.0.113.{rng.randrange(256)}",
    }


def firehose_event(payloads: Iterable[bytes]) -> dict[str, Any]:
    """Return what Firehose hands to its transformation function for these records."""
    return {
        "invocationId": "1fd4c5a8-6c3d-4c0e-9f6b-0d5f6f1f7a51",
        "deliveryStreamArn": "arn:aws:firehose:us-east-1:000000000000:deliverystream/amazon-apigateway-test",
        "region": "us-east-1",
        "records": [
            {
                "recordId": f"{49_546_986_683_135_544_286_507_457_936_321_625_675_700_192_471_156_785_154 + number}",
                "approximateArrivalTimestamp": ARRIVAL_MS,
                "data": base64.b64encode(payload).decode("ascii"),
            }
            for number, payload in enumerate(payloads)
        ],
    }
