"""No caller reaches another tenant's data, whatever the route, the token, the parameter, the key or the header.

All routes that the stage serves are swept: one without a case fails the test. Each answer is searched for the marks of
the tenants' data, and each request's row for whose it is.
"""

import base64
import hmac
import json
import socket
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from botocore.exceptions import ClientError

from embedded_aws.cognito.expired_token import expire
from embedded_aws.server import EmbeddedAws
from tests.embedded.gateway_kit import Pool
from tests.embedded.security_kit import Answer, Headers, Tenant, event, make_tenant, rewritten, send, sign_in
from tools.lake import Lake
from tools.outputs import StackOutputs

BATCH = ("Content-Type", "application/cloudevents-batch+json")
MONTH = "period=2025-03"


@dataclass(frozen=True)
class Case:
    """How a route is asked for what a tenant has; `places` fill the path."""

    query: str = ""
    is_open: bool = False
    """Whether anybody may ask."""
    shows: bool = True
    """Whether a tenant's own data are in the answer."""


CASES = {
    "GET /random/strings": Case(shows=False),
    "POST /events": Case(shows=False),
    "GET /usage": Case(f"?{MONTH}"),
    "GET /invoices": Case(),
    "GET /invoices/{number}": Case(),
    "GET /invoices/{number}/lines/{line}": Case(),
    "GET /invoices/{number}/lines/{line}/rows": Case(),
    "GET /portal": Case(is_open=True, shows=False),
}
PROTECTED = [route for route, case in CASES.items() if not case.is_open]
SHOWING = [route for route, case in CASES.items() if case.shows]
OF_A_NUMBER = [route for route in CASES if "{number}" in route]


@dataclass
class World:
    """Two tenants before the API, the second an attacker; and every request that was not the first's own."""

    outputs: StackOutputs
    victim: Tenant
    attacker: Tenant
    sent: list[Answer] = field(default_factory=list)

    def ask(
        self,
        route: str,
        token: str | None,
        *,
        of: Tenant,
        query: str | None = None,
        headers: Headers = (),
        **places: str,
    ) -> Answer:
        """Ask for what a tenant has."""
        method, path = route.split(" ")
        filled = {"number": of.number, "line": str(of.calls_line), **places}
        for name, value in filled.items():
            path = path.replace(f"{{{name}}}", value)
        body = json.dumps([event(f"{of.mark}-{uuid.uuid4()}")]).encode() if method == "POST" else None
        given = [*headers, *([] if token is None else [("Authorization", token)]), *([BATCH] if body else [])]
        asked = CASES[route].query if query is None else query
        answer = send(f"{self.outputs.rest_api_url}{path}{asked}", method, given, body)
        if token != self.victim.token:
            self.sent.append(answer)
        return answer

    def shown(self, answer: Answer) -> bytes:
        """Give all that an answer leads to: itself, and the file behind a link in it."""
        if answer.status == 200 and b'"url"' in answer.body:
            return answer.body + send(answer.json()["url"]).body
        return answer.body + json.dumps(dict(answer.headers)).encode()

    def sees_nothing(self, answer: Answer) -> bool:
        shown = self.shown(answer)
        return self.victim.mark.encode() not in shown and self.victim.number.encode() not in shown


@pytest.fixture(scope="module")
def world(outputs: StackOutputs) -> Iterator[World]:
    name = uuid.uuid4().hex[:8]
    return World(
        outputs,
        make_tenant(outputs, f"{name}", f"INV-2025-{int(name[:4], 16):06}"),
        make_tenant(outputs, f"{name}#INVOICE", f"INV-2025-{int(name[:4], 16) + 100_000:06}"),
    )


