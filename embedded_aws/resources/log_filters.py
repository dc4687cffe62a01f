"""Metric filters of CloudWatch log groups."""

from collections.abc import Mapping
from typing import Any, ClassVar

import boto3

from embedded_aws.resources._aws import client, found
from embedded_aws.resources._creator import Creator, Outputs
from embedded_aws.resources._shape import Shape, from_aws

_GONE = "ResourceNotFoundException"
_TRANSFORMATION: Shape = {
    "name": "metricName",
    "namespace": "metricNamespace",
    "value": "metricValue",
    "defaultValue": "defaultValue",
    "dimensions": "dimensions",
    "unit": "unit",
}


class LogMetricFilter(Creator):
    """`aws.cloudwatch.LogMetricFilter`; its id is `<group>:<filter>`, as pulumi-aws imports it."""

    pulumi_type = "aws:cloudwatch/logMetricFilter:LogMetricFilter"
    shape: ClassVar[Shape] = {
        "name": "filterName",
        "logGroupName": "logGroupName",
        "pattern": "filterPattern",
        "metricTransformation": ("metricTransformations", _TRANSFORMATION),
    }
    replace_on = frozenset({"name", "logGroupName"})
    named_by = "name"

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:
        transformation = dict(args["metricTransformations"])
        if "defaultValue" in transformation:  # Pulumi has it as text
            transformation["defaultValue"] = float(transformation["defaultValue"])
        given = args | {"filterName": name, "metricTransformations": [transformation]}
        client(session, "logs").put_metric_filter(**given)
        return f"{args['logGroupName']}:{name}"

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the filter with its one transformation."""
        group, name = id_.split(":")
        describe = client(session, "logs").describe_metric_filters
        answer = found(describe, _GONE, logGroupName=group, filterNamePrefix=name)
        filters = answer["metricFilters"] if answer else []
        described = next((one for one in filters if one["filterName"] == name), None)
        if described is None:
            return None
        transformation = from_aws(_TRANSFORMATION, described["metricTransformations"][0])
        if "defaultValue" in transformation:
            transformation["defaultValue"] = f"{transformation['defaultValue']:g}"
        read = from_aws({key: key_ for key, key_ in self.shape.items() if isinstance(key_, str)}, described)
        return {**read, "metricTransformation": transformation, "region": session.region_name}

    def _update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], args: dict[str, Any]) -> None:  # noqa: ARG002 - put whole
        self._create(session, id_.split(":")[1], args)

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:  # noqa: ARG002 - the id is enough
        """Delete the filter."""
        group, name = id_.split(":")
        found(client(session, "logs").delete_metric_filter, _GONE, logGroupName=group, filterName=name)


CREATORS: tuple[Creator, ...] = (LogMetricFilter(),)
