"""Operations deployed by themselves, over components that are only named; and their definitions as plain data."""

from dataclasses import replace
from functools import cache
from typing import Any

from components import Operations
from components._alarm_list import Watched, alarms
from components._alarms import Alarm
from components._pipeline_alarms import WatchedSource
from tests.unit.components.arguments_kit import OPERATIONS
from tests.unit.components.harness import Deployment, deploy

NAMESPACE = "SaasMetering/hours"
WATCHED = Watched(
    sources=(
        WatchedSource("requests", "api-requests", "API requests", OPERATIONS["requests"]),
        WatchedSource("events", "usage-events", "usage events", OPERATIONS["events"]),
    ),
    billing=OPERATIONS["billing"],
    api=OPERATIONS["api"],
    events=OPERATIONS["event_intake"],
    reconciler="reconciler",
    workgroup="w",
    namespace=NAMESPACE,
    freshness_seconds=3600,
    missed_run_hours=26,
    replay_window_days=60,
)
"""What the alarms of such a deployment look at."""
ALARMS: dict[str, Alarm] = {alarm.role: alarm for alarm in alarms(WATCHED)}
"""Each of its alarms by role."""


def alarms_with(**changed: Any) -> dict[str, Alarm]:
    """Return the alarms of a deployment that is configured otherwise."""
    return {alarm.role: alarm for alarm in alarms(replace(WATCHED, **changed))}


def operations(**more: Any) -> Deployment:
    return deploy(lambda: Operations("o", {**OPERATIONS, **more}))  # type: ignore[typeddict-item]


@cache
def plain() -> Deployment:
    """Return operations left to their defaults; tests only look at them."""
    return operations()
