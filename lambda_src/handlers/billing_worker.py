"""Work off the tasks of billing: rate, number and issue invoices."""

import os
from functools import cache
from typing import Any

from billing.config import Config
from billing.parts import Parts, connect
from billing.worker import work


@cache
def parts() -> Parts:
    """Connect with what the environment names, once; the run's catalog comes with the run."""
    return connect(Config.read(os.environ), None)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Do the tasks of an SQS event, and name the messages that are to come again."""
    return work(parts(), event)
