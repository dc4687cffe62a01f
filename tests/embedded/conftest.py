"""One embedded AWS for the whole test session; each test makes resources under names of its own."""

from collections.abc import Iterator

import pytest

from embedded_aws.server import EmbeddedAws


@pytest.fixture(scope="session")
def aws() -> Iterator[EmbeddedAws]:
    with EmbeddedAws() as server:
        yield server
