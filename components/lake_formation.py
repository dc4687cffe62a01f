"""What grants on a lake's tables name, where Lake Formation decides about access."""

from typing import TypedDict

import pulumi


class LakeFormationArgs(TypedDict):
    """Where grants are made: outputs of `StorageLake`, known when what they are about is there."""

    catalog_id: pulumi.Input[str]
    """Glue's id of the catalog that has the tables, `<account>:s3tablescatalog/<bucket>`."""
    namespace: pulumi.Input[str]
    """Database of the tables in that catalog."""
    link_name: pulumi.Input[str]
    """Name of the resource link to that database, in the account's default catalog."""
