"""Knowing that nothing is missing: alarms, a dashboard, reconciliation, and what operators work with."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import _rules
from components._alarm_list import Watched, alarms
from components._alarm_resources import at_risk_alarm, metric_alarm
from components._alarm_topic import alarm_topic
from components._dashboard import dashboard_body
from components._graphs import graphs
from components._items_table import items_table
from components._log_metrics import log_metrics
from components._metrics import own_namespace
from components._names import dashboard_url, place_of
from components._operator import OperatorParts, operator_policy, operator_role
from components._pipeline_alarms import WatchedSource
from components._reconciler import RETRY_SECONDS, ReconcilerParts, reconciler, reconciliation_settings
from components._schedule import Call, schedules
from components.appended_table import AppendedTableArgs
from components.lambda_function import ALIAS
from components.queried_lake import QueriedLakeArgs
from components.records import API_REQUESTS, USAGE_EVENTS
from components.watched import WatchedApiArgs, WatchedBillingArgs, WatchedEventsArgs, WatchedPipelineArgs

SCHEDULE = "reconciliation-schedule"
"""End of the schedule's logical name."""
REPLAY_MARGIN_DAYS = 7
"""Days by which failed records outlive the window in which they are replayed."""


class OperationsArgs(TypedDict):
    """Inputs of `Operations`."""

    deployment: str
    """Name of the deployment, unique in account and region: 1 to 200 letters, digits, hyphens and underscores."""
    lake: QueriedLakeArgs
    """The lake whose rows are counted."""
    tombstones: AppendedTableArgs
    """The lake's table that voids are appended to."""
    requests: WatchedPipelineArgs
    """The pipeline of API requests."""
    events: WatchedPipelineArgs
    """The pipeline of usage events."""
    billing: WatchedBillingArgs
    """The billing that waits for the hours to balance."""
    api: WatchedApiArgs
    """The API whose requests are counted."""
    event_intake: WatchedEventsArgs
    """The function that takes customers' usage events."""
    alarm_emails: NotRequired[list[str]]
    """E-mail addresses that alarms are told to; none if absent."""
    operators: NotRequired[list[str]]
    """ARNs of who may assume the operators' role; if empty or absent, whoever this account lets assume it."""
    freshness_alarm_seconds: NotRequired[int]
    """Age of a record not yet in its table from which on that is an alarm, 60 to 86400; 3600 if absent."""
    missed_run_hours: NotRequired[int]
    """Hours without a billing run from which on that is an alarm, 2 to 168; 26 if absent."""
    reconciliation_schedule: NotRequired[str]
    """When hours are reconciled, as a cron expression in UTC; `cron(20 * * * ? *)` if absent."""
    stream_tolerance_percent: NotRequired[str]
    """Part of what reached a stream that may differ from the rows, as a decimal from 0 to 100; `0` if absent."""
    source_tolerance_percent: NotRequired[str]
    """Part of what the API counted that may differ from the rows, as a decimal from 0 to 100; `0.01` if absent."""
    replay_window_days: NotRequired[int]
    """Days in which failed records are to be replayed, 7 fewer than they are kept, or less; 60 if absent."""
    log_retention_days: NotRequired[int]
    """Days that log events are kept, one of CloudWatch Logs' periods; 30 if absent."""
    protect: NotRequired[bool]
    """Whether the table of operators' actions refuses deletion; true if absent."""