def test_every_route_of_the_stage_has_a_case(outputs: StackOutputs) -> None:
    gateway: Any = outputs.session().client("apigateway")
    api = {"restApiId": outputs.rest_api_url.split("/")[-2]}
    resources = gateway.get_resources(**api, limit=500)["items"]
    routes = {(method, one["path"]) for one in resources for method in one.get("resourceMethods", {})}
    assert {f"{method} {path}" for method, path in routes} == set(CASES)
    for method, path in routes:
        [place] = [one["id"] for one in resources if one["path"] == path]
        kind = gateway.get_method(**api, resourceId=place, httpMethod=method)["authorizationType"]
        assert (kind == "NONE") == CASES[f"{method} {path}"].is_open, path


@pytest.mark.parametrize("route", SHOWING)
def test_each_tenant_sees_its_own_and_so_the_marks_would_be_seen(world: World, route: str) -> None:
    for own, other in ((world.victim, world.attacker), (world.attacker, world.victim)):
        shown = world.shown(world.ask(route, own.token, of=own))
        # The list has numbers, no marks.
        assert (own.mark.encode() in shown, own.number.encode() in shown) != (False, False)
        assert other.mark.encode() not in shown
        assert other.number.encode() not in shown


def hs256(token: str, key: bytes) -> str:
    """Sign a token as if its header meant a shared secret: a checker that trusts the header takes the public key."""
    unsigned = rewritten(token, {"alg": "HS256"}, {}, "").rstrip(".")
    mac = hmac.digest(key, unsigned.encode(), sha256)
    return f"{unsigned}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def other_pools(aws: EmbeddedAws, tenant: str) -> dict[str, str]:
    pool = Pool(aws)
    return dict(pool.tokens(pool.sign_up(tenant=tenant)))


def test_no_other_token_is_the_victims(aws: EmbeddedAws, outputs: StackOutputs, world: World) -> None:
    own, theirs = world.attacker.token, world.victim.token
    claimed = {"custom:tenant_id": world.victim.id}
    elsewhere = other_pools(aws, world.victim.id)["IdToken"]
    issuer = json.loads(base64.urlsafe_b64decode(theirs.split(".")[1] + "=="))["iss"]
    keys = send(f"{aws.url}/{outputs.user_pool_id}/.well-known/jwks.json").body
    tokens = {
        "none": None,
        "empty": "",
        "no token": "let me in",
        "claims changed": rewritten(own, {}, claimed),
        "unsigned": rewritten(theirs, {"alg": "none"}, {}, ""),
        "unsigned, claims changed": rewritten(own, {"alg": "none"}, claimed, ""),
        "public key as a secret": hs256(rewritten(own, {}, claimed), keys),
        "another key": rewritten(theirs, {"kid": "../../dev/null"}, {}),
        "another pool": elsewhere,
        "another pool under the name of ours": rewritten(elsewhere, {}, {"iss": issuer}),
        "access token": world.victim.tokens["AccessToken"],
        "access token said to be another": rewritten(world.victim.tokens["AccessToken"], {}, {"token_use": "id"}),
        "refresh token": world.victim.tokens["RefreshToken"],
        "expired": expire(theirs),
        "cut": theirs[:-6],
        "two in one": f"{own},{theirs[:-6]}",
    }
    for route in PROTECTED:
        for name, token in tokens.items():
            answer = world.ask(route, token, of=world.victim)
            assert (answer.status, world.sees_nothing(answer)) == (401, True), (route, name)
    for route in SHOWING:
        in_query = world.ask(route, None, of=world.victim, query=f"?Authorization={theirs}&access_token={theirs}")
        assert in_query.status == 401


CLAIMS = ("custom:tenant_id", "tenant_id", "sub")


def smuggled(victim: str) -> list[tuple[str, str]]:
    """Return headers in which somebody might look for a tenant."""
    names = (
        *("X-Tenant-Id", "X-Tenant", "Tenant-Id", "tenantid", "tenant_id", "custom-tenant_id", "CE-TenantId"),
        *("X-Amzn-Claims", "X-Amz-Cognito-Claims", "X-Forwarded-User", "X-Remote-User", "X-Original-User"),
        *("requestContext", "claims", "authorizer", "sub"),
    )
    context = json.dumps({"authorizer": {"claims": {"custom:tenant_id": victim}}})
    return [*((name, victim) for name in names), ("X-Amz-Request-Context", context), ("authorizer-claims", context)]


