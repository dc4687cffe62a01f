"""The seeded plan of a run: which faults strike, where, and from when to when. Pure.

Time is divided into rounds, one to an hour of the embedded clock, and these into slots of five minutes. In each slot a
share of the requests is sent.
"""

import random
from dataclasses import dataclass, field
from enum import StrEnum

REQUESTS, EVENTS, API = "requests", "events", "api"
"""Where a fault strikes: a pipeline, as alarms call it, or the API itself."""


class Kind(StrEnum):
    """What goes wrong."""

    CRASH = "transform crashes"
    TIMEOUT = "transform times out"
    NONSENSE = "transform answers nonsense"
    KILL = "transform killed in mid-call"
    NO_INVOKE = "role may not call the transform"
    NO_TABLE = "role may not write the table"
    COMMIT = "commits to the table fail"
    BUCKET = "error bucket takes no objects"
    THROTTLE = "stream throttles"
    DUPLICATE = "batch delivered twice"
    HOLD = "records held back for hours"
    API_KILL = "product function killed, and crashing"
    EVENTS_KILL = "POST /events killed, and crashing"


SHORT = (
    Kind.CRASH,
    Kind.TIMEOUT,
    Kind.NONSENSE,
    Kind.KILL,
    Kind.NO_INVOKE,
    Kind.NO_TABLE,
    Kind.COMMIT,
    Kind.THROTTLE,
    Kind.DUPLICATE,
)
"""Faults of a pipeline that are over within a round."""
LONG = frozenset({Kind.BUCKET, Kind.HOLD})
"""Faults of a pipeline that last until the repair, hours later."""
_OF_API = (Kind.API_KILL, Kind.EVENTS_KILL)
_API_SLOTS = 3
_EXCLUSIVE = frozenset({Kind.NO_INVOKE, Kind.NO_TABLE, Kind.COMMIT, Kind.CRASH, Kind.KILL, Kind.TIMEOUT, Kind.NONSENSE})
"""Of one pipeline, one of these at a time: of two, the later one in the pipeline would find nothing to strike."""


@dataclass(frozen=True)
class Planned:
    """A fault that is to be.

    Attributes:
        name: unique in the run.
        kind: what goes wrong.
        where: `requests`, `events` or `api`.
        start: the slot before whose requests it begins.
        end: the slot before whose requests it ends; one beyond the last is the repair.
        amount: how often it strikes: a number of calls or records, by its kind.
    """

    name: str
    kind: Kind
    where: str
    start: int
    end: int
    amount: int


@dataclass(frozen=True)
class Size:
    """How large a run is.

    Attributes:
        rounds: hours of traffic.
        slots: of five minutes each, in a round.
        hours_before_repair: that pass before somebody repairs what is broken. After three, an hour is open and no
            longer late.
        tenants: how many, each with three users.
        processes: of clients; 1 is the run's own.
        threads: clients in each.
    """

    rounds: int
    slots: int
    hours_before_repair: int
    tenants: int
    processes: int
    threads: int


TRIAL = Size(rounds=1, slots=7, hours_before_repair=2, tenants=3, processes=1, threads=3)
MEDIUM = Size(rounds=4, slots=7, hours_before_repair=4, tenants=8, processes=2, threads=4)
LARGE = Size(rounds=10, slots=7, hours_before_repair=4, tenants=8, processes=2, threads=4)


@dataclass(frozen=True)
class Plan:
    """A run's plan.

    Attributes:
        seed: from which it is made.
        requests: how many are sent, the retries of events not counted.
        size: how large it is.
        faults: by their start.
    """

    seed: int
    requests: int
    size: Size
    faults: tuple[Planned, ...] = field(default=())

    @property
    def slots(self) -> int:
        """How many slots there are in all."""
        return self.size.rounds * self.size.slots

    def share(self, slot: int) -> int:
        """Give the requests of a slot; all slots' together are all requests."""
        return self.requests * (slot + 1) // self.slots - self.requests * slot // self.slots

    def starting(self, slot: int) -> list[Planned]:
        """List the faults that begin with a slot."""
        return [fault for fault in self.faults if fault.start == slot]

    def ending(self, slot: int) -> list[Planned]:
        """List the faults that end with a slot."""
        return [fault for fault in self.faults if fault.end == slot]

    def most_at_once(self) -> int:
        """Tell how many faults are active at once at most."""
        return max(sum(one.start <= slot < one.end for one in self.faults) for slot in range(self.slots))


