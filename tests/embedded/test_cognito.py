import re
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.server import EmbeddedAws
from tests.embedded.gateway_api import Api
from tests.embedded.gateway_kit import PASSWORD, Pool, claims, client, request, unique

UNAUTHORIZED = "A client attempted to write unauthorized attribute"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def refused(call: Any, **arguments: Any) -> tuple[str, str]:
    """The error code and message of a call that must fail."""
    with pytest.raises(ClientError) as error:
        call(**arguments)
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


def attribute(name: str, value: str) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value}]


def test_a_user_cannot_choose_a_tenant_at_sign_up(aws: EmbeddedAws) -> None:
    pool = Pool(aws)
    name = f"{unique('user')}@example.com"
    sign_up = {"ClientId": pool.client, "Username": name, "Password": PASSWORD}
    tenant = attribute("custom:tenant_id", "theirs")
    assert refused(pool.idp.sign_up, **sign_up, UserAttributes=tenant) == ("NotAuthorizedException", UNAUTHORIZED)
    pool.idp.sign_up(**sign_up, UserAttributes=attribute("email", name))


def test_a_user_cannot_choose_a_tenant_later(aws: EmbeddedAws) -> None:
    pool = Pool(aws)
    name = pool.sign_up(tenant="acme")
    access = pool.tokens(name)["AccessToken"]
    for change in ("custom:tenant_id", "name", "email_verified"):
        assert refused(pool.idp.update_user_attributes, AccessToken=access, UserAttributes=attribute(change, "x")) == (
            "NotAuthorizedException",
            UNAUTHORIZED,
        )
    assert claims(pool.tokens(name)["IdToken"])["custom:tenant_id"] == "acme"


def test_without_a_list_a_user_can_choose_a_tenant(aws: EmbeddedAws) -> None:
    pool = Pool(aws, client_settings={"WriteAttributes": None})
    name = pool.sign_up(custom__tenant_id="theirs")
    assert claims(pool.tokens(name)["IdToken"])["custom:tenant_id"] == "theirs"
    access = pool.tokens(name)["AccessToken"]
    pool.idp.update_user_attributes(AccessToken=access, UserAttributes=attribute("custom:tenant_id", "other"))
    assert claims(pool.tokens(name)["IdToken"])["custom:tenant_id"] == "other"


@pytest.mark.parametrize("listed", [None, ["email"]], ids=["no list", "list without it"])
def test_an_attribute_that_the_client_may_not_read_is_not_in_the_token(
    aws: EmbeddedAws, listed: list[str] | None
) -> None:
    pool = Pool(aws, client_settings={"ReadAttributes": listed})
    tokens = pool.tokens(pool.sign_up(tenant="acme"))
    assert "custom:tenant_id" not in claims(tokens["IdToken"])
    assert "email" in claims(tokens["IdToken"])
    user = pool.idp.get_user(AccessToken=tokens["AccessToken"])
    assert "custom:tenant_id" not in {one["Name"] for one in user["UserAttributes"]}


def test_a_refreshed_token_keeps_to_the_list(aws: EmbeddedAws) -> None:
    pool = Pool(aws, client_settings={"ReadAttributes": ["email"]})
    tokens = pool.tokens(pool.sign_up(tenant="acme"))
    fresh = pool.idp.initiate_auth(
        ClientId=pool.client,
        AuthFlow="REFRESH_TOKEN_AUTH",
        AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"]},
    )["AuthenticationResult"]
    assert "custom:tenant_id" not in claims(fresh["IdToken"])


def test_an_administrator_writes_any_attribute_of_the_schema(aws: EmbeddedAws) -> None:
    pool = Pool(aws)
    name = f"{unique('user')}@example.com"
    pool.idp.admin_create_user(UserPoolId=pool.id, Username=name, UserAttributes=attribute("custom:tenant_id", "acme"))
    change = {"UserPoolId": pool.id, "Username": name, "UserAttributes": attribute("custom:other", "x")}
    code, message = refused(pool.idp.admin_update_user_attributes, **change)
    assert code == "InvalidParameterException"
    assert "custom:other: Attribute does not exist in the schema." in message


