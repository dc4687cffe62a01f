"""What `status` asks beside the world's tables and buckets: alarms, and the dead-letter queue."""

from dataclasses import dataclass
from typing import Any

from tests.unit.tools.operate_kit import AT, World


@dataclass
class FakeCloudWatch:
    """Has alarms, told by pages."""

    pages: list[dict[str, Any]]

    def get_paginator(self, operation: str) -> "FakeCloudWatch":
        assert operation == "describe_alarms"
        return self

    def paginate(self, **asked: Any) -> list[dict[str, Any]]:
        assert asked == {"AlarmTypes": ["MetricAlarm", "CompositeAlarm"], "StateValue": "ALARM"}
        return self.pages


def alarms() -> FakeCloudWatch:
    own = {"AlarmActions": ["arn:aws:sns:eu-west-1:123456789012:alarms"], "StateUpdatedTimestamp": AT}
    about = {"AlarmDescription": "Rows are missing."}
    others = {**own, "AlarmActions": ["arn:aws:sns:eu-west-1:123456789012:others"], "AlarmName": "others"}
    pages = [
        {
            "MetricAlarms": [{**own, "AlarmName": "b", "StateReason": "too many", **about}, others],
            "CompositeAlarms": [],
        },
        {"MetricAlarms": [], "CompositeAlarms": [{**own, "AlarmName": "a"}]},
    ]
    return FakeCloudWatch(pages)


@dataclass
class FakeSqs:
    """A queue with so many messages that are seen, and as many that are not."""

    number: str

    def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:  # noqa: N803
        assert QueueUrl.endswith("/dead")
        return {"Attributes": dict.fromkeys(AttributeNames, self.number)}


def well(world: World) -> World:
    """Let no alarm be on, and nothing lie anywhere."""
    world.services["cloudwatch"] = FakeCloudWatch([{"MetricAlarms": [], "CompositeAlarms": []}])
    world.services["sqs"] = FakeSqs("0")
    return world
