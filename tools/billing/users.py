"""A tenant's users in Cognito, made by an administrator."""

from typing import Any

from tools.outputs import StackOutputs

TENANT_ATTRIBUTE = "custom:tenant_id"


class OtherTenantError(ValueError):
    """The address is a user of another tenant; one user belongs to one."""


def ensure_user(outputs: StackOutputs, tenant: str, email: str, *, invite: bool) -> bool:
    """Create a tenant's user, unless it is there.

    Cognito sends the invitation with a first password, which the user changes at the first sign-in.

    Args:
        outputs: the stack.
        tenant: whose user; written into `custom:tenant_id`, which no user can write.
        email: signs in with it.
        invite: whether Cognito sends the invitation; without, the user asks for a new password.

    Returns:
        Whether it was created now.

    Raises:
        OtherTenantError: the address is taken by a user of another tenant, or of none.
    """
    cognito: Any = outputs.session().client("cognito-idp")
    attributes = {"email": email, "email_verified": "true", TENANT_ATTRIBUTE: tenant}
    try:
        cognito.admin_create_user(
            UserPoolId=outputs.user_pool_id,
            Username=email,
            UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
            **({"DesiredDeliveryMediums": ["EMAIL"]} if invite else {"MessageAction": "SUPPRESS"}),
        )
    except cognito.exceptions.UsernameExistsException:
        found = cognito.admin_get_user(UserPoolId=outputs.user_pool_id, Username=email)["UserAttributes"]
        theirs = {entry["Name"]: entry["Value"] for entry in found}.get(TENANT_ATTRIBUTE)
        if theirs != tenant:
            raise OtherTenantError(f"user {email}: must be of tenant {tenant!r}, is of {theirs!r}") from None
        return False
    return True
