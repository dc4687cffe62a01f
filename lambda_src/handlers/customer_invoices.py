"""`GET /invoices` and `GET /invoices/{number}`: a customer's documents."""

import os
from functools import cache
from typing import Any

from customer.answering import for_tenant
from customer.invoices import Invoices
from customer.parts import connect_invoices


@cache
def invoices() -> Invoices:
    """Connect with what the environment names, once."""
    return connect_invoices(os.environ)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer with a page of the tenant's documents, or with one of them."""
    return for_tenant(event, invoices().answer)
