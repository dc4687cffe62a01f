"""What stacks do to an account that they share: they add to it, take nothing away, and say what they lack."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from embedded_aws.engine import EngineError
from tests.embedded.modes_kit import ACCOUNT, IAM, LAKE_FORMATION, Account, Deployment, done, own_account

pytestmark = pytest.mark.soak

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
FOREIGN = {
    "TrustedResourceOwners": ["111111111111"],
    "ExternalDataFilteringAllowList": [{"DataLakePrincipalIdentifier": "222222222222"}],
    "AllowExternalDataFiltering": True,
    "CreateTableDefaultPermissions": [],
    "AuthorizedSessionTagValueList": ["engine"],
}
"""Settings that somebody else has made."""


@pytest.fixture
def account() -> Iterator[Account]:
    with own_account() as made:
        yield made


def principals(*arns: str) -> list[dict[str, str]]:
    return [{"DataLakePrincipalIdentifier": arn} for arn in arns]


def refused(deployment: Deployment) -> str:
    """Preview, which must be refused; gives why."""
    with pytest.raises(EngineError) as caught:
        deployment.stack.preview()
    return str(caught.value)


def test_where_somebody_else_administers_the_deployer_is_told_at_preview_whom_to_ask(account: Account) -> None:
    foreign = account.role("steward")
    account.put_settings(DataLakeAdmins=principals(foreign))
    stack = account.deployment("dev", LAKE_FORMATION)
    reason = refused(stack)
    assert f"{ROOT}, who deploys, is no data-lake administrator of this account and region" in reason
    assert f"one of those must add it, which are {foreign}" in reason
    assert (account.mode(), account.administrators(), account.registration()) == (None, [foreign], None)
    account.put_settings(DataLakeAdmins=principals(foreign, ROOT))
    stack.up()
    stack.does_the_main_job("stewarded")
    assert account.administrators() == [foreign, ROOT]


def test_administrators_are_added_and_all_other_settings_stay(account: Account) -> None:
    account.put_settings(**FOREIGN)
    before, steward = account.settings(), account.role("steward")
    stack = account.deployment("dev", LAKE_FORMATION, lakeFormationAdmins=[steward])
    stack.up()
    after = account.settings()
    assert after == {**before, "DataLakeAdmins": principals(ROOT, steward)}
    stack.configured(LAKE_FORMATION, lakeFormationAdmins=[])
    stack.up()
    stack.stack.destroy()
    assert account.settings() == after
    assert (account.mode(), account.grants(), account.links()) == (LAKE_FORMATION, [], [])


def test_two_stacks_live_side_by_side_and_one_goes_without_the_other(account: Account) -> None:
    one, two = account.deployment("one", LAKE_FORMATION), account.deployment("two", LAKE_FORMATION)
    one.up()
    two.up()
    assert account.links() == ["saas_metering_one_metering", "saas_metering_two_metering"]
    one.does_the_main_job("one")
    two.does_the_main_job("two")
    settings, registration = account.settings(), account.registration()
    one.stack.destroy()
    assert (account.settings(), account.registration()) == (settings, registration)
    assert account.links() == ["saas_metering_two_metering"]
    assert {"one" for grant in account.grants() if "saas-metering-one" in json.dumps(grant)} == set()
    two.does_the_main_job("alone")
    assert done(two.stack.preview()) == {}


def test_stacks_of_either_mode_take_turns_and_neither_switches_by_itself(account: Account) -> None:
    by_iam, by_grants = account.deployment("plain", IAM), account.deployment("strict", LAKE_FORMATION)
    by_iam.up()
    by_iam.does_the_main_job("plain")
    assert "has access control iam, the stack is configured for lakeformation" in refused(by_grants)
    by_grants.configured(LAKE_FORMATION, switchAccessControl=True)
    by_grants.up()
    by_grants.does_the_main_job("strict")
    # The other stack's access is gone at once, and says so; what it is sent waits.
    assert "has access control lakeformation, the stack is configured for iam" in refused(by_iam)
    lost = "sent-meanwhile"
    by_iam.put_request(lost)
    by_iam.flush()
    assert [code for code, _ in aside(by_iam, lost)] == ["Lakeformation.AccessDenied"]
    by_iam.configured(LAKE_FORMATION)
    by_iam.up()
    by_iam.does_the_main_job("adapted")
    by_iam.configured(IAM, switchAccessControl=True)
    by_iam.up()
    by_iam.does_the_main_job("again")
    by_grants.configured(IAM, switchAccessControl=False)
    by_grants.up()
    by_grants.does_the_main_job("follows")
    assert (account.mode(), account.links(), account.grants()) == (IAM, [], [])


def aside(deployment: Deployment, key: str) -> list[tuple[str, str]]:
    """Give what is in the error bucket about a record: code and message."""
    s3, bucket = deployment.account.client("s3"), deployment.outputs.error_bucket_name
    found: list[tuple[str, str]] = []
    for one in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
        lines: list[dict[str, Any]] = [
            json.loads(line) for line in s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read().splitlines()
        ]
        found += [(line["errorCode"], line["errorMessage"]) for line in lines if _names(line, key)]
    return found


def _names(line: dict[str, Any], key: str) -> bool:

    return key.encode() in base64.b64decode(line["rawData"])
