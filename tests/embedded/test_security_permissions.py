"""Every statement of every role taken away in turn: what fails is seen, and no record is lost. None is there in vain.

The roles are those of the deployed program: one without a case fails the test, and so does a statement without which
nothing fails, unless it stands in the list of those, with the reason.
"""

from collections.abc import Callable
from typing import Any

import pytest

from embedded_aws.server import EmbeddedAws
from tests.embedded.sweep_batch import Billed, Reconciled, RolledUp
from tests.embedded.sweep_billing import Months
from tests.embedded.sweep_customer import Asked, Guarded, Taken
from tests.embedded.sweep_exercises import Exercise, Speaking
from tests.embedded.sweep_kit import Deployment
from tests.embedded.sweep_streams import Assumed, Streamed, backend, operator

pytestmark = pytest.mark.sweep

IN_SIGHT, SILENCE, NOTHING = "in sight", "silence", "nothing"
"""What becomes of a role without a statement; of one that may not log nothing is heard, and it works all the same."""


class World:
    """A deployment, and the months that it lives through."""

    def __init__(self, aws: EmbeddedAws) -> None:
        self.deployment = Deployment.up(aws)
        self.months = Months(self.deployment)

    def billed(self, part: str) -> Exercise:
        return Billed(self.deployment, part, self.months)

    def reconciled(self) -> Exercise:
        streams = [Streamed(self.deployment, part) for part in ("ingest", "events-ingest")]
        return Reconciled(self.deployment, "operations-reconciler", streams)


# In the order in which they are swept: customers are shown an invoice that the billing has made.
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
    "customer-events-role": lambda world: Taken(world.deployment, "customer-events"),
    "customer-usage-role": lambda world: Asked(world.deployment, "customer-usage", "/usage", world.months),
    "customer-invoices-role": lambda world: Asked(
        world.deployment, "customer-invoices", "/invoices/{number}", world.months
    ),
    "customer-lines-role": lambda world: Asked(
        world.deployment, "customer-lines", "/invoices/{number}/lines/{line}", world.months, line=True
    ),
    "customer-portal-role": lambda world: Speaking(world.deployment, "customer-portal"),
    "operations-schedule-role": lambda world: world.reconciled(),
    "operations-reconciler-role": lambda world: world.reconciled(),
    "operations-operator-role": lambda world: Assumed(
        world.deployment, world.deployment.outputs.operator_role_arn, operator
    ),
}
FORMATION = "only Lake Formation's access control asks for it; AWS's guide grants it in both modes"
LETTERS = "used only for what failed for good, which then is in the log and the metrics alone"
MISSING = "only tells that an object is missing: without it the same failure is told as AccessDenied"
UNSEEN = {
    "ingest-role": {"lakeformation:GetDataAccess *": FORMATION},
    "events-ingest-role": {"lakeformation:GetDataAccess *": FORMATION},
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
def world(aws: EmbeddedAws) -> Any:
    made = World(aws)
    yield made
    made.deployment.stack.destroy()


def test_every_role_of_the_deployed_program_has_a_case(world: World) -> None:
    assert set(world.deployment.roles()) == set(CASES)


@pytest.mark.parametrize("role", CASES)
def test_without_a_statement_something_fails_in_sight_and_nothing_is_lost(world: World, role: str) -> None:
    exercise, policies = CASES[role](world), world.deployment.policies(role)
    assert exercise.work() == [], "the role does not suffice"
    exercise.whole()
    assert exercise.speaks() == (role not in MUTE)
    seen = {}
    for name in policies.statements():
        with policies.without(name):
            signs = exercise.work()
            speaks = exercise.speaks()
        exercise.whole()
        seen[name] = SILENCE if not speaks else IN_SIGHT if signs else NOTHING
    assert seen == {name: _expected(role, name) for name in policies.statements()}


def _expected(role: str, statement: str) -> str:
    if statement.startswith("logs:"):
        return SILENCE
    return NOTHING if statement in UNSEEN.get(role, {}) else IN_SIGHT
