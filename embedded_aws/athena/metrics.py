"""What queries are counted as in `AWS/Athena`, if their workgroup publishes metrics."""

from collections.abc import Mapping
from typing import Any, Final

from embedded_aws import hooks
from embedded_aws.clock import CLOCK
from embedded_aws.cloudwatch.store import STORES, MetricName, dimensions_of

_ATHENA = hooks.use("ministack.services.athena", "_workgroups")

NAMESPACE: Final = "AWS/Athena"
_STATISTICS: Final = {
    "ProcessedBytes": ("DataScannedInBytes", "Bytes"),
    "EngineExecutionTime": ("EngineExecutionTimeInMillis", "Milliseconds"),
    "TotalExecutionTime": ("TotalExecutionTimeInMillis", "Milliseconds"),
}
"""Metric -> the statistic of the execution, and its unit."""


def count(execution: Mapping[str, Any], state: str, account: str, region: str) -> None:
    """Count a query that has ended.

    Args:
        execution: ministack's record of it, with its statistics.
        state: how it ended, such as `SUCCEEDED`.
        account: whose it is.
        region: where.
    """
    workgroup = _ATHENA._workgroups.get_scoped(account, region, execution["WorkGroup"]) or {}
    if not workgroup.get("Configuration", {}).get("PublishCloudWatchMetricsEnabled"):
        return
    store = STORES.of(account, region)
    dimensions = dimensions_of(
        {"WorkGroup": execution["WorkGroup"], "QueryType": execution["StatementType"], "QueryState": state}
    )
    added = [
        (store.series(MetricName(NAMESPACE, name, dimensions), unit), float(execution["Statistics"][statistic]))
        for name, (statistic, unit) in _STATISTICS.items()
    ]
    store.add(added, CLOCK.now().timestamp())
