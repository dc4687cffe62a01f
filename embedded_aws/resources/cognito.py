"""Cognito user pools and their clients."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import boto3

from embedded_aws.resources._aws import client, found, tag_outputs
from embedded_aws.resources._creator import Creator, Outputs
from embedded_aws.resources._shape import Shape, from_aws

_GONE = "ResourceNotFoundException"
_SCHEMA: Shape = {
    "name": "Name",
    "attributeDataType": "AttributeDataType",
    "developerOnlyAttribute": "DeveloperOnlyAttribute",
    "mutable": "Mutable",
    "required": "Required",
    "numberAttributeConstraints": ("NumberAttributeConstraints", {"minValue": "MinValue", "maxValue": "MaxValue"}),
    "stringAttributeConstraints": ("StringAttributeConstraints", {"minLength": "MinLength", "maxLength": "MaxLength"}),
}
_STANDARD = """
    sub name given_name family_name middle_name nickname preferred_username profile picture website email
    email_verified gender birthdate zoneinfo locale phone_number phone_number_verified address updated_at identities
"""
_STANDARD_ATTRIBUTES = frozenset(_STANDARD.split())


class UserPool(Creator):
    """`aws.cognito.UserPool`; its id is Cognito's."""

    pulumi_type = "aws:cognito/userPool:UserPool"
    shape: ClassVar[Shape] = {
        "name": "PoolName",
        "autoVerifiedAttributes": "AutoVerifiedAttributes",
        "aliasAttributes": "AliasAttributes",
        "usernameAttributes": "UsernameAttributes",
        "deletionProtection": "DeletionProtection",
        "mfaConfiguration": "MfaConfiguration",
        "userPoolTier": "UserPoolTier",
        "tags": "UserPoolTags",
        "schemas": ("Schema", _SCHEMA),
        "usernameConfiguration": ("UsernameConfiguration", {"caseSensitive": "CaseSensitive"}),
        "adminCreateUserConfig": ("AdminCreateUserConfig", {"allowAdminCreateUserOnly": "AllowAdminCreateUserOnly"}),
        "userAttributeUpdateSettings": (
            "UserAttributeUpdateSettings",
            {"attributesRequireVerificationBeforeUpdates": "AttributesRequireVerificationBeforeUpdate"},
        ),
        "accountRecoverySetting": (
            "AccountRecoverySetting",
            {"recoveryMechanisms": ("RecoveryMechanisms", {"name": "Name", "priority": "Priority"})},
        ),
        "passwordPolicy": (
            "Policies.PasswordPolicy",
            {
                "minimumLength": "MinimumLength",
                "requireLowercase": "RequireLowercase",
                "requireNumbers": "RequireNumbers",
                "requireSymbols": "RequireSymbols",
                "requireUppercase": "RequireUppercase",
                "temporaryPasswordValidityDays": "TemporaryPasswordValidityDays",
                "passwordHistorySize": "PasswordHistorySize",
            },
        ),
        "verificationMessageTemplate": (
            "VerificationMessageTemplate",
            {
                "defaultEmailOption": "DefaultEmailOption",
                "emailMessage": "EmailMessage",
                "emailSubject": "EmailSubject",
            },
        ),
    }
    replace_on = frozenset({"usernameAttributes", "aliasAttributes", "usernameConfiguration"})
    named_by = "name"

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:
        pool = client(session, "cognito-idp").create_user_pool(**args | {"PoolName": name})["UserPool"]
        return str(pool["Id"])

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the pool; `schemas` are those attributes that are no standard ones of Cognito's."""
        answer = found(client(session, "cognito-idp").describe_user_pool, _GONE, UserPoolId=id_)
        if answer is None:
            return None
        pool = answer["UserPool"]
        outputs = from_aws(self.shape, pool | {"Schema": None, "UserPoolTags": None, "PoolName": pool["Name"]})
        custom = [
            one | {"Name": one["Name"].removeprefix("custom:")}
            for one in pool.get("SchemaAttributes", [])
            if one["Name"] not in _STANDARD_ATTRIBUTES
        ]
        schemas = from_aws({"schemas": ("Schema", _SCHEMA)}, {"Schema": custom}) if custom else {}
        return {
            **outputs,
            **schemas,
            "arn": pool["Arn"],
            "endpoint": f"cognito-idp.{session.region_name}.amazonaws.com/{id_}",
            "creationDate": pool["CreationDate"].isoformat(),
            "estimatedNumberOfUsers": pool.get("EstimatedNumberOfUsers", 0),
            "region": session.region_name,
            **tag_outputs(pool.get("UserPoolTags")),
        }

    def _update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], args: dict[str, Any]) -> None:
        cognito = client(session, "cognito-idp")
        known = {schema["name"] for schema in olds.get("schemas", [])}
        if added := [one for one in args.get("Schema", []) if one["Name"] not in known]:
            cognito.add_custom_attributes(UserPoolId=id_, CustomAttributes=added)
        fixed = ("Schema", "UsernameAttributes", "AliasAttributes", "UsernameConfiguration")
        cognito.update_user_pool(
            **{key: value for key, value in args.items() if key not in fixed}
            | {"UserPoolId": id_, "PoolName": args.get("PoolName", olds["name"])}
        )

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:  # noqa: ARG002 - the id is enough
        """Delete the pool; Cognito refuses it while deletion protection is on."""
        found(client(session, "cognito-idp").delete_user_pool, _GONE, UserPoolId=id_)


