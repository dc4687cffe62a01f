"""As `test_security_permissions.py`, for the roles that bill months: in a file, and so a process, of their own."""

import pytest

from tests.embedded.sweep_roles import LIVE_THROUGH_MONTHS, World, sweep, world

__all__ = ["world"]

pytestmark = pytest.mark.soak


@pytest.mark.parametrize("role", LIVE_THROUGH_MONTHS)
def test_without_a_statement_something_fails_in_sight_and_no_month_is_billed_wrongly(world: World, role: str) -> None:
    sweep(world, role)
