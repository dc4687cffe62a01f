"""What a lake needs where Lake Formation decides about access: an account that is set up for it, a resource link."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components._ensure.administrators import Administrators
from components._ensure.registration import Registration
from components._names import Place

DEFAULT_CATALOG = "AwsDataCatalog"
"""Athena's name of an account's default catalog."""
LINK_NAME_MAX = 255
"""Glue's longest name of a database."""


def link_name(table_bucket_name: str, namespace: str) -> str:
    """Return the name of the resource link to a namespace, one per table bucket and namespace of a region."""
    return f"{table_bucket_name}_{namespace}".replace("-", "_").replace(".", "_")


def ensure_lake_formation(
    name: str, *, table_buckets: pulumi.Input[str], administrators: Sequence[str], place: Place, parent: pulumi.Resource
) -> list[pulumi.Resource]:
    """Ensure the account's data-lake administrators and the registration of its table buckets.

    Args:
        name: what the logical names begin with.
        table_buckets: ARN pattern of the account's table buckets in the region.
        administrators: ARNs of further administrators.
        place: account and region.
        parent: of every resource made here.

    Returns:
        What must be there before the catalog can be in Lake Formation mode.
    """
    ensured = Administrators(
        f"{name}-administrators",
        administrators=administrators,
        region=place.region,
        opts=pulumi.ResourceOptions(parent=parent),
    )
    # Registering, like granting, is an administrator's.
    registration = Registration(
        f"{name}-registration",
        resource_arn=table_buckets,
        account_id=place.account_id,
        region=place.region,
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[ensured]),
    )
    return [registration]


def resource_link(
    name: str,
    link: str,
    *,
    catalog_id: pulumi.Input[str],
    namespace: pulumi.Input[str],
    after: Sequence[pulumi.Resource],
    parent: pulumi.Resource,
) -> aws.glue.CatalogDatabase:
    """Make the link in the account's default catalog through which Athena sees the namespace.

    Args:
        name: its logical name.
        link: its name in Glue.
        catalog_id: of the catalog that has the namespace.
        namespace: what it leads to.
        after: what must be there before it.
        parent: its parent.
    """
    return aws.glue.CatalogDatabase(
        name,
        name=link,
        target_database={"catalog_id": catalog_id, "database_name": namespace},
        opts=pulumi.ResourceOptions(parent=parent, depends_on=list(after), delete_before_replace=True),
    )