class UserPoolClient(Creator):
    """`aws.cognito.UserPoolClient`; its id is the client id, so `read` has to look through the pools."""

    pulumi_type = "aws:cognito/userPoolClient:UserPoolClient"
    shape: ClassVar[Shape] = {
        "userPoolId": "UserPoolId",
        "name": "ClientName",
        "generateSecret": "GenerateSecret",
        "explicitAuthFlows": "ExplicitAuthFlows",
        "readAttributes": "ReadAttributes",
        "writeAttributes": "WriteAttributes",
        "accessTokenValidity": "AccessTokenValidity",
        "idTokenValidity": "IdTokenValidity",
        "refreshTokenValidity": "RefreshTokenValidity",
        "authSessionValidity": "AuthSessionValidity",
        "enableTokenRevocation": "EnableTokenRevocation",
        "preventUserExistenceErrors": "PreventUserExistenceErrors",
        "supportedIdentityProviders": "SupportedIdentityProviders",
        "tokenValidityUnits": (
            "TokenValidityUnits",
            {"accessToken": "AccessToken", "idToken": "IdToken", "refreshToken": "RefreshToken"},
        ),
    }
    kept = frozenset({"generateSecret"})
    replace_on = frozenset({"userPoolId", "generateSecret"})
    named_by = "name"
    secret_outputs = frozenset({"clientSecret"})

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:
        answer = client(session, "cognito-idp").create_user_pool_client(**args | {"ClientName": name})
        return str(answer["UserPoolClient"]["ClientId"])

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the client, whichever pool it is in."""
        cognito = client(session, "cognito-idp")
        for pool in _pools(cognito):
            answer = found(cognito.describe_user_pool_client, _GONE, UserPoolId=pool, ClientId=id_)
            if answer is not None:
                described = answer["UserPoolClient"]
                outputs = from_aws({key: aws for key, aws in self.shape.items() if key not in self.kept}, described)
                secret = {"clientSecret": described["ClientSecret"]} if described.get("ClientSecret") else {}
                return {**outputs, **secret, "region": session.region_name}
        return None

    def _update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], args: dict[str, Any]) -> None:
        parameters = {key: value for key, value in args.items() if key != "GenerateSecret"}
        client(session, "cognito-idp").update_user_pool_client(
            **{"ClientName": olds["name"]} | parameters | {"ClientId": id_}
        )

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:
        """Delete the client."""
        delete = client(session, "cognito-idp").delete_user_pool_client
        found(delete, _GONE, UserPoolId=outputs["userPoolId"], ClientId=id_)


def _pools(cognito: Any) -> Iterator[str]:
    for page in cognito.get_paginator("list_user_pools").paginate(MaxResults=60):
        for pool in page["UserPools"]:
            yield pool["Id"]


CREATORS: tuple[Creator, ...] = (UserPool(), UserPoolClient())