def make_plan(requests: int, seed: int) -> Plan:
    """Make the plan of a run: every kind of fault on both pipelines, in an order and for times that the seed decides.

    Args:
        requests: how many are sent.
        seed: the same seed gives the same plan.
    """
    size = _size(requests)
    chance = random.Random(f"plan {seed}")  # noqa: S311 - chance that can be repeated, not secrets
    plan = Plan(seed, requests, size)
    blocked, held = chance.sample([REQUESTS, EVENTS], 2)
    faults = [
        *_short(plan, REQUESTS, chance, ends_with_commit=blocked == REQUESTS),
        *_short(plan, EVENTS, chance, ends_with_commit=blocked == EVENTS),
        *_long(plan, blocked, held, chance),
        *_api(plan, chance),
    ]
    numbered = sorted(faults, key=lambda one: (one.start, one.end, one.where, one.kind))
    named = [
        Planned(f"f{number:03d}", one.kind, one.where, one.start, one.end, one.amount)
        for number, one in enumerate(numbered, start=1)
    ]
    return Plan(seed, requests, size, tuple(named))


def _size(requests: int) -> Size:
    """Choose a size by the requests: a slot needs so many that there is something for its faults to strike."""
    if requests < 5_000:  # noqa: PLR2004 - half a minute
        return TRIAL
    return MEDIUM if requests < 200_000 else LARGE  # noqa: PLR2004 - ten minutes, and an hour


def _short(plan: Plan, where: str, chance: random.Random, *, ends_with_commit: bool) -> list[Planned]:
    """Lay out the short faults of a pipeline: the exclusive ones one after the other, the others anywhere."""
    kinds: list[Kind] = []
    free = plan.slots
    while len(kinds) < free:  # every kind once before any comes again
        kinds += chance.sample([kind for kind in SHORT if kind in _EXCLUSIVE], len(_EXCLUSIVE))
    if ends_with_commit:  # something must fail for the error bucket to refuse it
        place = kinds.index(Kind.COMMIT)
        kinds[place], kinds[free - 1] = kinds[free - 1], Kind.COMMIT
    exclusive = [
        Planned("", kind, where, slot, slot + 1, _amount(kind, chance)) for slot, kind in enumerate(kinds[:free])
    ]
    others = []
    for kind in SHORT:
        if kind not in _EXCLUSIVE:
            for _ in range(plan.size.rounds):
                # A batch is there twice only once one is there: the fault waits for the next commit that succeeds.
                start = chance.randrange(max(1, plan.slots // 2) if kind is Kind.DUPLICATE else plan.slots)
                end = plan.slots if kind is Kind.DUPLICATE else start + 1
                others.append(Planned("", kind, where, start, end, _amount(kind, chance)))
    unlike = {(one.start, one.kind): one for one in others}
    return [*exclusive, *unlike.values()]


def _long(plan: Plan, blocked: str, held: str, chance: random.Random) -> list[Planned]:
    """Lay out the faults that last for hours, from the end of the traffic on: before, others have something to strike.

    Args:
        plan: the run's.
        blocked: the pipeline whose error bucket takes nothing.
        held: the one whose records are held back: a part of a slot's.
        chance: of the plan.
    """
    last = plan.slots - 1
    records = max(5, plan.share(last) // 20)
    return [
        Planned("", Kind.BUCKET, blocked, last, plan.slots, 0),
        Planned("", Kind.HOLD, held, chance.choice([last - 1, last]), plan.slots, records),
    ]


def _api(plan: Plan, chance: random.Random) -> list[Planned]:
    """Lay out the faults of functions behind the API.

    They are long enough for an alarm that wants two periods of three, and a slot apart, so that it goes off for each.
    """
    starts = chance.sample(range(0, plan.slots - _API_SLOTS + 1, _API_SLOTS + 1), len(_OF_API))
    return [
        Planned("", kind, API, start, start + _API_SLOTS, min(30, max(3, plan.share(start) // 100)))
        for kind, start in zip(_OF_API, starts, strict=True)
    ]


def _amount(kind: Kind, chance: random.Random) -> int:
    """Choose how often a fault strikes; 0 where that is not by number."""
    match kind:
        case Kind.KILL:
            return chance.randint(1, 3)  # a process takes long to be made anew
        case Kind.CRASH | Kind.TIMEOUT | Kind.NONSENSE:
            return chance.randint(1, 8)  # a batch is given up after four
        case Kind.DUPLICATE:
            return 1  # the batch that comes then
        case _:
            return 0