class Operations(pulumi.ComponentResource):
    """What watches a deployment, and what its operators may do.

    Creates: topic with policy and subscriptions, metric alarms, a composite alarm, dashboard, metric filters, table of
    operators' actions, reconciler function with its schedule, operators' policy and role.
    """

    alarm_topic_arn: pulumi.Output[str]
    """ARN of the topic that alarms are told to."""
    alarm_names: pulumi.Output[dict[str, str]]
    """Name of each metric alarm by its role."""
    usage_at_risk_alarm_name: pulumi.Output[str]
    """Name of the composite alarm."""
    dashboard_name: pulumi.Output[str]
    """Name of the dashboard."""
    dashboard_url: pulumi.Output[str]
    """Address of the dashboard in AWS's console."""
    reconciler_function_name: pulumi.Output[str]
    """Name of the reconciler function."""
    reconciliation_schedule_group_name: pulumi.Output[str]
    """Name of its schedule's group."""
    reconciliation_schedule_name: pulumi.Output[str]
    """Name of its schedule."""
    reconciliation_settings: pulumi.Output[str]
    """What the function goes by, as JSON text: operators' commands go by the same."""
    actions_table_name: pulumi.Output[str]
    """Name of the table of operators' actions."""
    operator_policy_arn: pulumi.Output[str]
    """ARN of the policy that permits what operators do."""
    operator_role_arn: pulumi.Output[str]
    """ARN of the role that operators take."""

    def __init__(self, name: str, args: OperationsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        _check(name, args)
        super().__init__("saas-metering:index:Operations", name, {}, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        self._place = place_of(self)
        self._requests = WatchedSource("requests", API_REQUESTS, "API requests", args["requests"])
        self._events = WatchedSource("events", USAGE_EVENTS, "usage events", args["events"])
        self._namespace = own_namespace(args["billing"]["reconciliation_table_name"])
        self._reconcile(name, args)
        self._watch(name, args)
        self.register_outputs({key: getattr(self, key) for key in Operations.__annotations__})

    def _reconcile(self, name: str, args: OperationsArgs) -> None:
        """Make the reconciler, what it and operators keep, and the operators' role."""
        actions = items_table(f"{name}-actions", ("pk", "sk"), protect=args.get("protect", True), opts=self._child)
        parts = ReconcilerParts(
            lake=args["lake"],
            requests=self._requests,
            events=self._events,
            billing=args["billing"],
            api=args["api"],
            actions_table_name=actions.name,
            actions_table_arn=actions.arn,
            namespace=self._namespace,
            stream_tolerance_percent=args.get("stream_tolerance_percent", "0"),
            source_tolerance_percent=args.get("source_tolerance_percent", "0.01"),
            log_retention_days=args.get("log_retention_days", 30),
        )
        self.reconciliation_settings = reconciliation_settings(parts)
        function = reconciler(name, parts, self.reconciliation_settings, self._child)
        made = schedules(
            name,
            {SCHEDULE: Call(function, args.get("reconciliation_schedule", _rules.AFTER_EACH_HOUR), RETRY_SECONDS)},
            dead_letters_arn=args["billing"]["dead_letter_queue_arn"],
            place=self._place,
            opts=self._child,
        )
        policy = operator_policy(
            name,
            OperatorParts(
                lake=args["lake"],
                tombstones=args["tombstones"],
                pipelines=(args["requests"], args["events"]),
                billing=args["billing"],
                actions_table_arn=actions.arn,
                reconciler_arn=function.arn,
                rules_arn=self._place.arn(
                    "lambda", "function:", args["events"]["transform_function_name"], f":{ALIAS}"
                ),
            ),
            self._child,
        )
        role = operator_role(
            name, policy, args["lake"], operators=args.get("operators", []), place=self._place, opts=self._child
        )
        self.actions_table_name = actions.name
        self.reconciler_function_name = function.name
        self.reconciliation_schedule_group_name = made.group.name
        self.reconciliation_schedule_name = made.by_role[SCHEDULE].name
        self.operator_policy_arn, self.operator_role_arn = policy.arn, role.arn

    def _watch(self, name: str, args: OperationsArgs) -> None:
        """Make metrics, alarms and dashboard."""
        deployment = args["deployment"]
        log_metrics(
            name, events=args["event_intake"], billing=args["billing"], namespace=self._namespace, opts=self._child
        )
        topic = alarm_topic(name, emails=args.get("alarm_emails", []), place=self._place, opts=self._child)
        watched = self._watched(args)
        definitions = alarms(watched)
        made = {
            alarm.role: metric_alarm(name, alarm, deployment=deployment, topic_arn=topic.arn, opts=self._child)
            for alarm in definitions
        }
        at_risk = at_risk_alarm(
            name,
            {alarm.role: made[alarm.role] for alarm in definitions if alarm.at_risk},
            deployment=deployment,
            topic_arn=topic.arn,
            opts=self._child,
        )
        dashboard = aws.cloudwatch.Dashboard(
            f"{name}-dashboard",
            dashboard_name=deployment,
            dashboard_body=dashboard_body(
                alarm_arns=[at_risk.arn, *(alarm.arn for alarm in made.values())],
                graphs=graphs(watched),
                alarms=definitions,
                region=self._place.region,
            ),
            opts=self._child,
        )
        self.alarm_topic_arn = topic.arn
        self.alarm_names = pulumi.Output.all(**{role: alarm.name for role, alarm in made.items()})
        self.usage_at_risk_alarm_name = at_risk.alarm_name
        self.dashboard_name = dashboard.dashboard_name
        self.dashboard_url = dashboard_url(self._place, dashboard.dashboard_name)

    def _watched(self, args: OperationsArgs) -> Watched:
        return Watched(
            sources=(self._requests, self._events),
            billing=args["billing"],
            api=args["api"],
            events=args["event_intake"],
            reconciler=self.reconciler_function_name,
            workgroup=args["lake"]["athena_workgroup"],
            namespace=self._namespace,
            freshness_seconds=int(args.get("freshness_alarm_seconds", 3600)),
            missed_run_hours=int(args.get("missed_run_hours", 26)),
            replay_window_days=int(args.get("replay_window_days", 60)),
        )


def _check(name: str, args: OperationsArgs) -> None:
    _rules.check(f"{name}: deployment", _rules.DEPLOYMENT_NAME, args["deployment"])
    amounts = {
        "freshness_alarm_seconds": (args.get("freshness_alarm_seconds", 3600), _rules.FRESHNESS_ALARM_SECONDS),
        "missed_run_hours": (args.get("missed_run_hours", 26), _rules.MISSED_RUN_HOURS),
        "replay_window_days": (args.get("replay_window_days", 60), _rules.DAYS),
    }
    _rules.check_amounts(name, amounts)
    _rules.check_retention(f"{name}: log_retention_days", int(args.get("log_retention_days", 30)))
    schedule = args.get("reconciliation_schedule", _rules.AFTER_EACH_HOUR)
    _rules.check(f"{name}: reconciliation_schedule", _rules.EVERY_HOUR_CRON, schedule)
    _rules.check(f"{name}: stream_tolerance_percent", _rules.PERCENT, args.get("stream_tolerance_percent", "0"))
    _rules.check(f"{name}: source_tolerance_percent", _rules.PERCENT, args.get("source_tolerance_percent", "0.01"))
    for email in args.get("alarm_emails", []):
        _rules.check(f"{name}: alarm_emails", _rules.EMAIL, email)
    for arn in args.get("operators", []):
        _rules.check(f"{name}: operators", _rules.PRINCIPAL_ARN, arn)
    window = int(args.get("replay_window_days", 60))
    kept = int(min(pipeline["error_retention_days"] for pipeline in (args["requests"], args["events"])))
    if window + REPLAY_MARGIN_DAYS > kept:
        raise ValueError(
            f"{name}: replay_window_days: must be {REPLAY_MARGIN_DAYS} less than the days that failed records are kept,"
            f" which are {kept}, or fewer, got {window}"
        )
