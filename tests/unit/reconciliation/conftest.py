"""A pipeline in memory for each test of the reconciler's runs."""

import pytest

from tests.unit.reconciliation.world import World


@pytest.fixture
def world() -> World:
    return World()
