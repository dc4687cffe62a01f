"""The tenants' users: a Cognito user pool, and the client through which they sign in."""

import pulumi
import pulumi_aws as aws

TENANT_ATTRIBUTE = "custom:tenant_id"


def user_pool(name: str, *, self_sign_up: bool, protect: bool, opts: pulumi.ResourceOptions) -> aws.cognito.UserPool:
    """Make the pool. Users sign in by e-mail, so that Cognito makes up the user names: the access log has them."""
    return aws.cognito.UserPool(
        name,
        username_attributes=["email"],
        username_configuration={"case_sensitive": False},
        auto_verified_attributes=["email"],
        user_attribute_update_settings={"attributes_require_verification_before_updates": ["email"]},
        account_recovery_setting={"recovery_mechanisms": [{"name": "verified_email", "priority": 1}]},
        admin_create_user_config={"allow_admin_create_user_only": not self_sign_up},
        password_policy={
            "minimum_length": 12,
            "require_lowercase": True,
            "require_numbers": True,
            "require_symbols": True,
            "require_uppercase": True,
            "temporary_password_validity_days": 7,
        },
        schemas=[
            {
                "name": TENANT_ATTRIBUTE.removeprefix("custom:"),
                "attribute_data_type": "String",
                "mutable": True,
                "required": False,
                "developer_only_attribute": False,
                "string_attribute_constraints": {"min_length": "1", "max_length": "128"},
            }
        ],
        deletion_protection="ACTIVE" if protect else "INACTIVE",
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(protect=protect)),
    )


def user_pool_client(
    name: str, *, pool_id: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> aws.cognito.UserPoolClient:
    """Make the client. Both attribute lists are explicit: left out, users could move to another tenant's bill."""
    return aws.cognito.UserPoolClient(
        name,
        user_pool_id=pool_id,
        generate_secret=False,
        # Passwords over TLS besides SRP: a command line and the smoke test have nothing but an AWS SDK.
        explicit_auth_flows=["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"],
        prevent_user_existence_errors="ENABLED",
        enable_token_revocation=True,
        access_token_validity=60,
        id_token_validity=60,
        refresh_token_validity=30,
        token_validity_units={"access_token": "minutes", "id_token": "minutes", "refresh_token": "days"},
        read_attributes=[TENANT_ATTRIBUTE, "email", "email_verified"],
        write_attributes=["email"],
        opts=opts,
    )
