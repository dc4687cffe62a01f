"""A whole period's check: what its hours add up to. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from reconciliation.balance import BALANCED, LATE, MISSING, UNEXPLAINED

_WORST_FIRST = (MISSING, UNEXPLAINED, LATE)


def totals_of(hours: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a period's state, which is the worst of its hours', and the sums of their figures.

    Args:
        hours: their items.

    Returns:
        `state`, `missing`, `unexplained`, `failed`, `figures`, and `hours`: how many there are in each state.
    """
    states, sums, figures = Counter[str](), Counter[str](), Counter[str]()
    for item in hours:
        states[item["state"]] += 1
        sums.update({name: item[name] for name in ("missing", "unexplained", "failed")})
        figures.update(item["figures"])
    state = next((state for state in _WORST_FIRST if states[state]), BALANCED)
    return {"state": state, **sums, "figures": dict(figures), "hours": dict(states)}
