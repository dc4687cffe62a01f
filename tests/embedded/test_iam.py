import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from ministack.core.responses import request_scope

from embedded_aws import iam
from embedded_aws.server import EmbeddedAws
from tests.embedded.gateway_kit import client, trust, unique

SERVICE = "firehose.amazonaws.com"


@pytest.fixture(autouse=True)
def _in_the_account(aws: EmbeddedAws) -> Iterator[None]:
    with request_scope(aws.account, aws.region):
        yield


def make_role(aws: EmbeddedAws, *statements: dict[str, Any], document: str | None = None) -> str:
    name = unique("role")
    role = client(aws, "iam").create_role(RoleName=name, AssumeRolePolicyDocument=document or trust(SERVICE))
    if statements:
        client(aws, "iam").put_role_policy(
            RoleName=name,
            PolicyName="policy",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": list(statements)}),
        )
    return str(role["Role"]["Arn"])


def allow(action: str, resource: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


@contextmanager
def refused(action: str, resource: str) -> Iterator[None]:
    with pytest.raises(iam.AccessDeniedError) as caught:
        yield
    assert (caught.value.action, caught.value.resource) == (action, resource)


def test_a_service_role_may_what_its_policies_say_and_no_more(aws: EmbeddedAws) -> None:
    arn = make_role(aws, allow("s3:PutObject", "arn:aws:s3:::one/*"))
    principal = iam.service_role(arn, SERVICE, {}, "me")
    assert principal.arn == f"{arn.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/me"
    iam.require(principal, "s3:PutObject", "arn:aws:s3:::one/a", "arn:aws:s3:::one/b")
    with refused("s3:PutObject", "arn:aws:s3:::two/a"):
        iam.require(principal, "s3:PutObject", "arn:aws:s3:::one/a", "arn:aws:s3:::two/a")
    with refused("s3:GetObject", "arn:aws:s3:::one/a"):
        iam.require(principal, "s3:GetObject", "arn:aws:s3:::one/a")


def test_the_refusal_is_worded_as_awss(aws: EmbeddedAws) -> None:
    principal = iam.service_role(make_role(aws), SERVICE, {}, "me")
    with pytest.raises(iam.AccessDeniedError) as caught:
        iam.require(principal, "s3:PutObject", "arn:aws:s3:::one/a")
    assert str(caught.value) == (
        f"User: {principal.arn} is not authorized to perform: s3:PutObject on resource: arn:aws:s3:::one/a "
        "because no identity-based policy allows the s3:PutObject action"
    )


def test_an_explicit_deny_wins(aws: EmbeddedAws) -> None:
    deny = {**allow("s3:PutObject", "arn:aws:s3:::one/secret"), "Effect": "Deny"}
    principal = iam.service_role(make_role(aws, allow("s3:*", "*"), deny), SERVICE, {}, "me")
    iam.require(principal, "s3:PutObject", "arn:aws:s3:::one/a")
    with refused("s3:PutObject", "arn:aws:s3:::one/secret"):
        iam.require(principal, "s3:PutObject", "arn:aws:s3:::one/secret")


def test_conditions_on_the_call_count_whatever_the_keys_case(aws: EmbeddedAws) -> None:
    condition = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    principal = iam.service_role(make_role(aws, allow("kms:Decrypt", "*", Condition=condition)), SERVICE, {}, "me")
    iam.require(principal, "kms:Decrypt", "key", context={"kms:viaservice": "s3.us-east-1.amazonaws.com"})
    with refused("kms:Decrypt", "key"):
        iam.require(principal, "kms:Decrypt", "key")


def test_services_call_each_other_over_tls(aws: EmbeddedAws) -> None:
    plain = {**allow("s3:*", "*", Condition={"Bool": {"aws:SecureTransport": "false"}}), "Effect": "Deny"}
    principal = iam.service_role(make_role(aws, allow("s3:*", "*"), plain), SERVICE, {}, "me")
    iam.require(principal, "s3:PutObject", "arn:aws:s3:::one/a")


def test_a_changed_policy_counts_from_the_next_assumption(aws: EmbeddedAws) -> None:
    arn = make_role(aws, allow("s3:PutObject", "*"))
    iam.require(iam.service_role(arn, SERVICE, {}, "me"), "s3:PutObject", "x")
    client(aws, "iam").delete_role_policy(RoleName=arn.rsplit("/", 1)[1], PolicyName="policy")
    with refused("s3:PutObject", "x"):
        iam.require(iam.service_role(arn, SERVICE, {}, "me"), "s3:PutObject", "x")


def test_an_attached_managed_policy_counts(aws: EmbeddedAws) -> None:
    arn = make_role(aws)
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow("s3:PutObject", "*")]})
    made = client(aws, "iam").create_policy(PolicyName=unique("policy"), PolicyDocument=policy)["Policy"]["Arn"]
    client(aws, "iam").attach_role_policy(RoleName=arn.rsplit("/", 1)[1], PolicyArn=made)
    iam.require(iam.service_role(arn, SERVICE, {}, "me"), "s3:PutObject", "x")


@pytest.mark.parametrize("service", ["lambda.amazonaws.com", "ec2.amazonaws.com"])
def test_a_role_for_another_service_is_not_assumed(aws: EmbeddedAws, service: str) -> None:
    arn = make_role(aws)
    with pytest.raises(iam.AccessDeniedError, match="sts:AssumeRole"):
        iam.service_role(arn, service, {}, "me")


def test_a_role_for_the_accounts_root_is_not_a_services(aws: EmbeddedAws) -> None:
    document = json.loads(trust(SERVICE))
    document["Statement"][0]["Principal"] = {"AWS": f"arn:aws:iam::{aws.account}:root"}
    arn = make_role(aws, document=json.dumps(document))
    with pytest.raises(iam.AccessDeniedError, match="sts:AssumeRole"):
        iam.service_role(arn, SERVICE, {}, "me")


def test_a_trust_policys_conditions_are_demanded(aws: EmbeddedAws) -> None:
    document = json.loads(trust(SERVICE))
    document["Statement"][0]["Condition"] = {"StringEquals": {"sts:ExternalId": aws.account}}
    arn = make_role(aws, document=json.dumps(document))
    iam.service_role(arn, SERVICE, {"sts:ExternalId": aws.account}, "me")
    for context in ({"sts:ExternalId": "111111111111"}, {}):
        with pytest.raises(iam.AccessDeniedError, match="sts:AssumeRole"):
            iam.service_role(arn, SERVICE, context, "me")


def test_a_role_that_is_not_there_is_not_assumed(aws: EmbeddedAws) -> None:
    with pytest.raises(iam.AccessDeniedError, match="role/nobody"):
        iam.service_role(f"arn:aws:iam::{aws.account}:role/nobody", SERVICE, {}, "me")


def test_the_callers_key_tells_who_it_is(aws: EmbeddedAws) -> None:
    root = iam.caller("test")
    assert (root.arn, root.policies) == (f"arn:aws:iam::{aws.account}:root", None)
    iam.require(root, "s3:DeleteBucket", "arn:aws:s3:::any")
    name = unique("user")
    user = client(aws, "iam").create_user(UserName=name)["User"]["Arn"]
    key = client(aws, "iam").create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
    principal = iam.caller(key)
    assert principal.arn == user
    with refused("s3:PutObject", "x"):
        iam.require(principal, "s3:PutObject", "x")


def test_an_unknown_key_is_nobody() -> None:
    with pytest.raises(iam.AccessDeniedError):
        iam.caller("AKIAIOSFODNN7EXAMPLE")
