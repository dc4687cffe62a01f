"""Where the stack lives, and the names that AWS or Glue derive from that."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

S3_TABLES_CATALOG = "s3tablescatalog"
"""Fixed name of the catalog in which AWS's analytics services see all table buckets of an account and region."""


@dataclass(frozen=True)
class Place:
    """Account, region and partition that a component's provider acts in."""

    account_id: pulumi.Output[str]
    region: pulumi.Output[str]
    partition: pulumi.Output[str]

    def arn(self, service: str, *resource: pulumi.Input[str]) -> pulumi.Output[str]:
        """Return the ARN of a resource of this account and region."""
        return pulumi.Output.concat(
            "arn:", self.partition, ":", service, ":", self.region, ":", self.account_id, ":", *resource
        )


def place_of(component: pulumi.ComponentResource) -> Place:
    """Ask the component's provider where it acts."""
    opts = pulumi.InvokeOptions(parent=component)
    return Place(
        account_id=aws.get_caller_identity_output(opts=opts).account_id,
        region=aws.get_region_output(opts=opts).region,
        partition=aws.get_partition_output(opts=opts).partition,
    )


_CONSOLES = {"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}
"""Of the partitions that have a console of their own."""


def dashboard_url(place: Place, name: pulumi.Input[str]) -> pulumi.Output[str]:
    """Return the address of a CloudWatch dashboard in AWS's console."""
    console = place.partition.apply(lambda partition: _CONSOLES.get(partition, "console.aws.amazon.com"))
    return pulumi.Output.concat(
        "https://", place.region, ".", console, "/cloudwatch/home?region=", place.region, "#dashboards/dashboard/", name
    )
