"""A DynamoDB table of items with two keys, guarded against loss."""

import pulumi
import pulumi_aws as aws


def items_table(
    name: str, keys: tuple[str, str], *, protect: bool, opts: pulumi.ResourceOptions, ttl: str | None = None
) -> aws.dynamodb.Table:
    """Make the table, with point-in-time recovery.

    Args:
        name: logical name; the physical one is left to Pulumi.
        keys: names of hash key and range key, both texts.
        protect: whether the table refuses deletion, in Pulumi and in AWS.
        opts: options of the table.
        ttl: attribute with the time after which DynamoDB removes an item; nothing is ever removed if absent.
    """
    hash_key, range_key = keys
    return aws.dynamodb.Table(
        name,
        # A month's end asks a hundred times of what the days before it do: nobody plans capacity for that.
        billing_mode="PAY_PER_REQUEST",
        hash_key=hash_key,
        range_key=range_key,
        attributes=[{"name": key, "type": "S"} for key in keys],
        ttl={"enabled": True, "attribute_name": ttl} if ttl else None,
        point_in_time_recovery={"enabled": True},
        deletion_protection_enabled=protect,
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(protect=protect)),
    )