@pytest.mark.parametrize(
    ("lists", "which"),
    [
        pytest.param({"ReadAttributes": ["custom:other"]}, "read", id="read unknown"),
        pytest.param({"WriteAttributes": ["custom:other"]}, "write", id="write unknown"),
        pytest.param({"WriteAttributes": ["email_verified"]}, "write", id="write what Cognito sets"),
    ],
)
def test_a_clients_lists_are_checked(aws: EmbeddedAws, lists: dict[str, list[str]], which: str) -> None:
    pool = Pool(aws)
    code, message = refused(pool.idp.create_user_pool_client, UserPoolId=pool.id, ClientName="c", **lists)
    assert (code, message) == (
        "InvalidParameterException",
        f"Invalid {which} attributes specified while creating a client",
    )


def test_sign_up_is_refused_where_administrators_create_users(aws: EmbeddedAws) -> None:
    pool = Pool(aws, pool_settings={"AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True}})
    sign_up = {"ClientId": pool.client, "Username": "a@example.com", "Password": PASSWORD}
    assert refused(pool.idp.sign_up, **sign_up) == (
        "NotAuthorizedException",
        "SignUp is not permitted for this user pool",
    )


def test_the_code_is_123456_and_no_other(aws: EmbeddedAws) -> None:
    pool = Pool(aws)
    name = f"{unique('user')}@example.com"
    pool.idp.sign_up(ClientId=pool.client, Username=name, Password=PASSWORD)
    confirm = {"ClientId": pool.client, "Username": name}
    assert refused(pool.idp.confirm_sign_up, **confirm, ConfirmationCode="654321")[0] == "CodeMismatchException"
    pool.idp.confirm_sign_up(**confirm, ConfirmationCode="123456")
    assert claims(pool.tokens(name)["IdToken"])["email"] == name


def test_the_user_name_is_a_uuid_where_users_sign_in_by_email(aws: EmbeddedAws) -> None:
    pool = Pool(aws)
    token = claims(pool.tokens(pool.sign_up())["IdToken"])
    assert UUID.fullmatch(token["cognito:username"])
    assert token["cognito:username"] == token["sub"]


def test_a_chosen_name_with_quotes_and_commas_stays_one_value_and_no_tenant(aws: EmbeddedAws) -> None:
    pool = Pool(aws, by_email=False)
    api = Api(aws, pool=pool)
    name = 'eve","tenant":"acme","x":"\\ \u00e9'
    answer = api.get(token=pool.tokens(pool.sign_up(name))["IdToken"])
    assert answer.body["authorizer"]["claims"]["cognito:username"] == name
    line = next(one for one in api.log_lines() if one["extendedRequestId"] == answer.headers["x-amz-apigw-id"])
    assert (line["user"], line["tenant"], line["status"]) == (name, "-", "200")


def test_an_expired_token_is_the_same_but_older(aws: EmbeddedAws) -> None:
    pool = Pool(aws)
    token = pool.tokens(pool.sign_up())["IdToken"]
    answer = request(
        f"{aws.url}/_embedded/cognito/expired-token", method="POST", data=f'{{"IdToken": "{token}"}}'.encode()
    )
    assert answer.status == 200
    before, after = claims(token), claims(answer.body["IdToken"])
    assert 59 <= time.time() - after["exp"] <= 70
    assert after["exp"] - after["iat"] == before["exp"] - before["iat"]
    assert {key: value for key, value in after.items() if key not in ("exp", "iat", "auth_time")} == {
        key: value for key, value in before.items() if key not in ("exp", "iat", "auth_time")
    }


@pytest.mark.parametrize("kind", ["access token", "forged", "no token", "no JSON"])
def test_only_a_true_id_token_is_expired(aws: EmbeddedAws, kind: str) -> None:
    pool = Pool(aws)
    tokens = pool.tokens(pool.sign_up())
    sent = {
        "access token": f'{{"IdToken": "{tokens["AccessToken"]}"}}',
        "forged": f'{{"IdToken": "{tokens["IdToken"][:-8]}AAAAAAAA"}}',
        "no token": "{}",
        "no JSON": "x",
    }[kind]
    answer = request(f"{aws.url}/_embedded/cognito/expired-token", method="POST", data=sent.encode())
    assert answer.status == 400
    assert set(answer.body) == {"message"}


def test_a_pool_that_is_gone_authorizes_nobody(aws: EmbeddedAws) -> None:
    api = Api(aws)
    token = api.pool.tokens(api.pool.sign_up())["IdToken"]
    assert api.get(token=token).status == 200
    client(aws, "cognito-idp").delete_user_pool(UserPoolId=api.pool.id)
    assert api.get(token=token).status == 401
