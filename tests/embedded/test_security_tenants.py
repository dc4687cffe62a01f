"""No caller reaches another tenant's data, whatever the route, the token, the parameter or the key.

All routes that the stage serves are swept: one without a case fails the test. Each answer is searched for the marks of
the tenants' data, and each request's row for whose it is.
"""

import base64
import hmac
import json
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from embedded_aws.cognito.expired_token import expire
from embedded_aws.server import EmbeddedAws
from tests.embedded.attack_kit import CASES, OF_A_NUMBER, PROTECTED, SHOWING, World, world_of
from tests.embedded.gateway_kit import Pool
from tests.embedded.security_kit import rewritten, send, sign_in
from tools.outputs import StackOutputs


@pytest.fixture(scope="module")
def world(outputs: StackOutputs) -> World:
    return world_of(outputs)


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


def test_no_request_of_the_attackers_is_on_the_victims_bill(world: World, aws: EmbeddedAws) -> None:
    assert len(world.sent) > 100
    world.check_bills(aws)
