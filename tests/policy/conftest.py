"""These tests run in the policy pack's own environment, by `make policy`: no other has Pulumi's policy SDK."""

import importlib.util

import pytest

if importlib.util.find_spec("pulumi_policy") is None:
    collect_ignore_glob = ["test_*.py"]
else:
    from tests.policy.wire import Pack, Resource, recorded

    @pytest.fixture(scope="session")
    def pack() -> Pack:
        """The pack as Pulumi starts it, without configuration."""
        return Pack()

    @pytest.fixture(scope="session")
    def prod() -> list[Resource]:
        """This program as a guarded stack; tests change copies of it."""
        return recorded("prod")
