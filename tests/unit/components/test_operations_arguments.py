"""What `Operations` refuses, before it makes anything."""

from typing import Any

import pytest

from components import Operations
from components._rules import EVERY_HOUR_CRON, PRINCIPAL_ARN
from tests.unit.components.arguments_kit import OPERATIONS
from tests.unit.components.harness import deploy
from tests.unit.components.operations_kit import operations
from tests.unit.components.settings_kit import errors, read

IAM, STS = "arn:aws:iam::123456789012", "arn:aws:sts::123456789012"
RUNS = "the hours that runs of billingSchedule"
TOO_FAR_APART = "must have runs at most 167 hours apart, for missedRunHours must be more and is 168 at most"
PERCENT = "must be a decimal from 0 to 100 with at most 6 decimal places"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"deployment": "my shop"}, "deployment: must be 1 to 200 letters, digits, hyphens and underscores"),
        ({"deployment": "x" * 201}, "deployment: must be 1 to 200 letters, digits, hyphens and underscores"),
        ({"freshness_alarm_seconds": 59}, "freshness_alarm_seconds: must be a whole number from 60 to 86400"),
        ({"freshness_alarm_seconds": 86_401}, "freshness_alarm_seconds: must be a whole number from 60 to 86400"),
        ({"missed_run_hours": 1}, "missed_run_hours: must be a whole number from 2 to 168"),
        ({"missed_run_hours": 169}, "missed_run_hours: must be a whole number from 2 to 168"),
        ({"missed_run_hours": 2.5}, "missed_run_hours: must be a whole number from 2 to 168"),
        ({"replay_window_days": 0}, "replay_window_days: must be a whole number of 1 or more"),
        ({"log_retention_days": 31}, "log_retention_days: must be one of 1, 3, 5"),
        ({"reconciliation_schedule": "hourly"}, "reconciliation_schedule: must be a cron expression"),
        (
            {"reconciliation_schedule": "cron(20 0/6 * * ? *)"},
            "reconciliation_schedule: must be a cron expression of every",
        ),
        ({"stream_tolerance_percent": "-1"}, f"stream_tolerance_percent: {PERCENT}"),
        ({"stream_tolerance_percent": "1e1"}, f"stream_tolerance_percent: {PERCENT}"),
        ({"source_tolerance_percent": "100.5"}, f"source_tolerance_percent: {PERCENT}"),
        ({"source_tolerance_percent": "NaN"}, f"source_tolerance_percent: {PERCENT}"),
        ({"alarm_emails": ["nobody"]}, "alarm_emails: must be an e-mail address"),
        ({"operators": ["*"]}, f"operators: {PRINCIPAL_ARN.says}, got '*'"),
        ({"operators": [f"{IAM}:group/on-call"]}, f"operators: {PRINCIPAL_ARN.says}, got '{IAM}:group/on-call'"),
        (
            {"events": {**OPERATIONS["events"], "error_retention_days": 66}},
            "replay_window_days: must be 7 less than the days that failed records are kept, which are 66, or fewer",
        ),
    ],
)
def test_a_wrong_argument_is_named_with_its_rule(wrong: dict[str, Any], message: str) -> None:
    def program() -> None:
        with pytest.raises(ValueError, match=r"^o: ") as raised:
            Operations("o", {**OPERATIONS, **wrong})  # type: ignore[typeddict-item]
        assert str(raised.value).startswith(f"o: {message}")

    assert deploy(program).records == []


def test_arguments_at_their_limits_are_taken() -> None:
    deployed = operations(
        deployment="x" * 200,
        freshness_alarm_seconds=86_400.0,  # as other languages hand numbers on
        missed_run_hours=168,
        replay_window_days=83,
        stream_tolerance_percent="100",
        source_tolerance_percent="0.000001",
    )
    assert deployed.one("MetricAlarm", "o-billing-missed-run").inputs["evaluationPeriods"] == 168
    assert deployed.one("MetricAlarm", "o-requests-freshness").inputs["threshold"] == 86_400
    assert len(deployed.one("CompositeAlarm").inputs["alarmName"]) <= 255


