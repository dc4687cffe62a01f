"""CloudWatch dashboards."""

from collections.abc import Mapping
from typing import Any, ClassVar

import boto3

from embedded_aws.resources._aws import client, found
from embedded_aws.resources._creator import Creator, Outputs, document
from embedded_aws.resources._shape import Shape

_GONE = ("ResourceNotFound", "DashboardNotFoundError")


class Dashboard(Creator):
    """`aws.cloudwatch.Dashboard`; its id is its name."""

    pulumi_type = "aws:cloudwatch/dashboard:Dashboard"
    shape: ClassVar[Shape] = {"dashboardName": "DashboardName", "dashboardBody": "DashboardBody"}
    replace_on = frozenset({"dashboardName"})
    named_by = "dashboardName"

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:
        body = document(args["DashboardBody"])
        client(session, "cloudwatch").put_dashboard(DashboardName=name, DashboardBody=body)
        return name

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the dashboard's body."""
        answer = found(client(session, "cloudwatch").get_dashboard, *_GONE, DashboardName=id_)
        if answer is None:
            return None
        return {
            "dashboardName": id_,
            "dashboardBody": document(answer["DashboardBody"]),
            "dashboardArn": answer["DashboardArn"],
            "region": session.region_name,
        }

    def _update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], args: dict[str, Any]) -> None:  # noqa: ARG002 - put whole
        self._create(session, id_, args)

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:  # noqa: ARG002 - the id is enough
        """Delete the dashboard."""
        found(client(session, "cloudwatch").delete_dashboards, *_GONE, DashboardNames=[id_])


CREATORS: tuple[Creator, ...] = (Dashboard(),)
