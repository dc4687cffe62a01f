"""Every statement of every role taken away in turn: what fails is seen, and no record is lost. None is there in vain.

The roles are those of the deployed program: one without a case fails the test, and so does a statement without which
nothing fails, unless it stands in the list of those, with the reason.
"""

import pytest

from tests.embedded.sweep_roles import CASES, LIVE_THROUGH_MONTHS, World, sweep, world

__all__ = ["world"]

pytestmark = pytest.mark.soak


def test_every_role_of_the_deployed_program_has_a_case(world: World) -> None:
    assert set(world.deployment.roles()) == set(CASES)


@pytest.mark.parametrize("role", [role for role in CASES if role not in LIVE_THROUGH_MONTHS])
def test_without_a_statement_something_fails_in_sight_and_nothing_is_lost(world: World, role: str) -> None:
    sweep(world, role)
