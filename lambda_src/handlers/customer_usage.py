"""`GET /usage`: what a customer used so far."""

import os
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from billing.rollup_store import UsageItems
from customer.answering import for_tenant
from customer.usage import usage


@cache
def items() -> UsageItems:
    """Connect with the table that the environment names, once; whoever waits at a page is told soon if it fails."""
    patience = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "max_attempts": 3})
    return UsageItems(boto3.client("dynamodb", config=patience), os.environ["USAGE_TABLE"])


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer with the usage of the tenant in the token."""
    return for_tenant(event, lambda request, tenant_id: usage(request, tenant_id, items().get))
