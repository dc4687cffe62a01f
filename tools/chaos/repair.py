"""What an operator does after the faults: lost lines are filled in, what failed is replayed, hours are reconciled."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from metering.records import API_REQUESTS
from rating.period import Period
from tools.chaos.world import World
from tools.operate.backfill import backfill
from tools.operate.reconcile import reconcile
from tools.operate.replay import Wanted, replay
from tools.operate.stack import OperatorStack

_FLUSH_SECONDS = 300
_MOST_REPLAYS = 4
"""What fails again after so many replays fails for a reason that no replay mends."""

Say = Callable[[str], None]


@dataclass
class Repaired:
    """What was done.

    Attributes:
        lost: access log lines that the gateway could not deliver.
        backfilled: those of them that were put on the stream.
        replayed: records that were put again, by source.
        replays: how often.
        objects: error objects that were replayed.
    """

    lost: int = 0
    backfilled: int = 0
    replayed: dict[str, int] = field(default_factory=dict)
    replays: int = 0
    objects: int = 0


@dataclass
class Repair:
    """The operator of a run.

    Args:
        world: in which.
        folder: for the file of lost lines.
        say: tells what is done.
    """

    world: World
    folder: Path
    say: Say

    def __post_init__(self) -> None:
        self.stack = OperatorStack(self.world.outputs)
        self.done = Repaired()

    def lost(self) -> int:
        """Tell how many access log lines the gateway could not deliver."""
        return sum(self.world.controls.lost_lines()["lost"].values())

    def fill_in(self) -> None:
        """Put the lost lines on their stream."""
        self.done.lost = self.lost()
        lines = [one["line"].rstrip("\n") for one in self.world.controls.lost_lines()["lines"]]
        if lines:
            path = self.folder / "lost-lines.jsonl"
            path.write_text("".join(f"{line}\n" for line in lines))
            found = backfill(self.stack, path, API_REQUESTS.role, reason="chaos: lines that the gateway lost")
            self.done.backfilled += found.put
            self.say(f"backfill: {found.put} of {self.done.lost} lost lines put")
        self.deliver()

    def replay_all(self) -> None:
        """Replay what is in the error buckets, until nothing of it is left."""
        for _ in range(_MOST_REPLAYS):
            found = replay(self.stack, Wanted(), reason="chaos: what failed by the faults")
            if not found.put:
                return
            self.done.replays += 1
            for one in found.sources:
                self.done.replayed[one.source] = self.done.replayed.get(one.source, 0) + one.put
                self.done.objects += one.objects
            self.say(f"replay: {found.put} records of {sum(one.objects for one in found.sources)} objects put again")
            self.deliver()

    def deliver(self) -> int:
        """Have all streams deliver what they hold; gives how many records they still do."""
        held: int = self.world.controls.flush([], _FLUSH_SECONDS)["undelivered"]
        return held

    def reconcile(
        self, *, period: Period | None = None, within: tuple[datetime, datetime] | None = None
    ) -> dict[str, Any]:
        """Have hours reconciled now; gives the reconciler's answer."""
        return reconcile(self.stack, period=period, within=within)
