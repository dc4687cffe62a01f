"""Tenants with an invoice, usage and rows, each with a mark in it; and requests as an attacker sends them."""

import base64
import http.client
import json
import uuid
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa

from billing.records import InvoiceRecord
from billing.rollup_store import UsageItem, UsageItems
from customer.pages import place_of, token_after
from embedded_aws import iceberg
from invoicing.document import draft_document, finalized
from invoicing.keys import catalog_key, final_stem
from rating.account import Customer, Subscription
from rating.bill import rate_bill
from rating.period import Period
from rating.terms import segments_of
from tools.billing.stack import BillingStack
from tools.outputs import StackOutputs
from tools.people import new_password
from usage.evidence import Evidence

PERIOD = Period(2025, 3)
"""A month that nobody bills."""
ISSUED, MOMENT = date(2025, 4, 4), "2025-04-04T06:00:00Z"


@dataclass(frozen=True)
class Tenant:
    """A tenant with an invoice, usage and rows.

    Attributes:
        mark: stands in each of them, and nowhere else.
        calls_line, cursor: the place of the line of API calls in the invoice, and the token of the page after it.
    """

    id: str
    mark: str
    number: str
    calls_line: int
    cursor: str
    tokens: Mapping[str, str]

    @property
    def token(self) -> str:
        return self.tokens["IdToken"]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """The gateway's own id of the request."""
        return self.headers.get("x-amz-apigw-id", "")

    def json(self) -> Any:
        return json.loads(self.body)


Headers = Sequence[tuple[str, str]]


def send(url: str, method: str = "GET", headers: Headers = (), body: bytes | None = None) -> Answer:
    """Send a request as it is: nothing of its path is normalized, and a header may be there twice."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)
    try:
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        if body is not None and not any(name.lower() == "content-length" for name, _ in headers):
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
    finally:
        connection.close()


def sign_in(outputs: StackOutputs, tenant_id: str | None) -> Mapping[str, str]:
    """Give the tokens of a new user of a tenant, or of one who belongs to none."""
    cognito: Any = outputs.session().client("cognito-idp")
    email, password = f"{uuid.uuid4().hex}@example.com", new_password()
    attributes = {"email": email, **({} if tenant_id is None else {"custom:tenant_id": tenant_id})}
    cognito.admin_create_user(
        UserPoolId=outputs.user_pool_id,
        Username=email,
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
    )
    cognito.admin_set_user_password(UserPoolId=outputs.user_pool_id, Username=email, Password=password, Permanent=True)
    found = cognito.initiate_auth(
        ClientId=outputs.user_pool_client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": email, "PASSWORD": password},
    )
    tokens: Mapping[str, str] = found["AuthenticationResult"]
    return tokens


def make_tenant(outputs: StackOutputs, tenant_id: str, number: str) -> Tenant:
    """Give a tenant an invoice, an item of usage, rows, and a user."""
    mark = f"mark{uuid.uuid4().hex}"
    stack = BillingStack(outputs)
    parts, catalog = stack.parts, stack.catalog
    parts.documents.write_once(catalog_key(catalog.digest), catalog.raw)
    segments = segments_of(catalog, [Subscription("team", PERIOD.first_day)], PERIOD)
    draft = draft_document(
        tenant_id=tenant_id,
        period=PERIOD,
        revision=1,
        customer=Customer(mark, f"{mark}@example.com", ("2 Street",), None, None, None, reverse_charge=False),
        seller={"legal_name": "Seller Ltd", "address": ["1 Road"], "tax_id": None, "email": None},
        bill=rate_bill(catalog, PERIOD, segments, {}),
        adjustments=[],
        evidence=Evidence.total([]).to_json(),
        cutoff=datetime.fromisoformat(MOMENT),
        reconciliation="not reconciled",
        catalog_digest=catalog.digest,
        payment_terms_days=14,
        query_ids=[],
    )
    document = finalized({**draft, "tax": {"rate": "0", "reverse_charge": False}}, number, ISSUED)
    stem = final_stem(PERIOD, tenant_id, number)
    retained = datetime.now(UTC).replace(year=datetime.now(UTC).year + 1, day=1)
    parts.documents.write_final(stem, document, lock_mode="GOVERNANCE", retain_until=retained)
    told = ("finalized", MOMENT, document["currency"], document["total"], stem, str(ISSUED))
    parts.store.invoices.put(InvoiceRecord(tenant_id, number, PERIOD, 1, *told).to_item())
    body = zlib.compress(json.dumps({"as_of": MOMENT, "meters": [{"meter": "api_calls", "plan": mark}]}).encode())
    items = UsageItems(outputs.session().client("dynamodb"), outputs.usage_table_name)
    items.put(UsageItem(tenant_id, PERIOD, MOMENT, MOMENT, [], body))
    _append_row(outputs, tenant_id, mark)
    places = {line["meter"]: place for place, line in enumerate(document["lines"], start=1)}
    cursor = token_after(tenant_id, place_of(str(ISSUED), number))
    return Tenant(tenant_id, mark, number, places["api_calls"], cursor, sign_in(outputs, tenant_id))


def _append_row(outputs: StackOutputs, tenant_id: str, mark: str) -> None:
    time = datetime(PERIOD.year, PERIOD.month, 7, 12, tzinfo=UTC)
    row = {"extended_request_id": mark, "request_id": mark, "request_time": time, "ingested_at": time}
    row |= {"tenant_id": tenant_id, "user": mark, "status": 200, "billable": True}
    table = iceberg.load(iceberg.TableName(outputs.table_bucket_arn, outputs.namespace, outputs.table_name))
    table.append(pa.Table.from_pylist([row], schema=table.schema().as_arrow()))


def event(id: str, **members: Any) -> dict[str, Any]:  # noqa: A002 - CloudEvents' name
    """Return a usage event of now."""
    whole = {"specversion": "1.0", "id": id, "source": "/security", "type": "com.example.usage"}
    return {**whole, **members}


def rewritten(token: str, header: Mapping[str, Any], claims: Mapping[str, Any], signature: str | None = None) -> str:
    """Return a token with other words in its header and its claims, and its own signature if no other is given."""
    parts = token.split(".")
    made = [_encoded({**_decoded(part), **change}) for part, change in zip(parts, (header, claims), strict=False)]
    return ".".join([*made, parts[2] if signature is None else signature])


def _decoded(part: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return value


def _encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