def test_a_tenant_in_header_or_query_is_nobodys(world: World) -> None:
    victim, attacker = world.victim, world.attacker
    for route in SHOWING:
        own = world.ask(route, attacker.token, of=attacker)
        headers = smuggled(victim.id)
        answer = world.ask(route, attacker.token, of=attacker, headers=headers)
        assert (answer.status, world.sees_nothing(answer)) == (200, True), route
        if b'"url"' not in own.body:
            assert answer.body == own.body
        for name in CLAIMS:
            for query in (f"?{MONTH}&{name}={victim.id}", f"?{name}={victim.id}&{name}=x"):
                asked = world.ask(route, attacker.token, of=attacker, query=query)
                assert asked.status in {200, 400}, (route, query)
                assert world.victim.mark.encode() not in world.shown(asked), (route, query)


def test_a_second_authorization_header_makes_nobody_the_victim(world: World) -> None:
    forged = rewritten(world.victim.token, {"alg": "none"}, {}, "")
    for route in PROTECTED:
        for headers in ([("Authorization", forged)], [("authorization", forged), ("AUTHORIZATION", forged)]):
            answer = world.ask(route, world.attacker.token, of=world.victim, headers=headers)
            assert answer.status in {200, 202, 400, 401, 404}
            assert world.sees_nothing(answer), (route, answer.status)


def test_another_tenants_number_is_as_unknown_as_any(world: World) -> None:
    theirs, key = world.victim.number, f"INVOICE#{world.victim.number}"
    stem = f"final/period=2025-03/tenant={world.victim.id}/{theirs}"
    spelt = {
        *(theirs, theirs.lower(), f"{theirs}%00", f"%20{theirs}", f"{theirs}%0A", f"{theirs}.json", f"{theirs}%2F"),
        *(quote(text, safe="") for text in (key, f"../{world.victim.id}/{theirs}", stem, f"TENANT#{world.victim.id}")),
        *(quote(quote(text, safe=""), safe="") for text in (theirs + "/", stem, key)),
        *(
            f"..%2f..%2fTENANT%23{world.victim.id}%2f{theirs}",
            f"{theirs}%c0%af",
            "%2e%2e",
            "*",
            "%25",
            theirs[:-1] + "*",
        ),
        *(f"{theirs};tenant={world.victim.id}", quote(f"' OR tenant_id = '{world.victim.id}' --", safe="")),
    }
    for route in OF_A_NUMBER:
        unknown = world.ask(route, world.attacker.token, of=world.victim, number="INV-2025-999999")
        for number in spelt:
            answer = world.ask(route, world.attacker.token, of=world.victim, number=number)
            assert answer.status in {400, 403, 404}, (route, number)
            assert world.victim.mark.encode() not in world.shown(answer), (route, number)
            if number == theirs:
                assert (answer.status, answer.body) == (unknown.status, unknown.body)


def test_a_line_that_is_none_leads_nowhere(world: World) -> None:
    for route in OF_A_NUMBER[1:]:
        for line in ("0", "-1", "99999", "1%20OR%201=1", quote("1) UNION SELECT *", safe=""), "1%00", "%2e%2e", "1.0"):
            answer = world.ask(route, world.attacker.token, of=world.attacker, line=line)
            assert (answer.status, world.sees_nothing(answer)) == (404, True), (route, line)


