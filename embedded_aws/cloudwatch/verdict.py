"""When an alarm is in which state: M out of N data points, and what missing ones count as.

From AWS's documentation, "Configuring how CloudWatch alarms treat missing data". More periods are looked at than the
alarm evaluates, so that a missing one is made up for by an older one that is real.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

OK, ALARM, INSUFFICIENT_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"
TREATMENTS: Final = ("breaching", "notBreaching", "ignore", "missing")
EXTRA_PERIODS: Final = 2
"""AWS's one example looks at five periods for an alarm of three; how many it takes elsewhere is not documented."""
COMPARISONS: Final[dict[str, tuple[str, Callable[[float, float], bool]]]] = {
    "GreaterThanOrEqualToThreshold": ("greater than or equal to", lambda value, threshold: value >= threshold),
    "GreaterThanThreshold": ("greater than", lambda value, threshold: value > threshold),
    "LessThanThreshold": ("less than", lambda value, threshold: value < threshold),
    "LessThanOrEqualToThreshold": ("less than or equal to", lambda value, threshold: value <= threshold),
}
"""Operator -> its words in a reason, and the comparison."""


@dataclass(frozen=True)
class Rule:
    """When data points alarm.

    Attributes:
        comparison: one of `COMPARISONS`.
        threshold: what data points are compared with.
        periods: N, the data points that are evaluated.
        to_alarm: M, those of them that must breach.
        treatment: one of `TREATMENTS`, what missing data points count as.
    """

    comparison: str
    threshold: float
    periods: int
    to_alarm: int
    treatment: str

    def breaches(self, value: float) -> bool:
        """Whether a data point breaches the threshold."""
        return COMPARISONS[self.comparison][1](value, self.threshold)


@dataclass(frozen=True)
class Verdict:
    """What an evaluation found.

    Attributes:
        state: the state that the alarm is in now.
        evaluated: positions of the real data points that were evaluated, in the range; oldest first.
        filled: how many missing ones had to be filled in.
    """

    state: str
    evaluated: tuple[int, ...]
    filled: int


def evaluate(rule: Rule, found: Sequence[float | None], state: str) -> Verdict:
    """Evaluate the data points of an alarm's range.

    Args:
        rule: the alarm's.
        found: a value or None for each period of the range, the oldest first.
        state: the alarm's state until now.
    """
    real = [position for position, value in enumerate(found) if value is not None]
    evaluated = tuple(real[-rule.periods :])
    filled = rule.periods - len(evaluated)
    breaching = [rule.breaches(value) for value in found if value is not None][-rule.periods :]
    if not evaluated:
        of_treatment = {"breaching": ALARM, "notBreaching": OK, "ignore": state, "missing": INSUFFICIENT_DATA}
        return Verdict(of_treatment[rule.treatment], evaluated, filled)
    count = sum(breaching) + (filled if rule.treatment == "breaching" else 0)
    if count >= rule.to_alarm:
        return Verdict(ALARM, evaluated, filled)
    if filled and all(breaching) and rule.treatment in ("ignore", "missing"):
        # All that is known breaches, but it is too little: `ignore` keeps the state. `missing` alarms once the oldest
        # of the breaching ones is old enough that nothing to come can contradict it, and keeps the state until then.
        window = len(found) - rule.periods
        oldest = min((position for position in evaluated if position >= window), default=None)
        old_enough = oldest is not None and len(found) - oldest >= rule.to_alarm
        return Verdict(ALARM if old_enough and rule.treatment == "missing" else state, evaluated, filled)
    return Verdict(OK, evaluated, filled)
