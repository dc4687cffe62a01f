"""What GitHub Actions needs in an AWS account to deliver stacks there: identities, roles, states, a key."""

from delivery_roles.oidc_provider import GitHubIdentities
from delivery_roles.settings import Settings, read_settings
from delivery_roles.stack_roles import StackRoles
from delivery_roles.storage import DeliveryStorage

__all__ = ["DeliveryStorage", "GitHubIdentities", "Settings", "StackRoles", "read_settings"]
