"""A session in the operator's role, which lasts as long as a command does."""

import re
from typing import Any

import boto3
import botocore.session
from botocore.credentials import CredentialProvider, CredentialResolver, RefreshableCredentials

from embedded_aws.session import EmbeddedSession
from tools.outputs import StackOutputs

_LONGEST_NAME = 64
_NOT_IN_A_NAME = re.compile(r"[^\w+=,.@-]", re.ASCII)


def assumed_session(outputs: StackOutputs, caller: str) -> Any:
    """Return a boto3 session that acts in the operator's role.

    A role's credentials hold for an hour, so on AWS they are had anew as often as that takes.

    Args:
        outputs: of the stack; its role is assumed.
        caller: ARN of who asks: its last part names the role's session, so that AWS's own trail names them, too.
    """
    sts: Any = outputs.session().client("sts")
    name = session_name(caller)
    if outputs.endpoint_url:
        keys = _keys(sts, outputs.operator_role_arn, name)
        return EmbeddedSession(
            outputs.endpoint_url,
            region=outputs.region,
            access_key=keys["access_key"],
            secret_key=keys["secret_key"],
            token=keys["token"],
        )
    inner = botocore.session.Session()
    inner.set_config_variable("region", outputs.region)
    inner.register_component(
        "credential_provider", CredentialResolver([_Assumed(lambda: _keys(sts, outputs.operator_role_arn, name))])
    )
    return boto3.Session(botocore_session=inner, region_name=outputs.region)


def session_name(caller: str) -> str:
    """Return the name of a role's session for a caller, such as `alice` for a user of that name."""
    name = _NOT_IN_A_NAME.sub("-", caller.rsplit("/", 1)[-1].rsplit(":", 1)[-1])
    return name[:_LONGEST_NAME].ljust(2, "-")


class _Assumed(CredentialProvider):  # type: ignore[misc] # botocore carries no types
    METHOD = "operator-role"

    def __init__(self, fetch: Any) -> None:
        super().__init__()
        self._fetch = fetch

    def load(self) -> Any:
        return RefreshableCredentials.create_from_metadata(self._fetch(), self._fetch, self.METHOD)


def _keys(sts: Any, role: str, name: str) -> dict[str, str]:
    found = sts.assume_role(RoleArn=role, RoleSessionName=name)["Credentials"]
    expires = found["Expiration"]
    return {
        "access_key": found["AccessKeyId"],
        "secret_key": found["SecretAccessKey"],
        "token": found["SessionToken"],
        "expiry_time": expires if isinstance(expires, str) else expires.isoformat(),
    }
