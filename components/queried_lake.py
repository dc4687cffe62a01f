"""What whoever queries a lake must know of it."""

from typing import NotRequired, TypedDict

import pulumi

from components.lake_formation import LakeFormationArgs

RESULTS_PREFIX = "results/"
"""Where a workgroup writes the results of its queries in their bucket."""


class QueriedLakeArgs(TypedDict):
    """A lake to query: outputs of `StorageLake`, as its `to_query` returns them."""

    athena_catalog: pulumi.Input[str]
    """Athena's name of the catalog that queries name."""
    database_name: pulumi.Input[str]
    """Database that queries name: the namespace, or the resource link to it where Lake Formation decides."""
    catalog_arn: pulumi.Input[str]
    """Glue's ARN of the catalog that has the tables."""
    namespace: pulumi.Input[str]
    """Database of the tables in that catalog."""
    link_name: pulumi.Input[str]
    """Name that the resource link to the namespace has, or would have, in the account's default catalog."""
    table_names: dict[str, pulumi.Input[str]]
    """Name of each table by its role."""
    table_arns: pulumi.Input[dict[str, str]]
    """ARN of each table by its role."""
    table_bucket_arn: pulumi.Input[str]
    """ARN of the table bucket that has the tables."""
    athena_workgroup: pulumi.Input[str]
    """Name of the workgroup to query in."""
    athena_workgroup_arn: pulumi.Input[str]
    """ARN of that workgroup."""
    results_bucket_arn: pulumi.Input[str]
    """ARN of the bucket that the workgroup writes results to."""
    lake_formation: NotRequired[LakeFormationArgs]
    """Where a role that queries needs grants; absent where policies alone decide."""
