"""User names of Cognito: one user each, and letter case as the pool says."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.server import EmbeddedAws
from tests.embedded.gateway_kit import PASSWORD, Pool, claims, unique

INSENSITIVE = {"UsernameConfiguration": {"CaseSensitive": False}}


def _sign_up(pool: Pool, name: str) -> str:
    attributes = [{"Name": "email", "Value": name}]
    try:
        pool.idp.sign_up(ClientId=pool.client, Username=name, Password=PASSWORD, UserAttributes=attributes)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "made"


def _token(pool: Pool, name: str) -> dict[str, Any]:
    answer = pool.idp.initiate_auth(
        ClientId=pool.client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD},
    )
    found: dict[str, Any] = claims(answer["AuthenticationResult"]["IdToken"])
    return found


def test_of_many_who_sign_up_at_once_by_one_name_one_gets_it(aws: EmbeddedAws) -> None:
    pool = Pool(aws)
    for _ in range(5):
        name = f"{unique('user')}@example.com"
        with ThreadPoolExecutor(8) as executor:
            answers = Counter(executor.map(lambda name: _sign_up(pool, name), [name] * 8))
        assert answers == {"made": 1, "UsernameExistsException": 7}


def test_case_does_not_tell_users_apart_where_the_pool_says_so(aws: EmbeddedAws) -> None:
    pool = Pool(aws, pool_settings=INSENSITIVE)
    name = f"{unique('User')}@Example.com"
    assert _sign_up(pool, name) == "made"
    assert _sign_up(pool, name.lower()) == "UsernameExistsException"
    pool.idp.admin_confirm_sign_up(UserPoolId=pool.id, Username=name.upper())
    assert _token(pool, name.lower())["sub"] == _token(pool, name)["sub"]
    assert _token(pool, name.upper())["email"] == name


def test_an_administrator_makes_no_second_user_in_another_case(aws: EmbeddedAws) -> None:
    pool = Pool(aws, pool_settings=INSENSITIVE)
    name = f"{unique('user')}@example.com"
    assert _sign_up(pool, name) == "made"
    with pytest.raises(ClientError) as error:
        pool.idp.admin_create_user(UserPoolId=pool.id, Username=name.upper(), MessageAction="SUPPRESS")
    assert error.value.response["Error"]["Code"] == "UsernameExistsException"


def test_case_tells_users_apart_by_default(aws: EmbeddedAws) -> None:
    pool = Pool(aws)
    name = f"{unique('user')}@example.com"
    assert _sign_up(pool, name) == "made"
    assert _sign_up(pool, name.upper()) == "made"
