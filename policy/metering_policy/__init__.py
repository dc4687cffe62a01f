"""What the metering program keeps, as policies that Pulumi holds every change against."""

from pulumi_policy import Policy

from metering_policy import account, gateway, logs, permissions, protection, public, streams, tenants, transport, trust

GROUPS: dict[str, tuple[Policy, ...]] = {
    module.__name__.rpartition(".")[2]: module.POLICIES
    for module in (public, transport, permissions, trust, tenants, streams, gateway, logs, protection, account)
}
"""The policies by the module that has them."""
POLICIES: tuple[Policy, ...] = tuple(policy for policies in GROUPS.values() for policy in policies)
"""Every policy of the pack."""

__all__ = ["GROUPS", "POLICIES"]
