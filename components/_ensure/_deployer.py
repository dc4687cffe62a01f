"""Who deploys, by the name that Lake Formation knows principals by."""

import re

from components._ensure._provider import Client

_SESSION = r"arn:[a-z-]+:sts::\d{12}:assumed-role/(?P<role>[^/]+)/.+"


def deployer_arn(sts: Client, iam: Client) -> str:
    """Return the ARN of the user, or of the role behind the session, that the clients act as.

    A session's ARN lacks the path of its role, so the role is asked for: it needs iam:GetRole.
    """
    caller = str(sts.get_caller_identity()["Arn"])
    session = re.fullmatch(_SESSION, caller)
    if session is None:
        return caller
    return str(iam.get_role(RoleName=session["role"])["Role"]["Arn"])
