"""The program as it is deployed by default, once per run: tests only look at it."""

import pytest

from tests.unit.components.harness import Deployment, run_main


@pytest.fixture(scope="session")
def program() -> Deployment:
    """The whole program with every key at its default."""
    return run_main()
