"""The run's tenants: customers on the catalog's plans, each with some users who sign in anew whenever it is time."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from billing import accounts
from rating.account import Account, Customer, Subscription
from tools.billing.stack import BillingStack
from tools.chaos.clients import Caller
from tools.people import new_password

USERS_PER_TENANT = 3
_PLANS = ("team", "pay-as-you-go", "enterprise", "team-eu")


@dataclass(frozen=True)
class _User:
    tenant: str
    number: int
    email: str
    password: str


class Tenants:
    """The tenants of a run.

    Args:
        stack: whose customers they become.
        count: how many.
    """

    def __init__(self, stack: BillingStack, count: int) -> None:
        self._stack = stack
        self._cognito: Any = stack.outputs.session().client("cognito-idp")
        self.names = [f"tenant-{number:02d}" for number in range(1, count + 1)]
        self._users: list[_User] = []

    def add(self, at: datetime, start: date) -> None:
        """Make them customers, with a plan of the catalog from a day on, and make their users.

        Args:
            at: the time.
            start: the first day of their plans.
        """
        plans = [plan for plan in _PLANS if plan in self._stack.catalog.plans] or sorted(self._stack.catalog.plans)
        for index, name in enumerate(self.names):
            subscription = Subscription(plans[index % len(plans)], start)
            customer = Customer(f"{name} Ltd", f"billing@{name}.example", ("1 Example Road",), None, "US", Decimal(10))
            accounts.create(self._stack.store, Account(name, customer, (subscription,)), at)
            self._users += [self._user(name, number) for number in range(USERS_PER_TENANT)]

    def callers(self) -> list[Caller]:
        """Sign all users in; their tokens are good for an hour of real time."""
        return [Caller(user.tenant, user.number, self._token(user)) for user in self._users]

    def _user(self, tenant: str, number: int) -> _User:
        user = _User(tenant, number, f"{tenant}-{number}@example.com", new_password())
        pool = self._stack.outputs.user_pool_id
        self._cognito.admin_create_user(
            UserPoolId=pool,
            Username=user.email,
            MessageAction="SUPPRESS",
            UserAttributes=[
                {"Name": "email", "Value": user.email},
                {"Name": "email_verified", "Value": "true"},
                {"Name": "custom:tenant_id", "Value": tenant},
            ],
        )
        self._cognito.admin_set_user_password(
            UserPoolId=pool, Username=user.email, Password=user.password, Permanent=True
        )
        return user

    def _token(self, user: _User) -> str:
        answer = self._cognito.initiate_auth(
            ClientId=self._stack.outputs.user_pool_client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": user.email, "PASSWORD": user.password},
        )
        token: str = answer["AuthenticationResult"]["IdToken"]
        return token
