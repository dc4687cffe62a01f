"""`GET /invoices/{number}/lines/{line}` and its `/rows`: what is behind a line of a customer's invoice."""

import os
from functools import cache
from typing import Any

from customer.answering import for_tenant
from customer.lines import LineAnswers
from customer.parts import connect_lines


@cache
def lines() -> LineAnswers:
    """Connect with what the environment names, once."""
    return connect_lines(os.environ)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer with the usage of a line by day and dimension, or with a link to its rows."""
    wants_rows = str(event.get("resource")).endswith("/rows")
    return for_tenant(event, lines().rows if wants_rows else lines().usage)
