"""A deployed program with two tenants, a month that is billed and one that is under way, for the portal to show."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import urllib3
from rich.console import Console

from billing.store import AccountItem
from embedded_aws import iceberg
from tests.browser.chromium_kit import Browser
from tests.browser.page_kit import Changing, Page
from tools.operator import Operator
from tools.outputs import StackOutputs

PASSWORD = "Correct-Horse-7"
CUSTOMER = {
    "legal_name": "Blue Harbour GmbH",
    "email": "accounts@blue-harbour.example",
    "address": ["Elbchaussee 12", "22765 Hamburg", "Germany"],
    "tax_id": "DE123456789",
    "tax_rate": "19",
}
ROUTES = (("GET", "/v1/documents"), ("GET", "/v1/documents"), ("GET", "/v1/search"), ("POST", "/v1/documents"))
MODELS = (("large", 61_250), ("small", 108_400), ("embedding", 14_800))
WEEK = (64, 71, 68, 77, 62, 22, 17)
"""Requests from Monday to Sunday."""

Open = Callable[..., Page]


@dataclass
class Shop:
    """What the portal is looked at with.

    Attributes:
        outputs: of the stack.
        year: whose April is billed and whose May is under way.
    """

    outputs: StackOutputs
    year: int
    tenant: str = "blue-harbour"
    other: str = "red-anchor"
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        """The moment at which the portal is looked at."""
        return datetime(self.year, 5, 23, 14, 5, tzinfo=UTC)

    def email(self, tenant: str) -> str:
        return f"ada@{tenant}.example"

    def get(self, path: str, accept: str = "application/json", tenant: str | None = None) -> bytes:
        """Ask the API as a user of a tenant."""
        asked = tenant or self.tenant
        self.tokens[asked] = self.tokens.get(asked) or self.id_token(asked)
        headers = {"Authorization": self.tokens[asked], "Accept": accept}
        answer = urllib3.request("GET", f"{self.outputs.rest_api_url}/{path}", headers=headers)
        assert answer.status == 200, (answer.status, answer.data)
        return bytes(answer.data)

    def json(self, path: str, tenant: str | None = None) -> Any:
        return json.loads(self.get(path, tenant=tenant))

    def id_token(self, tenant: str) -> str:
        answer = self._cognito.initiate_auth(
            ClientId=self.outputs.user_pool_client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": self.email(tenant), "PASSWORD": PASSWORD},
        )
        return str(answer["AuthenticationResult"]["IdToken"])

    def user(self, email: str, tenant: str, *, temporary: bool = False) -> None:
        """Make a user, who has to choose another password at the first sign-in if this one is temporary."""
        pool = {"UserPoolId": self.outputs.user_pool_id, "Username": email}
        attributes = {"email": email, "email_verified": "true", "custom:tenant_id": tenant}
        self._cognito.admin_create_user(
            **pool,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
        )
        self._cognito.admin_set_user_password(**pool, Password=PASSWORD, Permanent=not temporary)

    @property
    def _cognito(self) -> Any:
        return self.outputs.session().client("cognito-idp")

    def open(self) -> None:
        """Bring users, accounts and usage in; bill April and sum up May so far, in one run."""
        operator = Operator(self.outputs, Console(quiet=True), Path())
        start = date(self.year, 4, 1)
        for tenant in (self.tenant, self.other):
            self.user(self.email(tenant), tenant)
            account = {"customer": CUSTOMER, "subscriptions": [{"plan": "team", "start": str(start), "end": None}]}
            operator.stack.parts.store.put_account(AccountItem(tenant, account, 0), f"{start}T00:00:00Z")
        self._append(self.outputs.table_name, list(self._requests(start)))
        self._append(self.outputs.usage_events_table_name, list(self._tokens(start)))
        operator.embedded.set_clock(self.now)
        operator.bill(self.now.replace(minute=0))  # which ends with the rollup

    def _append(self, table: str, rows: list[dict[str, Any]]) -> None:
        name = iceberg.TableName(self.outputs.table_bucket_arn, self.outputs.namespace, table)
        loaded = iceberg.load(name)
        loaded.append(pa.Table.from_pylist(rows, schema=loaded.schema().as_arrow()))

    def _days(self, start: date) -> Iterator[datetime]:
        day = datetime(start.year, start.month, start.day, 9, tzinfo=UTC)
        while day < self.now:
            yield day
            day += timedelta(days=1)

    def _requests(self, start: date) -> Iterator[dict[str, Any]]:
        for day in self._days(start):
            for number in range(WEEK[day.weekday()] + day.day % 5):
                method, path = ROUTES[number % len(ROUTES)]
                key = f"portal-{day:%Y%m%d}-{number}"
                yield {
                    "extended_request_id": key,
                    "request_id": key,
                    "request_time": day + timedelta(minutes=number),
                    "ingested_at": day + timedelta(minutes=number + 1),
                    "tenant_id": self.tenant if number else self.other,
                    "user": f"user-{number % 7}",
                    "http_method": method,
                    "resource_path": path,
                    "status": 200,
                    "response_length": 48_213 + 911 * number,
                    "billable": True,
                }

    def _tokens(self, start: date) -> Iterator[dict[str, Any]]:
        for day in self._days(start):
            for model, tokens in MODELS:
                used = tokens * WEEK[day.weekday()] // WEEK[0] + day.day
                yield {
                    "tenant_id": self.tenant,
                    "source": "/assistant",
                    "id": f"{day:%Y%m%d}-{model}",
                    "type": "com.example.tokens",
                    "time": day,
                    "ingested_at": day + timedelta(seconds=2),
                    "data": json.dumps({"model": model, "value": used}, separators=(",", ":")),
                }


@pytest.fixture
def visit(browser: Browser, shop: Shop) -> Iterator[Open]:
    """Open the portal in a new tab; in the end all tabs have kept to their origin and have nothing to complain of."""
    pages: list[Page] = []

    def opened(changing: Changing | None = None, at: str = "") -> Page:
        page = Page(browser, changing=changing)
        pages.append(page)
        page.size(1280)
        page.open(shop.outputs.portal_url + at)
        page.wait_for("E-mail address")
        return page

    yield opened
    origin = shop.outputs.rest_api_url.split("/_aws")[0]
    for page in pages:
        page.close()
        asked = {sent.url.removeprefix("blob:") for sent in page.sent}
        assert {url for url in asked if not url.startswith(f"{origin}/")} == set()
        assert page.complaints == []


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    page.type(email, "#username")
    page.type(password, "#password")
    page.press("Enter")


def signed_in(visit: Open, shop: Shop, at: str = "", **given: Any) -> Page:
    page = visit(at=at, **given)
    sign_in(page, shop.email(shop.tenant))
    page.wait("document.querySelector('#title')")
    return page
