"""Operations: alarms as resources, who is told, metrics of logs, the reconciler and what starts it."""

import json
import re
from typing import Any

from components._alarms import description
from components._iam_watching import put_metrics
from tests.unit.components.arguments_kit import OPERATIONS
from tests.unit.components.fake_aws import ACCOUNT, arn
from tests.unit.components.harness import Deployment
from tests.unit.components.operations_kit import ALARMS, NAMESPACE, operations, plain

TOPIC = arn("sns", "o-alarms-arn")
RECONCILER = arn("lambda", "function:o-reconciler-function-4444:live")
DEAD_LETTERS = "arn:p:sqs:r:a:dead"


def test_an_alarm_of_one_metric() -> None:
    assert plain().one("MetricAlarm", "o-requests-failed-rows").inputs == {
        "alarmDescription": description(ALARMS["requests-failed-rows"], "saas-metering-test"),
        "alarmActions": [TOPIC],
        "okActions": [TOPIC],
        "namespace": "AWS/Firehose",
        "metricName": "DeliveryToIceberg.FailedRowCount",
        "dimensions": {"DeliveryStreamName": "s"},
        "statistic": "Sum",
        "period": 300,
        "evaluationPeriods": 1,
        "datapointsToAlarm": 1,
        "threshold": 0,
        "comparisonOperator": "GreaterThanThreshold",
        "treatMissingData": "notBreaching",
    }


def test_an_alarm_of_metric_math() -> None:
    def query(key: str, name: str) -> dict[str, Any]:
        metric = {
            "namespace": "AWS/ApiGateway",
            "metricName": name,
            "dimensions": {"ApiName": "api", "Stage": "v1"},
            "stat": "Sum",
            "period": 300,
        }
        return {"id": key, "metric": metric}

    assert plain().one("MetricAlarm", "o-api-5xx").inputs == {
        "alarmDescription": description(ALARMS["api-5xx"], "saas-metering-test"),
        "alarmActions": [TOPIC],
        "okActions": [TOPIC],
        "metricQueries": [
            query("failed", "5XXError"),
            query("requests", "Count"),
            {
                "id": "result",
                "expression": "IF(requests >= 20, 100 * failed / requests, 0)",
                "label": "api-5xx",
                "returnData": True,
            },
        ],
        "evaluationPeriods": 3,
        "datapointsToAlarm": 2,
        "threshold": 1,
        "comparisonOperator": "GreaterThanThreshold",
        "treatMissingData": "notBreaching",
    }


def test_an_alarm_about_silence_waits_until_there_could_have_been_a_call() -> None:
    inputs = operations(missed_run_hours=30).one("MetricAlarm", "o-billing-missed-run").inputs
    assert {key: inputs[key] for key in inputs if key not in ("alarmDescription", "alarmActions", "okActions")} == {
        "namespace": "AWS/Lambda",
        "metricName": "Invocations",
        "dimensions": {"FunctionName": "planner"},
        "statistic": "Sum",
        "period": 3600,
        "evaluationPeriods": 30,
        "datapointsToAlarm": 30,
        "threshold": 1,
        "comparisonOperator": "LessThanThreshold",
        "treatMissingData": "breaching",
        "warmUpConfiguration": {"warmUpPeriodDurationInMinutes": 1800},
    }


def test_a_metric_without_dimensions_is_asked_for_without_any() -> None:
    inputs = plain().one("MetricAlarm", "o-events-unstored").inputs
    assert (inputs["namespace"], inputs["metricName"], "dimensions" in inputs) == (NAMESPACE, "EventsUnstored", False)


def test_every_definition_is_an_alarm_that_tells_the_topic_when_it_begins_and_ends() -> None:
    deployed = plain()
    assert deployed.names("MetricAlarm") == sorted(f"o-{role}" for role in ALARMS)
    told = {(record.inputs["alarmActions"][0], record.inputs["okActions"][0]) for record in deployed.of("MetricAlarm")}
    assert told == {(TOPIC, TOPIC)}
    assert deployed.outputs["o"]["alarm_names"] == {role: f"o-{role}-9999" for role in ALARMS}