@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [
        ("alarmEmails", '["nobody"]', "must be a list, each item must be an e-mail address of at most 200 characters"),
        ("operatorPrincipals", '["*"]', f"must be a list, each item {PRINCIPAL_ARN.says}"),
        ("operatorPrincipals", f'["{IAM}:group/on-call"]', f"must be a list, each item {PRINCIPAL_ARN.says}"),
        ("freshnessAlarmSeconds", "59", "must be a whole number from 60 to 86400"),
        ("missedRunHours", "169", "must be a whole number from 2 to 168"),
        ("reconciliationSchedule", "cron(20 6 * * ? *)", EVERY_HOUR_CRON.says),
        ("reconciliationSchedule", "cron(20 * ? * MON-FRI *)", EVERY_HOUR_CRON.says),
        ("streamTolerancePercent", "1%", PERCENT),
        ("sourceTolerancePercent", "101", PERCENT),
        ("replayWindowDays", "0", "must be a whole number of 1 or more"),
    ],
)
def test_a_wrong_value_of_the_configuration_is_named_with_its_key_and_rule(key: str, value: str, rule: str) -> None:
    assert errors({key: value}) == [f"saas-metering:{key}: {rule}, got {value!r}"]


@pytest.mark.parametrize(
    ("config", "fault"),
    [
        (
            {"missedRunHours": "24"},
            f"missedRunHours: must be more than 24, {RUNS} cron(0 6 * * ? *) are apart at most, got 24",
        ),
        (
            {"billingSchedule": "cron(0 6 ? * MON-FRI *)"},
            f"missedRunHours: must be more than 72, {RUNS} cron(0 6 ? * MON-FRI *) are apart at most, got 26",
        ),
        (
            {"billingSchedule": "cron(0 6 1 * ? *)", "missedRunHours": "168"},
            f"billingSchedule: {TOO_FAR_APART}; its runs are up to 744 apart, got 'cron(0 6 1 * ? *)'",
        ),
        (
            {"billingSchedule": "cron(0 6 ? * SUN *)"},
            f"billingSchedule: {TOO_FAR_APART}; its runs are up to 168 apart, got 'cron(0 6 ? * SUN *)'",
        ),
        (
            {"billingSchedule": "cron(0 6 31 2 ? *)"},
            "billingSchedule: must name moments that come again, got 'cron(0 6 31 2 ? *)'",
        ),
    ],
    ids=["daily", "weekdays", "monthly", "weekly", "never"],
)
def test_an_alarm_that_would_be_on_between_two_runs_is_refused(config: dict[str, str], fault: str) -> None:
    assert errors(config) == [f"saas-metering:{fault}"]


@pytest.mark.parametrize(
    ("schedule", "hours"),
    [
        ("cron(0 6 * * ? *)", "25"),
        ("cron(5 * * * ? *)", "2"),
        ("cron(0/15 * * * ? *)", "2"),
        ("cron(0 6 ? * MON-FRI *)", "73"),
        ("cron(0 6 ? * 2,5 *)", "97"),
        ("cron(0 6 L * ? *)", "26"),  # by a rule of the calendar: not told
    ],
)
def test_an_alarm_that_is_longer_than_the_time_between_two_runs_is_taken(schedule: str, hours: str) -> None:
    config = {"billingSchedule": schedule, "missedRunHours": hours}
    assert read(config).operations["missed_run_hours"] == int(hours)


def test_a_wrong_schedule_is_no_second_fault_of_the_alarm() -> None:
    [fault] = errors({"billingSchedule": "monthly"})
    assert fault.startswith("saas-metering:billingSchedule: must be a cron expression")


