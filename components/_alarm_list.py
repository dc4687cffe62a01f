"""Every alarm of a deployment, in one list: whatever is said of alarms anywhere is derived from it."""

from collections.abc import Iterable
from dataclasses import dataclass

import pulumi

from components import _metrics as metrics
from components._alarms import HOUR, Alarm
from components._log_metrics import EVENTS_UNSTORED, PERIODS_UNFINALIZED
from components._pipeline_alarms import WatchedSource, pipeline_alarms
from components.watched import WatchedApiArgs, WatchedBillingArgs, WatchedEventsArgs

RECONCILIATION_MISSED_HOURS = 3
LONGEST_WARM_UP_MINUTES = 2880
"""CloudWatch's maximum."""
LEAST_REQUESTS = 20
"""Below that many requests in a period one failure says nothing about the API."""
FAILED_PERCENT = 1


@dataclass(frozen=True)
class Watched:
    """All that alarms and dashboard look at."""

    sources: tuple[WatchedSource, ...]
    billing: WatchedBillingArgs
    api: WatchedApiArgs
    events: WatchedEventsArgs
    reconciler: pulumi.Input[str]
    """Name of the reconciler function."""
    workgroup: pulumi.Input[str]
    """Name of Athena's workgroup."""
    namespace: pulumi.Input[str]
    """Namespace of the deployment's own metrics."""
    freshness_seconds: int
    """Age of a record, not yet in its table, from which on that is an alarm."""
    missed_run_hours: int
    """Hours without a billing run from which on that is an alarm."""
    replay_window_days: int
    """Days in which failed records are to be replayed."""


def alarms(watched: Watched) -> list[Alarm]:
    """Return every metric alarm."""
    return [
        *_of_sources(watched),
        _events_unstored(watched),
        _api_5xx(watched),
        *_billing(watched),
        *_reconciler(watched),
    ]


def _of_sources(watched: Watched) -> Iterable[Alarm]:
    for source in watched.sources:
        yield from pipeline_alarms(
            source,
            namespace=watched.namespace,
            freshness_seconds=watched.freshness_seconds,
            replay_window_days=watched.replay_window_days,
        )


def _events_unstored(watched: Watched) -> Alarm:
    return Alarm(
        role="events-unstored",
        section="events-unstored",
        metrics={"unstored": metrics.Metric(watched.namespace, EVENTS_UNSTORED, "Sum", "events not stored")},
        threshold=0,
        meaning="POST /events could not store events of customers. They were told so, and must send them again.",
        first_look="Whether the stream of events throttles, and the log of the function behind POST /events.",
        at_risk=True,
    )


def _api_5xx(watched: Watched) -> Alarm:
    def of_stage(name: str, label: str) -> metrics.Metric:
        return metrics.api(name, "Sum", label, api=watched.api["api_name"], stage=watched.api["stage_name"])

    return Alarm(
        role="api-5xx",
        section="api-5xx",
        metrics={"failed": of_stage("5XXError", "requests failed"), "requests": of_stage("Count", "requests")},
        # Few requests are no basis for a percentage.
        expression=f"IF(requests >= {LEAST_REQUESTS}, 100 * failed / requests, 0)",
        threshold=FAILED_PERCENT,
        of=3,
        at_least=2,
        meaning=f"More than {FAILED_PERCENT} % of the API's requests were answered with a status of 500 or above.",
        first_look="The log of the function behind the route that fails, and its throttles.",
        at_risk=False,
    )


def _billing(watched: Watched) -> list[Alarm]:
    hours = watched.missed_run_hours
    return [
        Alarm(
            role="billing-dead-letters",
            section="billing-dead-letters",
            metrics={
                "letters": metrics.queue(
                    "ApproximateNumberOfMessagesVisible",
                    "Maximum",
                    "dead letters",
                    queue=watched.billing["dead_letter_queue_name"],
                )
            },
            threshold=0,
            meaning="Billing or reconciliation gave something up: a task, a call or a tenant's bill is a dead letter.",
            first_look="The dead letters' reasons. A message is gone after 14 days.",
            at_risk=False,
        ),
        Alarm(
            role="billing-missed-run",
            section="billing-missed-run",
            metrics={
                "runs": metrics.function(
                    "Invocations", "Sum", "calls of the planner", function=watched.billing["planner_function_name"]
                )
            },
            comparison="LessThanThreshold",
            threshold=1,
            period=HOUR,
            of=hours,
            at_least=hours,
            missing="breaching",
            warm_up_minutes=min(hours * 60, LONGEST_WARM_UP_MINUTES),
            meaning=f"Billing has not run for {hours} hours: no draft is up to date, and no invoice becomes final.",
            first_look="Whether billing's schedule is enabled, and the dead letters.",
            at_risk=False,
        ),
        Alarm(
            role="billing-unfinalized",
            section="billing-unfinalized",
            metrics={
                # The least of an hour: a run counts before it finalizes, and once more after it has.
                "periods": metrics.Metric(watched.namespace, PERIODS_UNFINALIZED, "Minimum", "months without invoices")
            },
            threshold=0,
            period=HOUR,
            missing="ignore",  # told once by each run
            meaning="A month is not finalized, more than a week after it could have been: it has no invoices.",
            first_look="What keeps it from that: a hold, open hours, or a dead letter's reason.",
            at_risk=False,
        ),
    ]


def _reconciler(watched: Watched) -> list[Alarm]:
    hours = RECONCILIATION_MISSED_HOURS

    def of_reconciler(name: str, label: str) -> dict[str, metrics.Metric]:
        return {name.lower(): metrics.function(name, "Sum", label, function=watched.reconciler)}

    return [
        Alarm(
            role="reconciliation-missed",
            section="reconciliation-missed",
            metrics=of_reconciler("Invocations", "calls of the reconciler"),
            comparison="LessThanThreshold",
            threshold=1,
            period=HOUR,
            of=hours,
            at_least=hours,
            missing="breaching",
            warm_up_minutes=hours * 60,
            meaning=f"Nobody has counted for {hours} hours whether every request and event became a row.",
            first_look="Whether the reconciliation's schedule is enabled, and the dead letters.",
            at_risk=True,
        ),
        Alarm(
            role="reconciliation-errors",
            section="reconciliation-errors",
            metrics=of_reconciler("Errors", "failures of the reconciler"),
            threshold=0,
            meaning="The reconciliation failed, so that it does not say whether anything is missing.",
            first_look="The log of the reconciler: the last error names what it could not ask or write.",
            at_risk=True,
        ),
    ]
