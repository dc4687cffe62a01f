"""What whoever shows customers their usage and bills must know of billing."""

from typing import TypedDict

import pulumi


class ShownBillingArgs(TypedDict):
    """Billing to show: outputs of `UsageBilling`, as its `to_show` returns them."""

    invoices_table_name: pulumi.Input[str]
    """Name of the table of bills, invoices and runs."""
    invoices_table_arn: pulumi.Input[str]
    """ARN of that table."""
    invoice_bucket_name: pulumi.Input[str]
    """Name of the bucket of invoices."""
    invoice_bucket_arn: pulumi.Input[str]
    """ARN of that bucket."""
    usage_table_name: pulumi.Input[str]
    """Name of the table of each tenant's usage so far."""
    usage_table_arn: pulumi.Input[str]
    """ARN of that table."""
