"""What an alarm is: a plain definition, from which the alarm, its words, the composite and the dashboard are made."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from components._metrics import Metric

RUNBOOK = "docs/runbook.md"
AT_RISK = "usage-data-at-risk"
"""Role, and section of the runbook, of the composite alarm."""
MINUTES_5 = 300
HOUR = 3600

Comparison = Literal["GreaterThanThreshold", "LessThanThreshold"]
Missing = Literal["breaching", "ignore", "notBreaching"]


@dataclass(frozen=True)
class Alarm:
    """One metric alarm."""

    role: str
    """What it is about: the end of its logical name, so fixed for life."""
    section: str
    """Section of the runbook, by its anchor."""
    metrics: Mapping[str, Metric]
    """What it looks at: one metric, or those that the expression names."""
    threshold: float
    meaning: str
    """What has happened, as sentences."""
    first_look: str
    """What to look at first, as sentences."""
    at_risk: bool
    """Whether usage data is lost, held up or not accounted for while it is in alarm."""
    expression: str = ""
    """Metric math over the metrics; empty if there is one metric that is looked at as it is."""
    comparison: Comparison = "GreaterThanThreshold"
    period: int = MINUTES_5
    """Seconds over which values become one."""
    of: int = 1
    """Periods that are looked at."""
    at_least: int = 1
    """Of these, periods that must break the threshold."""
    missing: Missing = "notBreaching"
    """What a period without values counts as."""
    warm_up_minutes: int = 0
    """Minutes for which a new alarm waits for values, if a period without values breaks the threshold."""


def description(alarm: Alarm, deployment: str) -> str:
    """Return an alarm's words: whose it is, what it means, what to look at first, and where to read on."""
    return _words(deployment, alarm.meaning, alarm.first_look, alarm.section)


def at_risk_description(deployment: str) -> str:
    """Return the words of the composite alarm."""
    meaning = "Usage data is at risk: records are lost, held up or not accounted for. Bills may miss usage."
    return _words(deployment, meaning, "See which of the alarms behind this one are in ALARM.", AT_RISK)


def _words(deployment: str, meaning: str, first_look: str, section: str) -> str:
    return f"{deployment}: {meaning} First look: {first_look} Runbook: {RUNBOOK}#{section}"
