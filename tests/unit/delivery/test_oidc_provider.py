"""GitHub's identity provider is adopted where it is, made where it is not, and never taken away."""

from collections.abc import Iterator

import botocore.session
import pytest
from botocore.stub import Stubber

from delivery_roles.oidc_provider import GitHubProvider, ensure_provider, find_provider

ARN = "arn:aws:iam::210987654321:oidc-provider/token.actions.githubusercontent.com"
OTHER = "arn:aws:iam::210987654321:oidc-provider/gitlab.example.com"
LONGER = "arn:aws:iam::210987654321:oidc-provider/token.actions.githubusercontent.com/acme"
STS = "sts.amazonaws.com"


@pytest.fixture
def iam() -> Iterator[Stubber]:
    client = botocore.session.Session().create_client(
        "iam", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


def listed(stub: Stubber, *arns: str) -> None:
    stub.add_response(
        "list_open_id_connect_providers", {"OpenIDConnectProviderList": [{"Arn": arn} for arn in arns]}, {}
    )


def got(stub: Stubber, *audiences: str) -> None:
    answer = {"Url": "token.actions.githubusercontent.com", "ClientIDList": list(audiences)}
    stub.add_response("get_open_id_connect_provider", answer, {"OpenIDConnectProviderArn": ARN})


def made(stub: Stubber) -> None:
    request = {"Url": "https://token.actions.githubusercontent.com", "ClientIDList": [STS]}
    stub.add_response("create_open_id_connect_provider", {"OpenIDConnectProviderArn": ARN}, request)


def test_one_that_is_there_is_adopted(iam: Stubber) -> None:
    listed(iam, OTHER, LONGER, ARN)
    got(iam, STS)
    assert ensure_provider(iam.client) == {"arn": ARN, "audiences": [STS]}


def test_one_is_made_where_there_is_none(iam: Stubber) -> None:
    listed(iam, OTHER, LONGER)
    made(iam)
    listed(iam, OTHER, LONGER, ARN)
    got(iam, STS)
    assert ensure_provider(iam.client) == {"arn": ARN, "audiences": [STS]}


def test_one_that_somebody_else_makes_at_the_same_time_is_adopted(iam: Stubber) -> None:
    listed(iam)
    iam.add_client_error("create_open_id_connect_provider", "EntityAlreadyExists")
    listed(iam, ARN)
    got(iam, STS)
    assert ensure_provider(iam.client)["arn"] == ARN


def test_the_audience_is_added_to_others_of_it(iam: Stubber) -> None:
    listed(iam, ARN)
    got(iam, "https://github.com/acme")
    request = {"OpenIDConnectProviderArn": ARN, "ClientID": STS}
    iam.add_response("add_client_id_to_open_id_connect_provider", {}, request)
    assert ensure_provider(iam.client) == {"arn": ARN, "audiences": ["https://github.com/acme", STS]}


def test_one_that_does_not_show_up_is_an_error(iam: Stubber) -> None:
    listed(iam)
    made(iam)
    listed(iam)
    with pytest.raises(RuntimeError, match="was made, and IAM does not list it: run `pulumi up` again"):
        ensure_provider(iam.client)


def test_a_refusal_is_handed_on(iam: Stubber) -> None:
    iam.add_client_error("list_open_id_connect_providers", "AccessDenied")
    with pytest.raises(iam.client.exceptions.ClientError, match="AccessDenied"):
        find_provider(iam.client)


def test_a_refresh_sees_what_is_gone_and_the_next_up_makes_it_again(
    iam: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(GitHubProvider, "_iam", lambda _: iam.client)
    provider = GitHubProvider()
    listed(iam, OTHER)
    assert provider.read(ARN, {}).id is None
    listed(iam, ARN)
    got(iam)
    read = provider.read(ARN, {})
    assert (read.id, read.outs) == (ARN, {"arn": ARN, "audiences": []})
    assert provider.diff(ARN, {"arn": ARN, "audiences": []}, {}).changes is True
    assert provider.diff(ARN, {"arn": ARN, "audiences": [STS]}, {}).changes is False


def test_the_stack_goes_and_the_provider_stays(iam: Stubber, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GitHubProvider, "_iam", lambda _: iam.client)
    assert GitHubProvider().delete(ARN, {}) is None