def test_the_composite_is_any_of_the_alarms_that_put_usage_data_at_risk() -> None:
    deployed = operations(deployment="shop-prod")
    composite = deployed.one("CompositeAlarm")
    inputs = dict(composite.inputs)
    rule = inputs.pop("alarmRule")
    assert rule.split(" OR ") == [f'ALARM("o-{role}-9999")' for role, alarm in ALARMS.items() if alarm.at_risk]
    assert len(rule) * 255 / len("o-requests-failed-rows-9999") < 10_240, "also if names were as long as can be"
    assert rule.count("ALARM(") <= 100
    assert inputs.pop("alarmDescription").startswith("shop-prod: Usage data is at risk")
    assert inputs == {
        "alarmName": "shop-prod-usage-data-at-risk",
        "alarmActions": [TOPIC],
        "okActions": [TOPIC],
    }
    assert {f"o-{role}" for role, alarm in ALARMS.items() if alarm.at_risk} <= set(composite.depends_on)


def test_only_cloudwatch_for_this_account_may_publish_and_nobody_without_tls() -> None:
    deployed = plain()
    assert deployed.one("Topic").inputs == {}
    policy = deployed.one("TopicPolicy")
    assert policy.inputs["arn"] == TOPIC
    assert policy.policy() == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "PublishAlarms",
                "Effect": "Allow",
                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": TOPIC,
                "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
            },
            {
                "Sid": "RefusePlainHttp",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sns:Publish",
                "Resource": TOPIC,
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ],
    }


def test_each_address_is_told_under_a_name_that_does_not_hang_on_the_others_and_does_not_show_it() -> None:
    def names(*emails: str) -> dict[str, str]:
        return {
            record.inputs["endpoint"]: record.name
            for record in operations(alarm_emails=list(emails)).of("TopicSubscription")
        }

    both = names("ann@example.com", "ben@example.com")
    assert names("ben@example.com") == {"ben@example.com": both["ben@example.com"]}
    assert all(re.fullmatch(r"o-email-[0-9a-f]{8}", name) for name in both.values())
    assert len(set(both.values())) == 2
    (one,) = operations(alarm_emails=["ann@example.com"]).of("TopicSubscription")
    assert one.inputs == {"topic": TOPIC, "protocol": "email", "endpoint": "ann@example.com"}
    assert plain().of("TopicSubscription") == []


def test_counts_in_logs_become_metrics_without_dimensions() -> None:
    def metric(log_group: str, name: str, field: str) -> dict[str, Any]:
        transformation = {"name": name, "namespace": NAMESPACE, "value": f"$.{field}", "unit": "Count"}
        return {
            "logGroupName": log_group,
            "pattern": f"{{ $.{field} = * }}",
            "metricTransformation": transformation,
        }

    assert {record.name: record.inputs for record in plain().of("LogMetricFilter")} == {
        "o-events-accepted-filter": metric("/aws/lambda/f", "EventsAccepted", "accepted"),
        "o-events-unstored-filter": metric("/aws/lambda/f", "EventsUnstored", "unstored"),
        "o-bills-draft-filter": metric("/aws/lambda/planner", "BillsDraft", "draft"),
        "o-invoices-final-filter": metric("/aws/lambda/planner", "InvoicesFinal", "final"),
        "o-bills-left-filter": metric("/aws/lambda/planner", "BillsLeft", "left"),
        "o-periods-refused-filter": metric("/aws/lambda/planner", "PeriodsRefused", "refused"),
        "o-periods-unfinalized-filter": metric("/aws/lambda/planner", "PeriodsUnfinalized", "unfinalized"),
    }


