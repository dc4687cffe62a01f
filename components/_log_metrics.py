"""Metrics made of lines of logs, of functions that log one line of counts per call."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.watched import WatchedBillingArgs, WatchedEventsArgs

EVENTS_ACCEPTED, EVENTS_UNSTORED = "EventsAccepted", "EventsUnstored"
BILLS_DRAFT, INVOICES_FINAL, BILLS_LEFT, PERIODS_REFUSED = "BillsDraft", "InvoicesFinal", "BillsLeft", "PeriodsRefused"
PERIODS_UNFINALIZED = "PeriodsUnfinalized"


@dataclass(frozen=True)
class _Counted:
    role: str
    metric: str
    field: str
    """Of the line, a number."""


_OF_EVENTS = (
    _Counted("events-accepted", EVENTS_ACCEPTED, "accepted"),
    _Counted("events-unstored", EVENTS_UNSTORED, "unstored"),
)
_OF_PLANNER = (
    _Counted("bills-draft", BILLS_DRAFT, "draft"),
    _Counted("invoices-final", INVOICES_FINAL, "final"),
    _Counted("bills-left", BILLS_LEFT, "left"),
    _Counted("periods-refused", PERIODS_REFUSED, "refused"),
    _Counted("periods-unfinalized", PERIODS_UNFINALIZED, "unfinalized"),
)


def log_metrics(
    name: str,
    *,
    events: WatchedEventsArgs,
    billing: WatchedBillingArgs,
    namespace: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> None:
    """Make a metric of each count, without dimensions.

    Args:
        name: what the logical names begin with.
        events: whose lines count events.
        billing: whose planner's lines count bills by state.
        namespace: of the metrics.
        opts: options of every resource made here.
    """
    groups = ((events["log_group_name"], _OF_EVENTS), (billing["planner_log_group_name"], _OF_PLANNER))
    for log_group, counted in groups:
        for one in counted:
            aws.cloudwatch.LogMetricFilter(
                f"{name}-{one.role}-filter",
                log_group_name=log_group,
                pattern=f"{{ $.{one.field} = * }}",
                metric_transformation={
                    "name": one.metric,
                    "namespace": namespace,
                    "value": f"$.{one.field}",
                    "unit": "Count",
                },
                opts=opts,
            )
