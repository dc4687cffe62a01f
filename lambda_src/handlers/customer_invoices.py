"""`GET /invoices` and `GET /invoices/{number}`: a customer's documents."""

import os
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from billing.documents import Documents
from billing.dynamo import Table
from customer.answering import for_tenant
from customer.downloads import Downloads, signing_client
from customer.invoices import Invoices
from customer.ledger import Ledger


@cache
def invoices() -> Invoices:
    """Connect with what the environment names, once. Whoever waits at a page tries again sooner than a batch would."""
    patience = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "max_attempts": 3})
    table = Table(boto3.client("dynamodb", config=patience), os.environ["INVOICES_TABLE"])
    documents = Documents(boto3.client("s3", config=patience), os.environ["INVOICE_BUCKET"])
    return Invoices(Ledger(table), documents, Downloads(signing_client()))


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer with a page of the tenant's documents, or with one of them."""
    return for_tenant(event, invoices().answer)
