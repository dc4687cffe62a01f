"""Users who choose whose bill their requests are on, or their names in the log."""

from tests.policy.breaking import Break, add, change
from tests.policy.wire import made_up

WRITABLE = "tenant-not-writable"
ATTRIBUTE = "tenant-attribute-kept"
NAMES = "user-names-made-up"

BREAKS = (
    Break(
        WRITABLE,
        "users write their tenant",
        change("api-client", writeAttributes=["email", "custom:tenant_id"]),
        "api-client",
        "`writeAttributes` must not have 'custom:tenant_id', got ['email', 'custom:tenant_id']",
    ),
    Break(
        WRITABLE,
        "users write everything",
        change("api-client", writeAttributes=None),
        "api-client",
        "`writeAttributes` must be listed: left out, users write every attribute, 'custom:tenant_id' included",
    ),
    Break(
        WRITABLE,
        "a second client",
        add(made_up("aws:cognito/managedUserPoolClient:ManagedUserPoolClient", namePrefix="x")),
        "made-up",
        "`writeAttributes` must be listed: left out, users write every attribute, 'custom:tenant_id' included",
    ),
    Break(
        ATTRIBUTE,
        "no tenants",
        change("api-users", schemas=[]),
        "api-users",
        "`schemas` must have the attribute 'tenant_id', by which requests are billed, got none",
    ),
    Break(
        ATTRIBUTE,
        "a tenant for life",
        change("api-users", schemas__0__mutable=False),
        "api-users",
        "the attribute 'tenant_id' must be mutable, or nobody can assign a user, got False",
    ),
    Break(
        ATTRIBUTE,
        "a tenant chosen at sign-up",
        change("api-users", schemas__0__required=True),
        "api-users",
        "the attribute 'tenant_id' must not be required: users would choose it when they sign up, got True",
    ),
    Break(
        ATTRIBUTE,
        "a number for a tenant",
        change("api-users", schemas__0__attributeDataType="Number"),
        "api-users",
        "the attribute 'tenant_id' must be a 'String', got 'Number'",
    ),
    Break(
        NAMES,
        "names that users choose",
        change("api-users", usernameAttributes=None),
        "api-users",
        "`usernameAttributes` must be of ['email', 'phone_number']: access logs have user names, got []",
    ),
)
