"""What whoever appends to a table of a lake must know of it."""

from typing import NotRequired, TypedDict

import pulumi

from components.lake_formation import LakeFormationArgs


class AppendedTableArgs(TypedDict):
    """A table to append to: outputs of `StorageLake`, as its `to_append` returns them."""

    catalog_arn: pulumi.Input[str]
    """ARN of the Glue catalog that has the table."""
    database_name: pulumi.Input[str]
    """Database of the table in that catalog."""
    table_name: pulumi.Input[str]
    """Name of the table; the stream is made when the name is known, so hand on one that waits for the table."""
    table_arn: pulumi.Input[str]
    """ARN of the table."""
    table_bucket_arn: pulumi.Input[str]
    """ARN of the table bucket that has the table."""
    lake_formation: NotRequired[LakeFormationArgs]
    """Where a role that appends needs grants; absent where policies alone decide."""