@pytest.mark.parametrize(
    "arn",
    [
        f"{IAM}:root",
        f"{IAM}:user/olga",
        f"{IAM}:user/teams/on-call/olga@example.com",
        f"{IAM}:role/on-call",
        f"{IAM}:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Ops_0123456789abcdef",
        f"{STS}:assumed-role/on-call/olga@example.com",
        "arn:aws-us-gov:iam::123456789012:role/on-call",
        "arn:aws-cn:iam::123456789012:user/olga",
        f"{IAM}:role/{'n' * 64}",
    ],
)
def test_whoever_may_stand_in_a_trust_policy_is_a_principal(arn: str) -> None:
    assert PRINCIPAL_ARN.holds(arn)
    assert read({"operatorPrincipals": f'["{arn}"]'}).operations["operators"] == [arn]


@pytest.mark.parametrize(
    "arn",
    [
        "*",
        "123456789012",
        f"{IAM}:group/on-call",
        f"{IAM}:group/teams/on-call",
        f"{IAM}:policy/on-call",
        f"{IAM}:instance-profile/on-call",
        f"{IAM}:saml-provider/on-call",
        f"{IAM}:oidc-provider/token.actions.githubusercontent.com",
        f"{IAM}:assumed-role/on-call/olga",
        f"{STS}:role/on-call",
        f"{STS}:assumed-role/on-call",
        f"{STS}:assumed-role/teams/on-call/olga",
        f"{STS}:federated-user/olga",  # it may assume no role
        f"{IAM}:roots",
        f"{IAM}:root/",
        f"{IAM}:user/",
        f"{IAM}:role//",
        f"{IAM}:role/on call",
        f"{IAM}:role/on-*",
        f"{IAM}:role/*/on-call",
        f"{IAM}:role/teams?/on-call",
        f"{IAM}:role/{'n' * 65}",
        f"{IAM}:role/o\n",
        "arn:aws:iam::12345678901:role/on-call",
        "arn:aws:iam:eu-west-1:123456789012:role/on-call",
        "arn:gcp:iam::123456789012:role/on-call",
        "arn:aws:iam::١٢٣٤٥٦٧٨٩٠١٢:role/on-call",
    ],
)
def test_whoever_may_not_is_none(arn: str) -> None:
    assert not PRINCIPAL_ARN.holds(arn)


@pytest.mark.parametrize("expression", ["cron(0 * * * ? *)", "cron(5/15 * ? * * *)"])
def test_hours_may_be_reconciled_at_any_minutes_of_every_hour(expression: str) -> None:
    """Else the hour of the daily check of the whole month might never come."""
    assert read({"reconciliationSchedule": expression}).operations["reconciliation_schedule"] == expression


def test_failed_records_outlive_the_window_in_which_they_are_replayed() -> None:
    rule = "replayWindowDays: must be 7 less than errorRetentionDays, which is 66, or fewer, got 60"
    assert errors({"errorRetentionDays": "66"}) == [f"saas-metering:{rule}"]
    assert read({"errorRetentionDays": "67"}).operations["replay_window_days"] == 60
    assert read({"errorRetentionDays": "8", "replayWindowDays": "1"}).operations["replay_window_days"] == 1


def test_a_wrong_retention_is_no_second_fault_of_the_window() -> None:
    assert errors({"errorRetentionDays": "0", "replayWindowDays": "84"}) == [
        "saas-metering:errorRetentionDays: must be a whole number of 1 or more, got '0'"
    ]


def test_a_stack_name_that_makes_no_name_of_a_deployment_says_which_key_to_set() -> None:
    rule = "the name, <project>-<stack> if empty, must be 1 to 200 letters, digits, hyphens and underscores"
    config = {"tableBucketName": "usage"}
    assert errors(config, stack="a.b") == [f"saas-metering:deploymentName: {rule}, got 'saas-metering-a.b'"]
    assert read({**config, "deploymentName": "shop"}, stack="a.b").operations["deployment"] == "shop"
