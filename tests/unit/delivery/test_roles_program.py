"""The program of the delivery roles: who may take which, what it makes, and what it says of wrong configuration."""

import json
import runpy
from typing import Any

import pulumi
import pytest

from tests.unit.components.fake_aws import ACCOUNT, REGION, FakeAws, arn
from tests.unit.components.harness import PROJECT, ROOT, Deployment, deploy
from tests.unit.components.strict import unknown_keys

PROVIDER = f"arn:aws-test:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
CONFIG = {
    "repository": "acme/metering",
    "repositoryId": "456",
    "ownerId": "123",
    "stacks": '["dev", "prod"]',
}


class FakeAccount(FakeAws):
    """An account with what this program makes."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        id_, state = super().new_resource(args)
        if args.typ == "aws:kms/key:Key":
            state |= {"arn": arn("kms", "key/k-arn"), "keyId": "k-id"}
        elif args.typ == "pulumi-python:dynamic:Resource":
            state["arn"] = PROVIDER
        elif args.typ == "aws:iam/role:Role":
            state["arn"] = f"arn:aws-test:iam::{ACCOUNT}:role{args.inputs['path']}{args.inputs['name']}"
        return id_, state


def run(**config: str) -> Deployment:
    keys = {f"{PROJECT}:{key}": value for key, value in {**CONFIG, **config}.items()}
    main = str(ROOT / "delivery" / "__main__.py")
    return deploy(lambda: runpy.run_path(main, run_name="__main__"), config=keys, stack="account", fake=FakeAccount())


@pytest.fixture(scope="module")
def account() -> Deployment:
    return run()


def trust(deployment: Deployment, role: str) -> dict[str, Any]:
    (statement,) = deployment.one("Role", role).policy("assumeRolePolicy")["Statement"]
    assert statement["Effect"] == "Allow"
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Principal"] == {"Federated": PROVIDER}
    assert set(statement["Condition"]) == {"StringEquals"}, "a pattern would trust more than one subject"
    github = "token.actions.githubusercontent.com:"
    return {key.removeprefix(github): value for key, value in statement["Condition"]["StringEquals"].items()}


def test_pull_requests_and_the_branch_may_look(account: Deployment) -> None:
    assert trust(account, "dev-preview") == {
        "aud": "sts.amazonaws.com",
        "sub": [
            "repo:acme/metering:pull_request",
            "repo:acme/metering:ref:refs/heads/main",
            "repo:acme@123/metering@456:pull_request",
            "repo:acme@123/metering@456:ref:refs/heads/main",
        ],
        "repository_id": "456",
    }


def test_only_the_approved_job_of_the_branchs_own_workflow_may_deploy(account: Deployment) -> None:
    assert trust(account, "prod-up") == {
        "aud": "sts.amazonaws.com",
        "sub": ["repo:acme/metering:environment:prod", "repo:acme@123/metering@456:environment:prod"],
        "repository_id": "456",
        "ref": "refs/heads/main",
        "environment": "prod",
        "job_workflow_ref": "acme/metering/.github/workflows/deploy-stack.yml@refs/heads/main",
    }


def test_a_stack_has_two_roles_by_names_that_are_known_beforehand(account: Deployment) -> None:
    roles = {record.name: (record.inputs["path"], record.inputs["name"]) for record in account.of("Role")}
    assert roles == {
        "dev-preview": ("/delivery/", "saas-metering-dev-preview"),
        "dev-up": ("/delivery/", "saas-metering-dev-up"),
        "prod-preview": ("/delivery/", "saas-metering-prod-preview"),
        "prod-up": ("/delivery/", "saas-metering-prod-up"),
    }


def test_each_role_has_all_its_policies(account: Deployment) -> None:
    for role in ("dev-preview", "dev-up", "prod-preview", "prod-up"):
        policies = {f"{role}-{name}" for name in ("functions", "lake", "rights", "watching")}
        assert {name for name in account.names("aws:iam/policy:Policy") if name.startswith(f"{role}-")} == policies
        attached = {record.name: record for record in account.of("RolePolicyAttachment") if record.name in policies}
        assert set(attached) == policies
        for name, record in attached.items():
            assert record.inputs["role"] == f"{role}-3333"
            assert record.inputs["policyArn"] == f"arn:aws-test:iam::{ACCOUNT}:policy/{name}-policy-arn"


def test_the_role_that_looks_reads_its_stacks_state_and_the_other_writes_it(account: Deployment) -> None:
    bucket = "arn:aws-test:s3:::delivery-states-0000"
    own = [
        f"{bucket}/.pulumi/backups/saas-metering/dev/*",
        f"{bucket}/.pulumi/history/saas-metering/dev/*",
        f"{bucket}/.pulumi/locks/organization/saas-metering/dev/*",
        f"{bucket}/.pulumi/stacks/saas-metering/dev.json*",
    ]
    looking = [
        {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": [bucket]},
        {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": sorted([*own, f"{bucket}/.pulumi/meta.yaml"])},
        {"Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": [arn("kms", "key/k-arn")]},
    ]
    writing = {"Effect": "Allow", "Action": ["s3:DeleteObject", "s3:PutObject"], "Resource": own}
    assert account.one("RolePolicy", "dev-preview-state").policy()["Statement"] == looking
    assert account.one("RolePolicy", "dev-up-state").policy()["Statement"] == [*looking, writing]


def test_policies_are_of_the_account_and_region_that_the_stack_is_in(account: Deployment) -> None:
    text = account.one("aws:iam/policy:Policy", "dev-up-functions").inputs["policy"]
    assert arn("lambda", "function:billing-*") in text
    assert f"arn:aws-test:apigateway:{REGION}::/restapis" in text


def test_states_are_kept_private_versioned_and_protected(account: Deployment) -> None:
    assert sorted(record.name for record in account.records if record.protect) == [
        "delivery-secrets",
        "delivery-states",
    ]
    assert account.one("BucketVersioning").inputs["versioningConfiguration"] == {"status": "Enabled"}
    assert set(account.one("BucketPublicAccessBlock").inputs.values()) == {True, "delivery-states-0000"}
    (statement,) = account.one("BucketPolicy").policy()["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert account.one("aws:kms/key:Key").inputs["enableKeyRotation"] is True


def test_what_github_and_pulumi_are_to_be_told_is_exported(account: Deployment) -> None:
    backend = f"s3://delivery-states-0000?region={REGION}&awssdk=v2"
    exports = dict(account.exports)
    assert json.loads(exports.pop("delivery_variable")) == {
        stack: {
            "backend_url": backend,
            "preview_role": f"arn:aws-test:iam::{ACCOUNT}:role/delivery/saas-metering-{stack}-preview",
            "region": REGION,
            "up_role": f"arn:aws-test:iam::{ACCOUNT}:role/delivery/saas-metering-{stack}-up",
        }
        for stack in ("dev", "prod")
    }
    assert exports == {
        "backend_url": backend,
        "secrets_provider": f"awskms://alias/saas-metering-delivery?region={REGION}",
    }


def test_no_nested_key_is_unknown(account: Deployment) -> None:
    assert [path for record in account.records for path in unknown_keys(record)] == []


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"repository": "acme"}, "repository: must be OWNER/NAME, got 'acme'"),
        ({"repository": "acme/*"}, "repository: must be OWNER/NAME, got 'acme/*'"),
        ({"repositoryId": ""}, "repositoryId: must be digits (gh api repos/OWNER/NAME --jq .id), got ''"),
        ({"ownerId": "x"}, "ownerId: must be digits (gh api repos/OWNER/NAME --jq .owner.id), got 'x'"),
        ({"branch": "release/*"}, "branch: must be the name of a branch, got 'release/*'"),
        ({"namespace": "a-b"}, "namespace: must be lower-case letters, digits and underscores, got 'a-b'"),
        ({"stacks": "[]"}, "stacks: must be a list without repetitions, not an empty one, got []"),
        ({"stacks": '["a", "a"]'}, "stacks: must be a list without repetitions, not an empty one, got ['a', 'a']"),
        ({"stacks": '["*"]'}, "stacks: must be names of stacks, 18 characters at most, got '*'"),
        ({"stacks": '"dev*"'}, "stacks: must be names of stacks, 18 characters at most, got 'dev*'"),
        ({"products": '["*"]'}, "products: must be names of functions in __main__.py, without `*`, got '*'"),
    ],
)
def test_wrong_configuration_is_named_with_its_rule(config: dict[str, str], told: str) -> None:
    with pytest.raises(pulumi.RunError) as raised:
        run(**config)
    assert str(raised.value) == f"configuration:\n{told}"


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(pulumi.RunError) as raised:
        run(repository="x", repositoryId="y")
    assert str(raised.value).count("\n") == 2
