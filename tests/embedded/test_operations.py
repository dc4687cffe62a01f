"""The deployed operations: alarms that are evaluated, logs that become metrics, a role."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from embedded_aws.server import EmbeddedAws
from tools.embedded import Embedded
from tools.outputs import StackOutputs

REQUEST = Path(__file__).parents[1] / "events" / "apigateway_events.json"
COUNTS = {"draft": 700_001, "final": 700_002, "left": 700_003, "refused": 700_004, "unfinalized": 700_005}
"""More than any run of the session's has."""
BILLS = {
    "BillsDraft": 700_001,
    "InvoicesFinal": 700_002,
    "BillsLeft": 700_003,
    "PeriodsRefused": 700_004,
    "PeriodsUnfinalized": 700_005,
}
PATIENCE_SECONDS = 10


def namespace(outputs: StackOutputs) -> str:
    name: str = json.loads(outputs.reconciliation_settings)["metric_namespace"]
    return name


def values(aws: EmbeddedAws, outputs: StackOutputs, metric: str, statistic: str) -> list[float]:
    """Ask for the last hour's values of one of the deployment's own metrics without dimensions."""
    now = datetime.now(UTC)
    named = {"Namespace": namespace(outputs), "MetricName": metric}
    query = {"Id": "a", "MetricStat": {"Metric": named, "Period": 60, "Stat": statistic}}
    found: list[float] = (
        aws.session()
        .client("cloudwatch")
        .get_metric_data(MetricDataQueries=[query], StartTime=now - timedelta(hours=1), EndTime=now)
    )["MetricDataResults"][0]["Values"]
    return found


def eventually(ask: Any, wanted: Any) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while (found := ask()) != wanted and time.monotonic() < end:
        time.sleep(0.1)
    assert found == wanted


def test_every_alarm_is_evaluated(aws: EmbeddedAws, deployed: Any) -> None:
    states = Embedded(aws.url).evaluate_alarms()
    names = {*deployed.exports["alarm_names"].values(), deployed.exports["usage_at_risk_alarm_name"]}
    assert names <= set(states)
    assert {states[name] for name in names} <= {"ALARM", "INSUFFICIENT_DATA", "OK"}


def test_what_post_events_logs_is_a_metric(aws: EmbeddedAws, deployed: Any, outputs: StackOutputs) -> None:
    before = sum(values(aws, outputs, "EventsAccepted", "SampleCount"))
    resource = next(one for one in deployed.stack.resources if one.name == "customer-events-function")
    answer = aws.session().client("lambda").invoke(FunctionName=resource.outputs["name"], Payload=proxy_event())
    assert json.load(answer["Payload"])["statusCode"] == 400
    eventually(lambda: sum(values(aws, outputs, "EventsAccepted", "SampleCount")), before + 1)


def test_what_the_planner_logs_are_metrics(aws: EmbeddedAws, deployed: Any, outputs: StackOutputs) -> None:
    logs = aws.session().client("logs")
    group = next(one for one in deployed.stack.resources if one.name == "billing-planner-logs").outputs["name"]
    logs.create_log_stream(logGroupName=group, logStreamName="counts")
    line = json.dumps({"level": "INFO", "message": f"bills: {COUNTS}", "logger": "billing.planner", **COUNTS})
    event = {"timestamp": time.time_ns() // 1_000_000, "message": line}
    logs.put_log_events(logGroupName=group, logStreamName="counts", logEvents=[event])
    for metric, count in BILLS.items():
        eventually(lambda metric=metric: max(values(aws, outputs, metric, "Maximum"), default=None), count)


def test_the_operators_role_has_the_operators_policy_alone(aws: EmbeddedAws, outputs: StackOutputs) -> None:
    iam, role = aws.session().client("iam"), outputs.operator_role_arn.rsplit("/", 1)[-1]
    attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    assert [one["PolicyArn"] for one in attached] == [outputs.operator_policy_arn]
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == []
    assert iam.get_role(RoleName=role)["Role"]["MaxSessionDuration"] == 3600


def proxy_event() -> bytes:
    """Return a request whose one event has nothing of an event."""
    return json.dumps({**json.loads(REQUEST.read_text(encoding="utf-8")), "body": "[{}]"}).encode()
