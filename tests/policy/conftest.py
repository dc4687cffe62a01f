"""These tests run in the policy pack's own environment, by `make policy`: no other has Pulumi's policy SDK."""

import importlib.util

import pytest

if importlib.util.find_spec("pulumi_policy") is None:
    collect_ignore_glob = ["test_*.py"]
else:
    from tests.policy.wire import Pack, Resource, recorded

    LARGE = frozenset(
        {
            "aws:athena/namedQuery:NamedQuery",
            "aws:cloudwatch/compositeAlarm:CompositeAlarm",
            "aws:cloudwatch/dashboard:Dashboard",
            "aws:cloudwatch/logMetricFilter:LogMetricFilter",
            "aws:cloudwatch/metricAlarm:MetricAlarm",
        }
    )

    @pytest.fixture(scope="session")
    def pack() -> Pack:
        """The pack as Pulumi starts it, without configuration."""
        return Pack()

    @pytest.fixture(scope="session")
    def prod() -> list[Resource]:
        """This program as a guarded stack, without what is large and no rule is about; tests change copies."""
        return [resource for resource in recorded("prod") if resource["type"] not in LARGE]
