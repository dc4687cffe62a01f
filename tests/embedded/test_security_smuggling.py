"""A tenant that is named in a header, a query, a body, an attribute or a second request is nobody's."""

import json
import socket
import uuid
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from embedded_aws.server import EmbeddedAws
from tests.embedded.attack_kit import BATCH, MONTH, PROTECTED, SHOWING, World, world_of
from tests.embedded.security_kit import Headers, event, rewritten, send, sign_in
from tools.lake import Lake
from tools.outputs import StackOutputs


@pytest.fixture(scope="module")
def world(outputs: StackOutputs) -> World:
    return world_of(outputs)


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


def test_no_smuggled_request_is_on_the_victims_bill(world: World, aws: EmbeddedAws) -> None:
    assert len(world.sent) > 50
    world.check_bills(aws)
