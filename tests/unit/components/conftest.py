"""The program as it is deployed by default, once per run: tests only look at it."""

from collections.abc import Iterator

import pytest

from tests.unit.components.harness import Deployment, run_main
from tests.unit.components.lake_formation_kit import LakeFormationAws
from tests.unit.components.table_kit import Aws


@pytest.fixture(scope="session")
def program() -> Deployment:
    """The whole program with every key at its default."""
    return run_main()


@pytest.fixture(scope="session")
def preview() -> Deployment:
    """Its first preview, in which nothing is known that AWS makes up."""
    return run_main(preview=True)


@pytest.fixture
def aws() -> Iterator[Aws]:
    """Stubs that must all have been called when the test ends."""
    clients = Aws()
    yield clients
    for stub in clients.stubs.values():
        stub.assert_no_pending_responses()


@pytest.fixture
def lake_formation() -> Iterator[LakeFormationAws]:
    """Stubs of Lake Formation, and of what it is set up by, that must all have been called when the test ends."""
    clients = LakeFormationAws()
    yield clients
    for stub in clients.stubs.values():
        stub.assert_no_pending_responses()
