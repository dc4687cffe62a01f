"""Reconcile hours: called by the hourly schedule, and by operators."""

import os
from functools import cache
from typing import Any

from reconciliation.checking import reconcile
from reconciliation.config import Config
from reconciliation.parts import Parts, connect


@cache
def parts() -> Parts:
    """Connect with what the environment names, once."""
    return connect(Config.read(os.environ))


def handler(event: Any, _context: object) -> dict[str, Any]:
    """Check the hours that an event asks for, and tell which do not balance."""
    return reconcile(parts(), event)
