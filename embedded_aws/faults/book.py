"""The faults that are set at present, and how often each has struck."""

import enum
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from embedded_aws.clock import CLOCK


class Kind(enum.StrEnum):
    """What goes wrong; in brackets, what the target names."""

    CRASH = "crash"
    """An invocation ends in an unhandled error [a function]."""
    TIMEOUT = "timeout"
    """An invocation is over its time; nobody waits for it [a function]."""
    NONSENSE = "nonsense"
    """An invocation's answer is not of the form that its caller asks for [a function]."""
    KILL = "kill"
    """The function's process is killed in mid-call [a function]."""
    S3 = "s3"
    """An object is not taken: `InternalError` [a bucket]."""
    COMMIT = "commit"
    """Firehose's commit to a table fails [a table]."""
    THROTTLE = "throttle"
    """Records are refused: `ServiceUnavailableException` [a stream]."""
    DUPLICATE = "duplicate"
    """A batch that was committed is committed again [a stream]."""
    HOLD = "hold"
    """Records lie where they arrived until the fault is cleared; their arrival time stays [a stream]."""


@dataclass
class Fault:
    """One fault.

    Attributes:
        name: by which it is cleared and shown.
        kind: what goes wrong.
        target: where.
        probability: that it strikes when it could, above 0 to 1.
        count: the most times that it strikes; None for any number.
        struck: how often it has.
        first, last: when, by the clock.
        active: not cleared.
    """

    name: str
    kind: Kind
    target: str
    probability: float = 1.0
    count: int | None = None
    struck: int = 0
    first: datetime | None = None
    last: datetime | None = None
    active: bool = field(default=True, repr=False)

    def shown(self) -> dict[str, Any]:
        """Give it as the control shows it."""
        return {
            "name": self.name,
            "kind": self.kind.value,
            "target": self.target,
            "probability": self.probability,
            "count": self.count,
            "struck": self.struck,
            "first": self.first.isoformat() if self.first else None,
            "last": self.last.isoformat() if self.last else None,
            "active": self.active,
        }


class Faults:
    """All faults; safe to use from many threads.

    Attributes:
        any: whether one is set, so that a call without faults costs nothing.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._random = random.Random(0)  # noqa: S311 - chance that can be repeated, not secrets
        self._faults: dict[str, Fault] = {}
        self._cleared: list[Callable[[Fault], None]] = []
        self.any = False

    def seed(self, seed: Any) -> None:
        """Begin the sequence of chances anew."""
        with self._lock:
            self._random.seed(str(seed))

    def set(self, fault: Fault) -> None:
        """Set a fault; one of its name that was there before is forgotten with its count."""
        with self._lock:
            self._faults[fault.name] = fault
            self.any = True

    def clear(self, name: str) -> None:
        """Let a fault strike no more; it is still shown. One that is not there is nothing to clear."""
        with self._lock:
            fault = self._faults.get(name)
            if fault is None or not fault.active:
                return
            fault.active = False
            self.any = any(one.active for one in self._faults.values())
        for told in self._cleared:
            told(fault)

    def when_cleared(self, told: Callable[[Fault], None]) -> None:
        """Have something called with each fault that is cleared."""
        self._cleared.append(told)

    def strike(self, target: str, *kinds: Kind, times: int = 1) -> Fault | None:
        """Tell whether a fault strikes now; the first that does is counted.

        Args:
            target: what is at work.
            kinds: what could go wrong with it.
            times: as how many it counts.
        """
        if not self.any:
            return None
        with self._lock:
            for fault in self._faults.values():
                if fault.active and fault.kind in kinds and fault.target == target and self._due(fault):
                    now = CLOCK.now()
                    fault.struck += times
                    fault.first, fault.last = fault.first or now, now
                    return fault
        return None

    def choose(self, choices: list[Any]) -> Any:
        """Choose by the same chance."""
        with self._lock:
            return self._random.choice(choices)

    def shown(self) -> dict[str, Any]:
        """Give all faults as the control shows them."""
        with self._lock:
            return {"faults": [fault.shown() for fault in self._faults.values()]}

    def _due(self, fault: Fault) -> bool:
        if fault.count is not None and fault.struck >= fault.count:
            return False
        return fault.probability >= 1 or self._random.random() < fault.probability


FAULTS = Faults()
"""Those of this process's embedded AWS."""