def test_another_tenants_cursor_is_refused(world: World) -> None:
    own = world.ask("GET /invoices", world.attacker.token, of=world.attacker, query=f"?next={world.attacker.cursor}")
    assert own.json() == {"invoices": [], "next": None}
    theirs = world.ask("GET /invoices", world.attacker.token, of=world.attacker, query=f"?next={world.victim.cursor}")
    assert theirs.status == 400
    made_up = base64.urlsafe_b64encode(json.dumps([world.victim.id, "2999-01-01", "INV-2999-000001"]).encode())
    for cursor in (made_up.decode(), world.victim.id, "%00", "A" * 5000, f"TENANT%23{world.victim.id}"):
        answer = world.ask("GET /invoices", world.attacker.token, of=world.attacker, query=f"?next={cursor}")
        assert (answer.status, world.victim.mark.encode() in answer.body) == (400, False)


def test_a_signed_link_leads_to_its_own_file_alone(world: World) -> None:
    route = "GET /invoices/{number}/lines/{line}/rows"
    own, theirs = (
        urlsplit(world.ask(route, one.token, of=one).json()["url"]) for one in (world.attacker, world.victim)
    )
    base = f"{own.scheme}://{own.netloc}"
    bucket = own.path.split("/")[1]
    for changed in (
        f"{base}{theirs.path}?{own.query}",
        f"{base}{own.path}/..{theirs.path}?{own.query}",
        f"{base}/{bucket}/?list-type=2&{own.query}",
        f"{base}{own.path}?{own.query.replace('X-Amz-Expires=900', 'X-Amz-Expires=604800')}",
        f"{base}{theirs.path}",
    ):
        answer = send(changed)
        assert answer.status in {400, 403}, changed
        assert world.victim.mark.encode() not in answer.body


@pytest.mark.parametrize("name", ["", "/", "%2F", "#", " ", "\u200b", "TENANT#", "#INVOICE#INV-2025-000001", "*", "."])
def test_a_tenant_whose_name_begins_or_looks_alike_has_nothing_of_the_victims(world: World, name: str) -> None:
    alike = f"{world.victim.id}{name}" if name else world.victim.id.upper() + "X"
    tokens = sign_in(world.outputs, alike)
    for route in SHOWING:
        answer = world.ask(route, tokens["IdToken"], of=world.victim)
        assert answer.status in {200, 404}, route
        assert world.victim.mark.encode() not in world.shown(answer), route
        assert world.victim.number.encode() not in answer.body, route


def test_events_are_the_tokens_tenants_whatever_they_say(world: World, aws: EmbeddedAws) -> None:
    victim, attacker, key = world.victim.id, world.attacker, uuid.uuid4().hex
    claims = {"requestContext": {"authorizer": {"claims": {"custom:tenant_id": victim}}}}
    events = [
        event(f"{key}-1", tenantid=victim),
        event(f"{key}-2", data={"tenant_id": victim, "tenantid": victim, **claims}),
        event(f"{key}-3", subject=victim, tenant=victim),
        event(f"{key}-4", source=f"/tenants/{victim}"),
    ]
    url = f"{world.outputs.rest_api_url}/events"
    given: Headers = [("Authorization", attacker.token), BATCH, *smuggled(victim)]
    assert send(url, "POST", given, json.dumps(events).encode()).status == 202
    twice = json.dumps([event(f"{key}-5", tenantid="x")]).replace('"x"', f'"x","tenantid":"{victim}"')
    cased = json.dumps([event(f"{key}-6", tenantId=victim), event(f"{key}-7", tenant_id=victim)])
    for refused in (twice, cased):
        assert send(url, "POST", given, refused.encode()).status == 400
    for binary in ([("ce-tenantid", victim), ("ce-id", f"{key}-8"), ("ce-specversion", "1.0"), ("ce-source", "/s")],):
        others = [("Authorization", attacker.token), ("Content-Type", "application/json"), *binary]
        assert send(url, "POST", others, b"{}").status == 415
    aws.firehose.flush()
    table = f'"{world.outputs.athena_catalog}"."{world.outputs.namespace}"."{world.outputs.usage_events_table_name}"'
    rows = Lake(world.outputs).query(
        f"SELECT tenant_id, id FROM {table} WHERE id LIKE '{key}%' OR tenant_id = '{victim}' ORDER BY id"  # noqa: S608
    )
    assert rows == [{"tenant_id": attacker.id, "id": f"{key}-{number}"} for number in (1, 2, 3, 4)]


