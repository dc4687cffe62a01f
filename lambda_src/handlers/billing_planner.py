"""Plan billing runs: called by the schedule, by the worker after a final run, and by operators."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from billing.config import Config
from billing.parts import Parts, connect
from billing.planner import plan

CATALOG = Path(__file__).parents[1] / "catalog.json"
"""Shipped at the zip's root."""


@cache
def parts() -> Parts:
    """Connect with what the environment names, once."""
    return connect(Config.read(os.environ), json.loads(CATALOG.read_text(encoding="utf-8")))


def handler(event: Any, _context: object) -> dict[str, Any]:
    """Plan what an event asks for, and tell what was started; a dry run returns the bills."""
    return plan(parts(), event)
