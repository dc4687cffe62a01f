"""EventBridge Scheduler: schedules and their groups."""

from collections.abc import Mapping
from typing import Any, ClassVar

import boto3

from embedded_aws.resources._aws import client, found, retag, tag_outputs, tags
from embedded_aws.resources._creator import Creator, Outputs
from embedded_aws.resources._shape import Shape, from_aws

_GONE = "ResourceNotFoundException"
_TARGET: Shape = {
    "arn": "Arn",
    "roleArn": "RoleArn",
    "input": "Input",
    "retryPolicy": (
        "RetryPolicy",
        {
            "maximumEventAgeInSeconds": "MaximumEventAgeInSeconds",
            "maximumRetryAttempts": "MaximumRetryAttempts",
        },
    ),
    "deadLetterConfig": ("DeadLetterConfig", {"arn": "Arn"}),
    "sqsParameters": ("SqsParameters", {"messageGroupId": "MessageGroupId"}),
}


class Schedule(Creator):
    """`aws.scheduler.Schedule` of a function or a queue; its id is `<group>/<name>`."""

    pulumi_type = "aws:scheduler/schedule:Schedule"
    shape: ClassVar[Shape] = {
        "name": "Name",
        "groupName": "GroupName",
        "description": "Description",
        "scheduleExpression": "ScheduleExpression",
        "scheduleExpressionTimezone": "ScheduleExpressionTimezone",
        "state": "State",
        "actionAfterCompletion": "ActionAfterCompletion",
        "flexibleTimeWindow": (
            "FlexibleTimeWindow",
            {"mode": "Mode", "maximumWindowInMinutes": "MaximumWindowInMinutes"},
        ),
        "target": ("Target", _TARGET),
    }
    kept = frozenset({"namePrefix"})
    replace_on = frozenset({"name", "namePrefix", "groupName"})
    named_by = "name"

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:
        group = args.get("GroupName", "default")
        client(session, "scheduler").create_schedule(**self._parameters(args) | {"Name": name, "GroupName": group})
        return f"{group}/{name}"

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the schedule."""
        group, name = id_.split("/")
        answer = found(client(session, "scheduler").get_schedule, _GONE, GroupName=group, Name=name)
        if answer is None:
            return None
        read = {key: value for key, value in from_aws(self.shape, answer).items() if value != ""}
        return {**read, "arn": answer["Arn"], "region": session.region_name}

    def _update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], args: dict[str, Any]) -> None:  # noqa: ARG002 - put whole
        group, name = id_.split("/")
        client(session, "scheduler").update_schedule(**self._parameters(args) | {"Name": name, "GroupName": group})

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:  # noqa: ARG002 - the id is enough
        """Delete the schedule."""
        group, name = id_.split("/")
        found(client(session, "scheduler").delete_schedule, _GONE, GroupName=group, Name=name)

    def _parameters(self, args: Mapping[str, Any]) -> dict[str, Any]:
        # As pulumi-aws: what is left out is said, so that it is the same after an update.
        defaults = {"ScheduleExpressionTimezone": "UTC", "State": "ENABLED"}
        return defaults | {key: value for key, value in args.items() if key not in self.kept}


class ScheduleGroup(Creator):
    """`aws.scheduler.ScheduleGroup`; its id is its name. Only its tags can change."""

    pulumi_type = "aws:scheduler/scheduleGroup:ScheduleGroup"
    shape: ClassVar[Shape] = {"name": "Name", "tags": "Tags"}
    kept = frozenset({"namePrefix"})
    replace_on = frozenset({"name", "namePrefix"})
    named_by = "name"

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:
        client(session, "scheduler").create_schedule_group(Name=name, Tags=tags(args.get("Tags", {})))
        return name

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the group; one that is being deleted counts as gone."""
        scheduler = client(session, "scheduler")
        answer = found(scheduler.get_schedule_group, _GONE, Name=id_)
        if answer is None or answer["State"] == "DELETING":
            return None
        return {
            "name": id_,
            "arn": answer["Arn"],
            "state": answer["State"],
            "creationDate": answer["CreationDate"].isoformat(),
            "lastModificationDate": answer["LastModificationDate"].isoformat(),
            "region": session.region_name,
            **tag_outputs(scheduler.list_tags_for_resource(ResourceArn=answer["Arn"]).get("Tags", [])),
        }

    def _update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], args: dict[str, Any]) -> None:  # noqa: ARG002 - its ARN is
        scheduler, arn = client(session, "scheduler"), olds["arn"]
        retag(
            olds,
            args.get("Tags", {}),
            lambda changed: scheduler.tag_resource(ResourceArn=arn, Tags=tags(changed)),
            lambda gone: scheduler.untag_resource(ResourceArn=arn, TagKeys=gone),
        )

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:  # noqa: ARG002 - the id is enough
        """Delete the group with the schedules in it."""
        found(client(session, "scheduler").delete_schedule_group, _GONE, Name=id_)


CREATORS: tuple[Creator, ...] = (Schedule(), ScheduleGroup())
