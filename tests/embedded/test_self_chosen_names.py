"""Users who choose their own names, in a pool that is not the program's: a name is a name, and no more."""

from typing import Any

import pytest

from embedded_aws.server import EmbeddedAws
from tests.embedded.conftest import Deployed
from tests.embedded.gateway_api import Api
from tests.embedded.gateway_kit import PASSWORD, Pool, claims
from tools.lake import Lake
from tools.outputs import StackOutputs

NAMES = (
    'eve","tenant_id":"acme',
    'eve","sub":"acme","status":"500',
    "eve'OR'1'='1'--",
    "eve,acme,{}[]",
    'eve\\"',
    "eve\\",
    "éve\u202eemca",
    '"',
)


@pytest.fixture(scope="module")
def api(aws: EmbeddedAws, deployed: Deployed) -> Api:
    """An API of somebody else's, metered by its stage's access log alone."""
    made = Api(aws, pool=Pool(aws, by_email=False))
    made.log_to(deployed.exports["delivery_stream_arn"], deployed.exports["access_log_format"])
    return made


def test_a_self_chosen_name_is_stored_as_it_is_and_makes_nobody_another_tenant(
    aws: EmbeddedAws, outputs: StackOutputs, api: Api
) -> None:
    expected: dict[str, Any] = {}
    for name in NAMES:
        token = api.pool.tokens(api.pool.sign_up(name))["IdToken"]
        answer = api.get(token=token)
        subject = claims(token)["sub"]
        expected[answer.headers["x-amz-apigw-id"]] = {
            "tenant_id": subject,
            "user": name,
            "status": "200",
            "billable": "true",
            "resource_path": "/things",
        }
    aws.firehose.flush()
    assert aws.firehose.report().streams[outputs.delivery_stream_name].undelivered == 0
    listed = ", ".join(f"'{one}'" for one in expected)
    query = 'SELECT extended_request_id AS id, tenant_id, "user", status, billable, resource_path FROM '
    rows = Lake(outputs).query(f"{query}{outputs.table} WHERE extended_request_id IN ({listed})")
    assert {row.pop("id"): row for row in rows} == expected


@pytest.mark.parametrize("attribute", ["custom:tenant_id", "sub", "cognito:username"])
def test_a_user_of_such_a_pool_cannot_write_whose_tenant_it_is(api: Api, attribute: str) -> None:
    chosen = [{"Name": attribute, "Value": "acme"}]
    idp, name = api.pool.idp, f"mallory-{attribute.replace(':', '-')}"
    refused = idp.exceptions.NotAuthorizedException
    with pytest.raises(refused):
        idp.sign_up(ClientId=api.pool.client, Username=name, Password=PASSWORD, UserAttributes=chosen)
    access = api.pool.tokens(api.pool.sign_up(name))["AccessToken"]
    with pytest.raises(refused):
        idp.update_user_attributes(AccessToken=access, UserAttributes=chosen)
    claimed = claims(api.pool.tokens(name)["IdToken"])
    assert (claimed.get("custom:tenant_id"), claimed["cognito:username"]) == (None, name)
