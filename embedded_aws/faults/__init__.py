"""Faults on demand: what goes wrong on AWS now and then goes wrong here when it is asked to, and is counted.

Each fault has a name, a kind, a target and a chance by which it strikes; a seed makes a run's strikes repeatable as far
as the order of calls is. AWS has nothing of the kind; nothing here strikes unless a control says so.
"""

from typing import Any

from embedded_aws.controls import InvalidControlError, text_of
from embedded_aws.faults import functions, storage
from embedded_aws.faults.book import FAULTS, Fault, Kind
from embedded_aws.server import EmbeddedAws

__all__ = ["FAULTS", "Fault", "Kind", "install"]


def install(aws: EmbeddedAws) -> None:
    """Offer the controls, and put the faults around functions and S3; Firehose asks for its own."""
    aws.controls.add("GET", "faults", lambda _: FAULTS.shown())
    aws.controls.add("POST", "faults", _change)
    functions.install()
    storage.install()


def _change(body: dict[str, Any]) -> dict[str, Any]:
    """Clear faults, then set others: `{"seed": 7, "clear": ["a"], "set": [{"name", "kind", "target", …}]}`."""
    if unknown := body.keys() - {"seed", "clear", "set"}:
        raise InvalidControlError(f"faults: seed, clear and set are known, not {sorted(unknown)}")
    cleared, made = body.get("clear", []), [_fault(one) for one in body.get("set", [])]
    if "seed" in body:
        FAULTS.seed(body["seed"])
    for name in cleared:
        FAULTS.clear(name)
    for fault in made:
        FAULTS.set(fault)
    return FAULTS.shown()


def _fault(given: Any) -> Fault:
    if not isinstance(given, dict):
        raise InvalidControlError(f"a fault must be an object, not {given!r}")
    if unknown := given.keys() - {"name", "kind", "target", "probability", "count"}:
        raise InvalidControlError(f"a fault has name, kind, target, probability and count, not {sorted(unknown)}")
    kinds = [kind.value for kind in Kind]
    kind, probability, count = text_of(given, "kind"), given.get("probability", 1), given.get("count")
    if kind not in kinds:
        raise InvalidControlError(f"kind: one of {', '.join(kinds)}, not {kind!r}")
    if not isinstance(probability, int | float) or not 0 < probability <= 1:
        raise InvalidControlError(f"probability: above 0 and at most 1, not {probability!r}")
    if count is not None and (type(count) is not int or count < 1):
        raise InvalidControlError(f"count: a whole number of at least 1, not {count!r}")
    return Fault(text_of(given, "name"), Kind(kind), text_of(given, "target"), float(probability), count)
