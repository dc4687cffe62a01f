"""What makes Lambda functions run by themselves: event source mappings and asynchronous invocation."""

import time
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import boto3

from embedded_aws.resources._aws import client, found, retag, tag_outputs
from embedded_aws.resources._creator import Creator, Outputs
from embedded_aws.resources._shape import Shape, from_aws

_GONE = "ResourceNotFoundException"
_SETTLED = ("Enabled", "Disabled")
_WAIT_SECONDS = 60
_DESTINATION: Shape = {"destination": "Destination"}


class EventSourceMapping(Creator):
    """`aws.lambda_.EventSourceMapping` of a queue; its id is its UUID, its `functionName` reads as an ARN."""

    pulumi_type = "aws:lambda/eventSourceMapping:EventSourceMapping"
    shape: ClassVar[Shape] = {
        "eventSourceArn": "EventSourceArn",
        "functionName": "FunctionName",
        "enabled": "Enabled",
        "batchSize": "BatchSize",
        "maximumBatchingWindowInSeconds": "MaximumBatchingWindowInSeconds",
        "functionResponseTypes": "FunctionResponseTypes",
        "scalingConfig": ("ScalingConfig", {"maximumConcurrency": "MaximumConcurrency"}),
        "filterCriteria": ("FilterCriteria", {"filters": ("Filters", {"pattern": "Pattern"})}),
        "tags": "Tags",
    }
    replace_on = frozenset({"eventSourceArn"})

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:  # noqa: ARG002 - has no name
        functions = client(session, "lambda")
        id_ = str(functions.create_event_source_mapping(**args)["UUID"])
        _wait(id_, lambda: functions.get_event_source_mapping(UUID=id_)["State"] in _SETTLED)
        return id_

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the mapping; one that is being deleted counts as gone."""
        functions = client(session, "lambda")
        answer = found(functions.get_event_source_mapping, _GONE, UUID=id_)
        if answer is None or answer["State"] == "Deleting":
            return None
        arn = answer["EventSourceMappingArn"]
        read = {key: value for key, value in from_aws(self.shape, answer).items() if value != []}
        return {
            **read,
            "functionName": answer["FunctionArn"],
            "functionArn": answer["FunctionArn"],
            "enabled": answer["State"] in ("Enabled", "Enabling"),
            "state": answer["State"],
            "stateTransitionReason": answer["StateTransitionReason"],
            "lastModified": answer["LastModified"].isoformat(),
            "uuid": id_,
            "arn": arn,
            "region": session.region_name,
            **tag_outputs(functions.list_tags(Resource=arn).get("Tags")),
        }

    def _update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], args: dict[str, Any]) -> None:
        functions = client(session, "lambda")
        # What was taken out of the program goes back to Lambda's default.
        functions.update_event_source_mapping(
            **{"Enabled": True, "BatchSize": 10, "MaximumBatchingWindowInSeconds": 0, "FunctionResponseTypes": []}
            | {"ScalingConfig": {}, "FilterCriteria": {}}
            | {key: value for key, value in args.items() if key not in ("EventSourceArn", "Tags")}
            | {"UUID": id_}
        )
        _wait(id_, lambda: functions.get_event_source_mapping(UUID=id_)["State"] in _SETTLED)
        retag(
            olds,
            args.get("Tags", {}),
            lambda changed: functions.tag_resource(Resource=olds["arn"], Tags=changed),
            lambda gone: functions.untag_resource(Resource=olds["arn"], TagKeys=gone),
        )

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:  # noqa: ARG002 - the id is enough
        """Delete the mapping, and wait until it no longer takes messages."""
        functions = client(session, "lambda")
        found(functions.delete_event_source_mapping, _GONE, UUID=id_)
        _wait(id_, lambda: found(functions.get_event_source_mapping, _GONE, UUID=id_) is None)


class FunctionEventInvokeConfig(Creator):
    """`aws.lambda_.FunctionEventInvokeConfig`; its id is `<function>[:<qualifier>]`, the function as it was given."""

    pulumi_type = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
    shape: ClassVar[Shape] = {
        "functionName": "FunctionName",
        "qualifier": "Qualifier",
        "maximumRetryAttempts": "MaximumRetryAttempts",
        "maximumEventAgeInSeconds": "MaximumEventAgeInSeconds",
        "destinationConfig": (
            "DestinationConfig",
            {"onFailure": ("OnFailure", _DESTINATION), "onSuccess": ("OnSuccess", _DESTINATION)},
        ),
    }
    replace_on = frozenset({"functionName", "qualifier"})

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:  # noqa: ARG002 - has no name
        # Putting it whole takes away what is left out.
        client(session, "lambda").put_function_event_invoke_config(**args)
        return f"{args['FunctionName']}{':' + args['Qualifier'] if 'Qualifier' in args else ''}"

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give retries and destinations."""
        answer = found(client(session, "lambda").get_function_event_invoke_config, _GONE, **_whose(id_))
        if answer is None:
            return None
        whose = from_aws({key: self.shape[key] for key in ("functionName", "qualifier")}, _whose(id_))
        return {**from_aws(self.shape, answer), **whose, "region": session.region_name}

    def _update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], args: dict[str, Any]) -> None:  # noqa: ARG002 - put whole
        self._create(session, id_, args)

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:  # noqa: ARG002 - the id is enough
        """Give the function, its version or alias, back Lambda's defaults."""
        found(client(session, "lambda").delete_function_event_invoke_config, _GONE, **_whose(id_))


def _whose(id_: str) -> dict[str, str]:
    """Split an id into function and qualifier; a function given by its ARN has six colons of its own."""
    *parts, last = id_.split(":")
    qualified = len(parts) == (7 if id_.startswith("arn:") else 1)
    return {"FunctionName": ":".join(parts), "Qualifier": last} if qualified else {"FunctionName": id_}


def _wait(id_: str, reached: Callable[[], bool]) -> None:
    end = time.monotonic() + _WAIT_SECONDS
    while not reached():
        if time.monotonic() >= end:
            raise TimeoutError(f"the event source mapping {id_} is still changing after {_WAIT_SECONDS} s")
        time.sleep(0.05)


CREATORS: tuple[Creator, ...] = (EventSourceMapping(), FunctionEventInvokeConfig())
