"""The account's catalog: adopted, made, never owned, and refused where it is not what the stack needs."""

from collections.abc import Iterator
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.loaders import JSONFileLoader, Loader
from botocore.stub import Stubber
from pulumi.dynamic import Config, ConfigureRequest
from pulumi.output import Unknown
from pulumi.runtime import rpc

from components._ensure._provider import AwsResourceProvider, _descriptions, assume_role_request
from components._ensure.catalog import CatalogError, S3TablesCatalogProvider, ensure_catalog, find_catalog

IDENTIFIER = "arn:aws:s3tables:us-east-1:1:bucket/*"
WANTED = {"identifier": IDENTIFIER, "access_control": "iam", "region": "us-east-1"}
EVERYONE = [{"Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}, "Permissions": ["ALL"]}]
GET = {"CatalogId": "s3tablescatalog"}
CREATE = {
    "Name": "s3tablescatalog",
    "CatalogInput": {
        "FederatedCatalog": {"Identifier": IDENTIFIER, "ConnectionName": "aws:s3tables"},
        "CreateDatabaseDefaultPermissions": EVERYONE,
        "CreateTableDefaultPermissions": EVERYONE,
        "AllowFullTableExternalDataAccess": "True",
    },
}


def answer(identifier: str = IDENTIFIER, permissions: list[Any] = EVERYONE) -> dict[str, Any]:
    federated = {"Identifier": identifier, "ConnectionName": "aws:s3tables"}
    catalog = {
        "Name": "s3tablescatalog",
        "FederatedCatalog": federated,
        "CreateTableDefaultPermissions": permissions,
    }
    return {"Catalog": catalog}


@pytest.fixture
def glue() -> Iterator[Stubber]:
    client = boto3.client("glue", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def missing(glue: Stubber) -> None:
    glue.add_client_error("get_catalog", "EntityNotFoundException", expected_params=GET)


def test_a_catalog_that_is_there_is_adopted(glue: Stubber) -> None:
    glue.add_response("get_catalog", answer(), GET)
    assert ensure_catalog(glue.client, WANTED) == {"identifier": IDENTIFIER, "access_control": "iam"}


def test_a_missing_catalog_is_made_for_policies_alone(glue: Stubber) -> None:
    missing(glue)
    glue.add_response("create_catalog", {}, CREATE)
    assert ensure_catalog(glue.client, WANTED) == {"identifier": IDENTIFIER, "access_control": "iam"}


@pytest.mark.parametrize(
    "error",
    ["AlreadyExistsException", "FederatedResourceAlreadyExistsException", "ConcurrentModificationException"],
)
def test_a_stack_that_was_faster_is_no_error(glue: Stubber, error: str) -> None:
    missing(glue)
    glue.add_client_error("create_catalog", error, expected_params=CREATE)
    glue.add_response("get_catalog", answer(), GET)
    assert ensure_catalog(glue.client, WANTED) == {"identifier": IDENTIFIER, "access_control": "iam"}


@pytest.mark.parametrize("error", ["AlreadyExistsException", "FederatedResourceAlreadyExistsException"])
def test_a_catalog_that_can_neither_be_read_nor_made_is_named(glue: Stubber, error: str) -> None:
    missing(glue)
    glue.add_client_error("create_catalog", error, "Catalog s3tablescatalog")
    missing(glue)
    with pytest.raises(CatalogError, match=rf"can neither be read nor made \(.*{error}.*its source is broken"):
        ensure_catalog(glue.client, WANTED)


def test_a_source_that_does_not_exist_is_glues_own_error(glue: Stubber) -> None:
    missing(glue)
    glue.add_client_error("create_catalog", "EntityNotFoundException", "no such source")
    with pytest.raises(glue.client.exceptions.EntityNotFoundException, match="no such source"):
        ensure_catalog(glue.client, WANTED)


def test_a_catalog_of_another_account_is_refused(glue: Stubber) -> None:
    glue.add_response("get_catalog", answer(identifier="arn:aws:s3tables:us-east-1:2:bucket/*"), GET)
    with pytest.raises(CatalogError, match=r"federates arn:aws:s3tables:us-east-1:2:bucket/\*, not arn:.*:1:bucket"):
        ensure_catalog(glue.client, WANTED)


def test_another_mode_is_refused_and_says_what_to_set(glue: Stubber) -> None:
    glue.add_response("get_catalog", answer(permissions=[]), GET)
    with pytest.raises(
        CatalogError, match=r"lakeformation, .* iam: run `pulumi config set accessControl lakeformation`"
    ):
        ensure_catalog(glue.client, WANTED)


def test_denied_is_not_missing(glue: Stubber) -> None:
    glue.add_client_error("get_catalog", "AccessDeniedException")
    with pytest.raises(glue.client.exceptions.AccessDeniedException):
        find_catalog(glue.client)


class Provider(S3TablesCatalogProvider):
    """The provider with a client of the test's."""

    def __init__(self, glue: Any) -> None:
        super().__init__()
        self._glue = glue

    def client(self, service: str, props: dict[str, Any]) -> Any:
        assert (service, props["region"]) == ("glue", "us-east-1")
        return self._glue


def test_the_resource_is_made_and_deleted_without_touching_the_catalog(glue: Stubber) -> None:
    provider = Provider(glue.client)
    glue.add_response("get_catalog", answer(), GET)
    made = provider.create(dict(WANTED))
    assert (made.id, made.outs) == (IDENTIFIER, WANTED)
    provider.delete(made.id, WANTED)


def test_a_preview_refuses_a_catalog_that_the_stack_cannot_use(glue: Stubber) -> None:
    glue.add_response("get_catalog", answer(permissions=[]), GET)
    (failure,) = Provider(glue.client).check({}, dict(WANTED)).failures
    assert failure.property == "access_control"
    assert "`pulumi config set accessControl lakeformation`" in failure.reason


def test_a_preview_accepts_one_that_is_fine_or_missing_or_not_known_yet(glue: Stubber) -> None:
    provider = Provider(glue.client)
    glue.add_response("get_catalog", answer(), GET)
    missing(glue)
    assert provider.check({}, dict(WANTED)).failures == []
    assert provider.check({}, dict(WANTED)).failures == []
    assert provider.check({}, {**WANTED, "identifier": rpc.UNKNOWN}).failures == []
    # Pulumi's host for dynamic providers hands on objects, not the text of its wire.
    assert provider.check({}, {**WANTED, "identifier": Unknown()}).failures == []
    assert provider.diff(IDENTIFIER, WANTED, {**WANTED, "identifier": Unknown()}).changes is True


def test_a_preview_that_may_not_look_says_so_in_one_line(glue: Stubber) -> None:
    glue.add_client_error("get_catalog", "AccessDeniedException", "Insufficient Lake Formation permission(s)")
    (failure,) = Provider(glue.client).check({}, dict(WANTED)).failures
    assert failure.property == "identifier"
    assert failure.reason == (
        "the catalog s3tablescatalog of this account and region cannot be looked at (An error occurred"
        " (AccessDeniedException) when calling the GetCatalog operation: Insufficient Lake Formation permission(s)):"
        " whoever deploys needs glue:GetCatalog on it and, where Lake Formation decides about access, DESCRIBE on it"
    )


def test_a_refresh_sees_what_changed_behind_the_stacks_back(glue: Stubber) -> None:
    provider = Provider(glue.client)
    glue.add_response("get_catalog", answer(permissions=[]), GET)
    read = provider.read(IDENTIFIER, dict(WANTED))
    assert (read.id, read.outs) == (IDENTIFIER, {**WANTED, "access_control": "lakeformation"})
    assert provider.diff(IDENTIFIER, read.outs or {}, WANTED).changes is True
    missing(glue)
    assert provider.read(IDENTIFIER, dict(WANTED)).id is None


def test_the_same_again_is_no_change() -> None:
    assert S3TablesCatalogProvider().diff(IDENTIFIER, {**WANTED, "__provider": "x"}, WANTED).changes is False


def test_an_update_ensures_again(glue: Stubber) -> None:
    missing(glue)
    glue.add_response("create_catalog", {}, CREATE)
    assert Provider(glue.client).update(IDENTIFIER, {}, dict(WANTED)).outs == WANTED


def clients(config: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Return what a configured provider asks for, one after the other, to make a client."""
    asked: list[dict[str, Any]] = []

    class Session:
        def __init__(self, profile: str | None) -> None:
            asked.append({"profile": profile})

        def get_config_variable(self, name: str) -> None:
            assert name == "data_path"

        def register_component(self, name: str, loader: Any) -> None:
            assert (name, type(loader)) == ("data_loader", Loader)

        def create_client(self, service: str, **arguments: Any) -> Any:
            asked.append({"service": service, **{key: value for key, value in arguments.items() if value is not None}})
            return self

        def assume_role(self, **request: Any) -> dict[str, Any]:
            asked.append(request)
            return {"Credentials": {"AccessKeyId": "k", "SecretAccessKey": "s", "SessionToken": "t"}}

    monkeypatch.setattr(botocore.session, "Session", Session)
    provider = AwsResourceProvider()
    if config:
        provider.configure(ConfigureRequest(Config(config, "saas-metering")))
    provider.client("glue", {"region": "us-east-1"})
    return asked


@pytest.mark.parametrize("config", [{}, {"saas-metering:protect": "true"}], ids=["no configuration", "no aws keys"])
def test_dynamic_providers_act_as_the_default_chain_says_where_nothing_is_set(
    config: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert clients(config, monkeypatch) == [{"profile": None}, {"service": "glue", "region_name": "us-east-1"}]


def test_dynamic_providers_act_as_the_aws_configuration_says(monkeypatch: pytest.MonkeyPatch) -> None:
    config = {"aws:profile": "p", "aws:assumeRoles": '[{"roleArn": "arn:r", "duration": "1h"}]'}
    assert clients(config, monkeypatch) == [
        {"profile": "p"},
        {"service": "sts", "region_name": "us-east-1"},
        {"RoleArn": "arn:r", "RoleSessionName": "pulumi", "DurationSeconds": 3600},
        {
            "service": "glue",
            "region_name": "us-east-1",
            "aws_access_key_id": "k",
            "aws_secret_access_key": "s",
            "aws_session_token": "t",
        },
    ]


def test_dynamic_providers_take_credentials_from_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    config = {"aws:accessKey": "AKID", "aws:secretKey": "hush", "aws:token": "session"}
    credentials = {"aws_access_key_id": "AKID", "aws_secret_access_key": "hush", "aws_session_token": "session"}
    assert clients(config, monkeypatch) == [
        {"profile": None},
        {"service": "glue", "region_name": "us-east-1", **credentials},
    ]


def test_dynamic_providers_read_the_descriptions_of_a_service_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    load = JSONFileLoader.load_file

    def recording(self: JSONFileLoader, path: str) -> Any:
        content = load(self, path)
        if content is not None:
            read.append(path)
        return content

    monkeypatch.setattr(JSONFileLoader, "load_file", recording)
    _descriptions.cache_clear()
    provider = AwsResourceProvider()
    config = {"aws:accessKey": "AKID", "aws:secretKey": "hush"}
    provider.configure(ConfigureRequest(Config(config, "saas-metering")))
    made = [provider.client("sts", {"region": region}) for region in ("us-east-1", "eu-west-1")]
    assert [client.meta.region_name for client in made] == ["us-east-1", "eu-west-1"]
    assert len([path for path in read if "/sts/" in path and "service-2" in path]) == 1
    assert sorted(set(read)) == sorted(read)


def test_every_key_of_a_role_reaches_sts() -> None:
    role = {
        "roleArn": "arn:r",
        "sessionName": "s",
        "externalId": "e",
        "policy": "{}",
        "policyArns": ["arn:p"],
        "tags": {"b": "2", "a": "1"},
        "transitiveTagKeys": ["a"],
        "duration": "90m",
    }
    assert assume_role_request(role) == {
        "RoleArn": "arn:r",
        "RoleSessionName": "s",
        "ExternalId": "e",
        "Policy": "{}",
        "PolicyArns": [{"arn": "arn:p"}],
        "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}],
        "TransitiveTagKeys": ["a"],
        "DurationSeconds": 5400,
    }
