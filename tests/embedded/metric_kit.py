"""Reads metrics back."""

from typing import Any

from embedded_aws.server import EmbeddedAws
from tests.embedded.gateway_kit import client


def statistics(aws: EmbeddedAws, namespace: str, metric: str, *names: str, **dimensions: str) -> list[dict[str, Any]]:
    """Statistics of a metric with exactly these dimensions, in one data point for all times if there is any."""
    pairs = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    found: list[dict[str, Any]] = client(aws, "cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=metric,
        Dimensions=pairs,
        StartTime="2020-01-01T00:00:00Z",
        EndTime="2100-01-01T00:00:00Z",
        Period=86_400 * 365 * 80,
        Statistics=list(names),
    )["Datapoints"]
    return found


def values(aws: EmbeddedAws, namespace: str, metric: str, **dimensions: str) -> tuple[float, float]:
    """Number and sum of all values of a metric."""
    found = statistics(aws, namespace, metric, "SampleCount", "Sum", **dimensions)
    return (found[0]["SampleCount"], found[0]["Sum"]) if found else (0, 0)