def test_the_reconciler_knows_where_to_count_and_what_may_differ() -> None:
    deployed = operations(stream_tolerance_percent="0.5", source_tolerance_percent="1")
    function = deployed.one("Function", "o-reconciler-function").inputs
    assert (function["handler"], function["timeout"]) == ("handlers.reconciliation.handler", 900)
    environment = dict(function["environment"]["variables"])
    settings = environment.pop("RECONCILIATION_SETTINGS")
    assert environment == {
        "RECONCILIATION_TABLE": "hours",
        "ACTIONS_TABLE": "o-actions-5555",
        "ATHENA_WORKGROUP": "w",
        "ATHENA_CATALOG": "s3tablescatalog/b",
        "DATABASE_NAME": "d",
        "TABLE_NAMES": json.dumps(OPERATIONS["lake"]["table_names"], sort_keys=True),
    }
    assert json.loads(settings) == {
        "sources": {
            "api-requests": {
                "stream": "s",
                "error_bucket": "errors",
                "counted": {
                    "namespace": "AWS/ApiGateway",
                    "metric": "Count",
                    "dimensions": {"ApiName": "api", "Stage": "v1"},
                },
                "counted_rows": {"api_id": "a1", "stage": "v1"},
            },
            "usage-events": {
                "stream": "e",
                "error_bucket": "errors",
                "counted": {"namespace": NAMESPACE, "metric": "EventsAccepted", "dimensions": {}},
                "counted_rows": {},
            },
        },
        "stream_tolerance_percent": "0.5",
        "source_tolerance_percent": "1",
        "late_hours": 3,
        "recheck_hours": 48,
        "grace_hours": 72,
        "metric_namespace": NAMESPACE,
    }
    assert deployed.outputs["o"]["reconciliation_settings"] == settings


def test_the_reconcilers_environment_is_within_lambdas_4_kb_by_far() -> None:
    names = {
        "requests": {**OPERATIONS["requests"], "stream_name": "s" * 64, "error_bucket_name": "b" * 63},
        "events": {**OPERATIONS["events"], "stream_name": "e" * 64, "error_bucket_name": "b" * 63},
        "api": {"api_name": "a" * 128, "rest_api_id": "i" * 10, "stage_name": "v" * 128},
        "billing": {**OPERATIONS["billing"], "reconciliation_table_name": "r" * 240},
        "lake": {
            **OPERATIONS["lake"],
            "table_names": dict.fromkeys(("api-requests", "tombstones", "usage-events"), "t" * 255),
        },
    }
    variables = operations(**names).one("Function", "o-reconciler-function").inputs["environment"]["variables"]
    assert sum(len(key) + len(value) for key, value in variables.items()) < 3500


def test_the_reconciler_is_called_each_hour_and_what_fails_is_a_dead_letter() -> None:
    deployed = operations(reconciliation_schedule="cron(40 * * * ? *)")
    assert deployed.one("Schedule").inputs == {
        "groupName": "o-schedules-7777",
        "scheduleExpression": "cron(40 * * * ? *)",
        "scheduleExpressionTimezone": "UTC",
        "flexibleTimeWindow": {"mode": "OFF"},
        "target": {
            "arn": RECONCILER,
            "roleArn": f"arn:aws-test:iam::{ACCOUNT}:role/o-schedule-role-role-arn",
            "input": '{"scheduled_time": "<aws.scheduler.scheduled-time>"}',
            "retryPolicy": {"maximumEventAgeInSeconds": 3600, "maximumRetryAttempts": 24},
            "deadLetterConfig": {"arn": DEAD_LETTERS},
        },
    }
    assert "o-schedule-policy" in deployed.one("Schedule").depends_on
    assert deployed.one("FunctionEventInvokeConfig").inputs == {
        "functionName": "o-reconciler-function-4444",
        "qualifier": "live",
        "maximumRetryAttempts": 2,
        "destinationConfig": {"onFailure": {"destination": DEAD_LETTERS}},
    }


def test_what_operators_did_is_kept_and_guarded() -> None:
    def table(deployed: Deployment) -> tuple[bool, dict[str, Any]]:
        record = deployed.one("aws:dynamodb/table:Table")
        return record.protect, record.inputs

    kept = {
        "billingMode": "PAY_PER_REQUEST",
        "hashKey": "pk",
        "rangeKey": "sk",
        "attributes": [{"name": "pk", "type": "S"}, {"name": "sk", "type": "S"}],
        "pointInTimeRecovery": {"enabled": True},
    }
    assert table(plain()) == (True, {**kept, "deletionProtectionEnabled": True})
    assert table(operations(protect=False)) == (False, {**kept, "deletionProtectionEnabled": False})


def test_metrics_may_be_put_to_the_deployments_namespace_alone() -> None:
    assert put_metrics(NAMESPACE) == {
        "Effect": "Allow",
        "Action": ["cloudwatch:PutMetricData"],
        "Resource": ["*"],
        "Condition": {"StringEquals": {"cloudwatch:namespace": NAMESPACE}},
    }
    policy = plain().one("RolePolicy", "o-reconciler-policy").policy()
    assert put_metrics(NAMESPACE) in policy["Statement"]