def test_a_user_cannot_write_its_own_tenant(world: World) -> None:
    cognito: Any = world.outputs.session().client("cognito-idp")
    chosen = [{"Name": "custom:tenant_id", "Value": world.victim.id}]
    email = f"{uuid.uuid4().hex}@example.com"
    sign_up = {"ClientId": world.outputs.user_pool_client_id, "Username": email, "Password": "Correct-Horse-7"}
    with pytest.raises(ClientError, match="NotAuthorized"):
        cognito.sign_up(**sign_up, UserAttributes=[{"Name": "email", "Value": email}, *chosen])
    with pytest.raises(ClientError, match="NotAuthorized"):
        cognito.update_user_attributes(AccessToken=world.attacker.tokens["AccessToken"], UserAttributes=chosen)
    nobody = sign_in(world.outputs, None)
    for route in SHOWING:
        answer = world.ask(route, nobody["IdToken"], of=world.victim)
        assert (answer.status in {200, 404}, world.victim.mark.encode() in world.shown(answer)) == (True, False)


def test_a_body_with_two_lengths_hides_no_second_request(world: World, aws: EmbeddedAws) -> None:
    parts = urlsplit(world.outputs.rest_api_url)
    key = uuid.uuid4().hex
    hidden_body = json.dumps([event(key)])
    hidden = (
        f"POST {parts.path}/events HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: {BATCH[1]}\r\n"
        f"Authorization: {world.victim.token}\r\nContent-Length: {len(hidden_body)}\r\n\r\n{hidden_body}"
    )
    for lengths in (
        f"Content-Length: {len(hidden) + 5}\r\nTransfer-Encoding: chunked\r\n",
        f"Transfer-Encoding: chunked\r\nContent-Length: {len(hidden) + 5}\r\n",
        "Content-Length: 0\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n",
    ):
        text = (
            f"GET {parts.path}/invoices HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: {world.attacker.token}\r\n"
            f"Connection: close\r\n{lengths}\r\n0\r\n\r\n{hidden}"
        )
        answers = _raw(str(parts.hostname), int(parts.port or 0), text.encode())
        assert answers.count(b"HTTP/1.1 ") == 1, lengths
        assert world.victim.mark.encode() not in answers
    aws.firehose.flush()
    table = f'"{world.outputs.athena_catalog}"."{world.outputs.namespace}"."{world.outputs.usage_events_table_name}"'
    assert Lake(world.outputs).query(f"SELECT id FROM {table} WHERE id = '{key}'") == []  # noqa: S608 - our own


def _raw(host: str, port: int, sent: bytes) -> bytes:
    """Send bytes, and give all that comes back until the connection ends."""
    found = b""
    with socket.create_connection((host, port), timeout=10) as connection:
        connection.sendall(sent)
        connection.settimeout(2)
        try:
            while part := connection.recv(65536):
                found += part
        except TimeoutError:
            pass
    return found


def test_no_request_of_the_attackers_is_on_the_victims_bill(world: World, aws: EmbeddedAws) -> None:
    theirs = {one.id for one in world.sent if one.id}
    assert len(theirs) > 100
    aws.firehose.flush()
    listed = ", ".join(f"'{one}'" for one in sorted(theirs))
    rows = Lake(world.outputs).query(
        f"SELECT DISTINCT tenant_id FROM {world.outputs.table} WHERE extended_request_id IN ({listed})"  # noqa: S608
    )
    found = {row["tenant_id"] for row in rows}
    assert {None, world.attacker.id} < found
    assert world.victim.id not in found
