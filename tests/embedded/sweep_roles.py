"""The sweep of roles: each has an exercise, loses one statement after the other, is seen to fail, and recovers.

A failure leaves the work undone, and the next statement is taken away before the same work. So a month need not be
billed for each of the statements: only if the work gets done without one, which is then told all the same.
"""

from collections.abc import Callable, Iterator

import pytest

from embedded_aws.scheduler import delivery
from embedded_aws.server import EmbeddedAws
from tests.embedded.sweep_batch import Billed, Reconciled, RolledUp
from tests.embedded.sweep_billing import Months
from tests.embedded.sweep_customer import Asked, Guarded, Taken
from tests.embedded.sweep_decisions import Document, decisions_of
from tests.embedded.sweep_exercises import Exercise, Speaking
from tests.embedded.sweep_kit import Deployment, Policies
from tests.embedded.sweep_streams import Assumed, Streamed, backend, operator

IN_SIGHT, SILENCE, NOTHING = "in sight", "silence", "nothing"
"""What becomes of a role without a statement; of one that may not log nothing is heard, and it works all the same."""
LOG = "logs:"


class World:
    """A deployment, and the months that it lives through."""

    def __init__(self, aws: EmbeddedAws) -> None:
        self.deployment = Deployment.up(aws)
        self.months = Months(self.deployment)

    def billed(self, part: str) -> Exercise:
        return Billed(self.deployment, part, self.months)

    def streams(self) -> list[Streamed]:
        return [Streamed(self.deployment, part) for part in ("ingest", "events-ingest")]

    def reconciled(self) -> Exercise:
        return Reconciled(self.deployment, "operations-reconciler", self.streams())


# In the order in which they are swept: customers are shown an invoice, and only then a month of long ago is noted as
# final, from which on the next run would open every month.
CASES: dict[str, Callable[[World], Exercise]] = {
    "ingest-role": lambda world: Streamed(world.deployment, "ingest"),
    "events-ingest-role": lambda world: Streamed(world.deployment, "events-ingest"),
    "ingest-transform-role": lambda world: Speaking(world.deployment, "ingest-transform"),
    "events-ingest-transform-role": lambda world: Speaking(world.deployment, "events-ingest-transform"),
    "events-ingest-producer-role": lambda world: Assumed(
        world.deployment, world.deployment.outputs.usage_events_producer_role_arn, backend
    ),
    "billing-schedule-role": lambda world: world.billed("billing-planner"),
    "billing-planner-role": lambda world: world.billed("billing-planner"),
    "billing-worker-role": lambda world: world.billed("billing-worker"),
    "billing-rollup-role": lambda world: RolledUp(world.deployment, "billing-rollup", world.months),
    "random-strings-role": lambda world: Guarded(world.deployment, "random-strings", "/random/strings", "api_calls"),
    "customer-usage-role": lambda world: Asked(world.deployment, "customer-usage", "/usage", world.months),
    "customer-invoices-role": lambda world: Asked(
        world.deployment, "customer-invoices", "/invoices/{number}", world.months
    ),
    "customer-lines-role": lambda world: Asked(
        world.deployment, "customer-lines", "/invoices/{number}/lines/{line}", world.months, line=True
    ),
    "customer-events-role": lambda world: Taken(world.deployment, "customer-events"),
    "customer-portal-role": lambda world: Speaking(world.deployment, "customer-portal"),
    "operations-schedule-role": lambda world: world.reconciled(),
    "operations-reconciler-role": lambda world: world.reconciled(),
    "operations-operator-role": lambda world: Assumed(
        world.deployment, world.deployment.outputs.operator_role_arn, operator, *world.streams()
    ),
}
LIVE_THROUGH_MONTHS = ("billing-schedule-role", "billing-planner-role", "billing-worker-role")
FORMATION = "lakeformation:GetDataAccess *"
"""Only Lake Formation's access control asks for it; AWS's guide grants it in both modes, to whoever reads or writes."""
LETTERS = "used only for what failed for good, which then is in the log and the metrics alone"
MISSING = "only tells that an object is missing: without it the same failure is told as AccessDenied"
UNSEEN = {
    "billing-schedule-role": {"sqs:SendMessage billing-dead-letters": LETTERS},
    "billing-planner-role": {"s3:ListBucket billing-documents": MISSING},
    "billing-worker-role": {"s3:ListBucket billing-documents": MISSING},
    "billing-rollup-role": {"sqs:SendMessage billing-dead-letters": LETTERS},
    "customer-invoices-role": {"s3:ListBucket billing-documents": MISSING},
    "customer-lines-role": {"s3:ListBucket billing-documents": MISSING},
    "operations-schedule-role": {"sqs:SendMessage billing-dead-letters": LETTERS},
    "operations-reconciler-role": {"sqs:SendMessage billing-dead-letters": LETTERS},
}
"""Statements without which nothing fails in the embedded AWS, by role, with the reason why they are there."""
MUTE = {"customer-portal-role": "the page's function logs nothing of its own, only Lambda does for it"}


@pytest.fixture(scope="module")
def world(aws: EmbeddedAws) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delivery, "LONGEST_WAIT_SECONDS", 0.02)  # a schedule's 24 retries are otherwise twelve seconds
        made = World(aws)
        yield made
        made.deployment.stack.destroy()


def sweep(world: World, role: str) -> None:
    """Demand that a role suffices, that without each of its statements a failure is seen, and that nothing is lost."""
    exercise, policies = CASES[role](world), world.deployment.policies(role)
    statements = {name: statement for name, (_, statement) in policies.statements().items()}
    exercise.prepare()
    with decisions_of(policies.role) as made:
        assert exercise.work() == [], "the role does not suffice"
        assert exercise.speaks() == (role not in MUTE)
    unused = {name for name, actions in made.hanging_on(statements).items() if not actions}
    mute = {name for name in statements if role in MUTE and name.startswith(LOG)}
    assert unused == {*UNSEEN.get(role, {})} | {FORMATION} & {*statements} | mute
    if unused:
        exercise.prepare()
        with policies.without(*unused):  # no call hangs on one of them, nor on all of them
            assert exercise.work() == []
    expected = {name: SILENCE if name.startswith(LOG) else IN_SIGHT for name in statements if name not in unused}
    assert {name: _seen(exercise, policies, name, statements[name]) for name in expected} == expected
    exercise.whole()


def _seen(exercise: Exercise, policies: Policies, name: str, statement: Document) -> str:
    """Take a statement away and have the work done; once more with work of its own if what was left needs it not."""
    for again in (False, True):
        if again:
            exercise.prepare()
        with policies.without(name), decisions_of(policies.role) as made:
            signs = exercise.work()
            silent = name.startswith(LOG) and not exercise.speaks()
        exercise.rest()
        if made.refused(statement) and (silent or signs):
            return SILENCE if silent else IN_SIGHT
    return NOTHING
