"""Tenants and their users: signed up through Cognito, moved into their tenant by an administrator."""

import secrets
import string
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from tools.outputs import StackOutputs

SYMBOLS = "!#%+-_"


@dataclass(frozen=True)
class User:
    """Somebody who calls the API, with the ID token to do it."""

    tenant: str
    email: str
    id_token: str


@contextmanager
def signed_in(outputs: StackOutputs, tenants: Sequence[str], per_tenant: int, run_id: str) -> Iterator[list[User]]:
    """Make users of every tenant and sign them in; they are deleted at the end.

    A user signs up by itself where the pool allows it, else an administrator creates it. In both cases an administrator
    writes `custom:tenant_id`: the app client may not.

    Args:
        outputs: the stack.
        tenants: names of tenants.
        per_tenant: how many users each tenant gets.
        run_id: stands in every e-mail address, so that what a run left behind can be told.
    """
    cognito = outputs.session().client("cognito-idp")
    pool = cognito.describe_user_pool(UserPoolId=outputs.user_pool_id)["UserPool"]
    by_admin = pool.get("AdminCreateUserConfig", {}).get("AllowAdminCreateUserOnly", False)
    made: list[str] = []
    try:
        users = []
        for tenant in tenants:
            for number in range(1, per_tenant + 1):
                email, password = f"{run_id}-{tenant}-{number}@example.com", new_password()
                made.append(email)
                (_create if by_admin else _sign_up)(cognito, outputs, email, password)
                cognito.admin_update_user_attributes(
                    UserPoolId=outputs.user_pool_id,
                    Username=email,
                    UserAttributes=[{"Name": "custom:tenant_id", "Value": tenant}],
                )
                users.append(User(tenant, email, _id_token(cognito, outputs, email, password)))
        yield users
    finally:
        for email in made:
            _delete(cognito, outputs, email)


def _sign_up(cognito: Any, outputs: StackOutputs, email: str, password: str) -> None:
    try:
        cognito.sign_up(
            ClientId=outputs.user_pool_client_id,
            Username=email,
            Password=password,
            UserAttributes=[{"Name": "email", "Value": email}],
        )
    except ClientError as error:
        # Cognito's own e-mail sender has a small daily quota; the run does not need the message.
        if error.response["Error"]["Code"] not in {"LimitExceededException", "CodeDeliveryFailureException"}:
            raise
        _create(cognito, outputs, email, password)
        return
    # The address is nobody's: the code that a person would type is replaced by the administrator's word.
    cognito.admin_confirm_sign_up(UserPoolId=outputs.user_pool_id, Username=email)


def _create(cognito: Any, outputs: StackOutputs, email: str, password: str) -> None:
    cognito.admin_create_user(
        UserPoolId=outputs.user_pool_id,
        Username=email,
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}],
    )
    cognito.admin_set_user_password(UserPoolId=outputs.user_pool_id, Username=email, Password=password, Permanent=True)


def _id_token(cognito: Any, outputs: StackOutputs, email: str, password: str) -> str:
    answer = cognito.initiate_auth(
        ClientId=outputs.user_pool_client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": email, "PASSWORD": password},
    )
    token: str = answer["AuthenticationResult"]["IdToken"]
    return token


def _delete(cognito: Any, outputs: StackOutputs, email: str) -> None:
    with suppress(cognito.exceptions.UserNotFoundException):  # its sign-up failed
        cognito.admin_delete_user(UserPoolId=outputs.user_pool_id, Username=email)


def new_password() -> str:
    """Return a password that every class of a strict policy is found in; new each time."""
    body = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(20))
    return body + "".join(
        secrets.choice(group) for group in (string.ascii_lowercase, string.ascii_uppercase, string.digits, SYMBOLS)
    )
