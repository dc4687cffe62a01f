import base64
import json
from collections import Counter

import pytest

from tools.people import User
from tools.traffic import Answer, Call, forge, plan


def _token(claims: dict[str, str]) -> str:
    part = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"header.{part}.signature"


def test_every_twenty_calls_have_each_kind() -> None:
    users = [User("acme", "a@example.com", _token({"custom:tenant_id": "acme"}))]
    calls = plan(users, 40, lambda user: f"expired-{user.tenant}")
    assert Counter(call.kind for call in calls) == {
        "good": 30,
        "bad parameter": 4,
        "no token": 2,
        "forged token": 2,
        "expired token": 2,
    }
    assert {(call.kind, call.expected_status, call.tenant) for call in calls} == {
        ("good", 200, "acme"),
        ("bad parameter", 400, "acme"),
        ("no token", 401, None),
        ("forged token", 401, None),
        ("expired token", 401, None),
    }
    assert {call.token for call in calls if call.kind == "expired token"} == {"expired-acme"}


def test_a_run_of_ten_has_every_kind() -> None:
    calls = plan([User("acme", "a", _token({}))], 10, lambda _user: "expired")
    assert {call.kind for call in calls} == {"good", "bad parameter", "no token", "forged token", "expired token"}


def test_no_expired_token_is_sent_where_none_can_be_had() -> None:
    users = [User("acme", "a@example.com", _token({}))]
    assert "expired token" not in {call.kind for call in plan(users, 100, None)}


def test_users_call_in_turn() -> None:
    users = [User(tenant, tenant, _token({})) for tenant in ("acme", "globex")]
    tokens = [call.tenant for call in plan(users, 20, None) if call.tenant]
    assert set(tokens) == {"acme", "globex"}


def test_a_forged_token_names_another_tenant_under_the_old_signature() -> None:
    header, payload, signature = forge(_token({"custom:tenant_id": "acme", "sub": "1"}), "globex").split(".")
    assert (header, signature) == ("header", "signature")
    assert json.loads(base64.urlsafe_b64decode(payload + "==")) == {"custom:tenant_id": "globex", "sub": "1"}


@pytest.mark.parametrize(
    ("expected", "status", "right"),
    [(200, 200, True), (200, 429, True), (401, 429, True), (401, 200, False), (200, 401, False), (200, None, False)],
)
def test_a_refusal_by_the_throttle_is_no_surprise_and_all_else_is(
    expected: int, status: int | None, right: bool
) -> None:
    answer = Answer(Call("kind", "/", None, expected, None), "id=", status)
    assert answer.as_it_should_be is right
