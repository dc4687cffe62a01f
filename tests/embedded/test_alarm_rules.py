"""What an alarm may be: of expressions, of M out of N data points, with a warm-up; and what CloudWatch refuses."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.server import EmbeddedAws
from tests.embedded.alarm_kit import MINUTE, THEN, Watched, watching
from tests.embedded.gateway_kit import client


@pytest.fixture
def watched(aws: EmbeddedAws) -> Iterator[Watched]:
    with watching(aws) as made:
        yield made


def test_dimensions_are_exact(watched: Watched) -> None:
    watched.put([1], Stage="v1", Api="a")
    of = {"Stage": "v1", "Api": "a"}
    names = [
        watched.alarm(Dimensions=[{"Name": name, "Value": value} for name, value in pairs])
        for pairs in (of.items(), list(of.items())[:1], [("Stage", "v1"), ("Api", "b")], [])
    ]
    states = watched.aws.alarms.evaluate(THEN + MINUTE)
    assert [states[name] for name in names] == ["ALARM"] + ["INSUFFICIENT_DATA"] * 3


def test_an_alarm_on_an_expression(watched: Watched) -> None:
    watched.put([100, 100, 100], "Count", Stage="v1")
    watched.put([0, 3, 1], "5XX", Stage="v1")

    def metric(id_: str, name: str) -> dict[str, Any]:
        named = {"Namespace": watched.namespace, "MetricName": name, "Dimensions": [{"Name": "Stage", "Value": "v1"}]}
        return {"Id": id_, "MetricStat": {"Metric": named, "Period": 60, "Stat": "Sum"}, "ReturnData": False}

    ratio = {"Id": "ratio", "Expression": "IF(all > 50, errors / all * 100)", "Label": "percent", "ReturnData": True}
    queries = [metric("all", "Count"), metric("errors", "5XX"), ratio]
    name = watched.alarm(Metrics=queries, Threshold=1, TreatMissingData="notBreaching")
    assert watched.states(1, 2, 3, of=name) == ["OK", "ALARM", "OK"]
    described = watched.described(name)
    assert (described["Metrics"], "Namespace" in described) == (queries, False)


def test_m_of_n_with_each_treatment_of_missing_data(watched: Watched) -> None:
    watched.put([5, None, 5, 0, 0])
    names = [
        watched.alarm(EvaluationPeriods=3, DatapointsToAlarm=2, TreatMissingData=treatment)
        for treatment in ("missing", "ignore", "breaching", "notBreaching")
    ]
    at = {minute: watched.aws.alarms.evaluate(THEN + MINUTE * minute) for minute in (1, 2, 3, 4, 5, 12)}
    assert [[at[minute][name] for minute in at] for name in names] == [
        ["INSUFFICIENT_DATA", "ALARM", "ALARM", "ALARM", "OK", "INSUFFICIENT_DATA"],
        ["INSUFFICIENT_DATA", "INSUFFICIENT_DATA", "ALARM", "ALARM", "OK", "OK"],
        ["ALARM", "ALARM", "ALARM", "ALARM", "OK", "ALARM"],
        ["OK", "OK", "ALARM", "ALARM", "OK", "OK"],
    ]


def test_an_alarm_warms_up(watched: Watched) -> None:
    settings = {"TreatMissingData": "breaching", "ComparisonOperator": "LessThanThreshold", "Threshold": 1}
    early = watched.alarm(WarmUpConfiguration={"WarmUpPeriodDurationInMinutes": 5}, **settings)
    whole = watched.alarm(
        WarmUpConfiguration={"WarmUpPeriodDurationInMinutes": 5, "OnlyStartEvaluatingAfterWarmUpPeriodEnds": True},
        **settings,
    )
    silent = watched.alarm(WarmUpConfiguration={"WarmUpPeriodDurationInMinutes": 5}, **settings, MetricName="Never")
    watched.put([None, 1, 1])
    at = [watched.aws.alarms.evaluate(THEN + MINUTE * minute) for minute in (1, 2, 4, 5.5, 8)]
    assert [states[early] for states in at] == ["INSUFFICIENT_DATA", "OK", "OK", "OK", "ALARM"]
    assert [states[whole] for states in at] == ["INSUFFICIENT_DATA"] * 3 + ["OK", "ALARM"]
    assert [states[silent] for states in at] == ["INSUFFICIENT_DATA"] * 3 + ["ALARM", "ALARM"]
    assert watched.described(early)["WarmUpConfiguration"] == {"WarmUpPeriodDurationInMinutes": 5}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"Statistic": "p99"}, "Value 'p99' at 'statistic' failed to satisfy constraint"),
        ({"ExtendedStatistic": "p99"}, "Exactly one of Statistic and ExtendedStatistic"),
        ({"DatapointsToAlarm": 2}, "The value 2 for parameter DatapointsToAlarm must be between 1 and"),
        ({"TreatMissingData": "never"}, "Value 'never' for parameter TreatMissingData"),
        ({"Period": 30}, "Period 30: the embedded AWS has standard resolution"),
        (
            {"Period": 300, "EvaluationPeriods": 289},
            r"across more than a day \(EvaluationPeriods \* Period must be <= 86400",
        ),
        ({"Period": 86400, "EvaluationPeriods": 8}, "across more than seven days"),
        ({"ComparisonOperator": "LessThanLowerThreshold"}, "is not supported by the embedded AWS"),
        ({"EvaluationWindow": {"WallClockWindow": {}}}, "EvaluationWindow of an alarm is not supported"),
        ({"AlarmActions": ["arn:aws:sns:us-east-1:000000000000:a"] * 6}, "at most 5 actions, not 6"),
        ({"Metrics": []}, "The parameter MetricName must be specified"),
        ({"Metrics": [{"Id": "e1", "Expression": "1 +"}]}, "Unexpected the end"),
    ],
)
def test_what_cloudwatch_does_not_take_is_refused(watched: Watched, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        watched.alarm(**settings)


def test_tags_are_those_of_the_creation_until_they_are_changed(watched: Watched) -> None:
    cloudwatch = client(watched.aws, "cloudwatch")
    name = watched.alarm(Tags=[{"Key": "a", "Value": "1"}])
    arn = watched.described(name)["AlarmArn"]
    cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "b", "Value": "2"}])
    cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
