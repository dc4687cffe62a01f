"""The deployed program's alarms, evaluated."""

from datetime import timedelta

from embedded_aws.server import EmbeddedAws
from tests.embedded.conftest import Deployed
from tests.embedded.gateway_kit import client


def test_every_alarm_of_the_program_can_be_evaluated(aws: EmbeddedAws, deployed: Deployed) -> None:
    names = dict(deployed.exports["alarm_names"])
    cloudwatch = client(aws, "cloudwatch")
    states = aws.alarms.evaluate(aws.clock.now() + timedelta(minutes=1))
    found = [
        alarm
        for page in cloudwatch.get_paginator("describe_alarms").paginate(AlarmTypes=["MetricAlarm"])
        for alarm in page["MetricAlarms"]
        if alarm["AlarmName"] in names.values()
    ]
    assert sorted(alarm["AlarmName"] for alarm in found) == sorted(names.values())
    assert [alarm["StateReason"] for alarm in found if "EVALUATION_ERROR" in alarm["StateReason"]] == []
    may_wait = {
        alarm["AlarmName"] for alarm in found if "WarmUpConfiguration" in alarm or alarm["TreatMissingData"] == "ignore"
    }
    assert {name for name in names.values() if states[name] == "INSUFFICIENT_DATA"} <= may_wait
