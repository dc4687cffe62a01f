"""Roll usage up: called by the hourly schedule, by the planner after a run, and by operators."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from billing.config import Config
from billing.parts import Parts, connect
from billing.rollup import roll_up

CATALOG = Path(__file__).parents[1] / "catalog.json"
"""Shipped at the zip's root."""


@cache
def parts() -> Parts:
    """Connect with what the environment names, once."""
    return connect(Config.read(os.environ), json.loads(CATALOG.read_text(encoding="utf-8")))


def handler(event: Any, _context: object) -> dict[str, Any]:
    """Write what each tenant used so far in the periods that an event asks for, and tell how many items that were."""
    return roll_up(parts(), event)
