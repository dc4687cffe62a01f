"""What the dynamic providers share: acting as the `aws` configuration says."""

from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from pulumi.dynamic import ConfigureRequest, ResourceProvider
from pulumi.output import Unknown
from pulumi.runtime import rpc

from components._aws_config import AwsConfig, read_aws_config, seconds

Client = Any
"""A botocore client: its methods are made at run time, so no more can be said of its type."""

AWS_ERRORS = (BotoCoreError, ClientError)
"""What a look at AWS raises. `check` makes failures of it, which Pulumi shows in a line; exceptions are tracebacks."""


class AwsResourceProvider(ResourceProvider):
    """A dynamic provider whose clients act in the region of its inputs, as the identity of the `aws` configuration."""

    # Nothing in a provider is secret: as plain text its state can be read and compared.
    serialize_as_secret_always = False
    _config: AwsConfig | None = None

    def configure(self, req: ConfigureRequest) -> None:
        """Take the identity from the stack's configuration; called once in the provider's process."""
        self._config = read_aws_config(lambda key: req.config.get(f"aws:{key}"))

    def client(self, service: str, props: dict[str, Any]) -> Client:
        """Return a client of a service in the region that the inputs name."""
        config, region = self._config, props["region"]
        session = _session(config.profile if config else None)
        credentials = _credentials(session, region, config) if config else {}
        return session.create_client(service, region_name=region, **credentials)


def _session(profile: str | None) -> Any:
    """Return a session; what the profile leaves open comes from the default chain.

    Each call gets a session of its own, so that the credentials of a long wait are as fresh as can be. What takes a
    session long is to read the descriptions of the services, and those are read once for all of them.
    """
    from botocore.session import Session  # noqa: PLC0415 - needed in the provider's process alone

    session = Session(profile=profile)
    session.register_component("data_loader", _descriptions(session.get_config_variable("data_path")))
    return session


@cache
def _descriptions(path: str | None) -> Any:
    from botocore.loaders import create_loader  # noqa: PLC0415 - needed in the provider's process alone

    return create_loader(path)


def _credentials(session: Any, region: str, config: AwsConfig) -> dict[str, Any]:
    """Return the credentials for a client; what is None is left to the default chain."""
    own = _credential_arguments(config.access_key, config.secret_key, config.token)
    if config.role is None:
        return own
    sts = session.create_client("sts", region_name=region, **own)
    assumed = sts.assume_role(**assume_role_request(config.role))["Credentials"]
    return _credential_arguments(assumed["AccessKeyId"], assumed["SecretAccessKey"], assumed["SessionToken"])


def _credential_arguments(access_key: str | None, secret_key: str | None, token: str | None) -> dict[str, Any]:
    return {"aws_access_key_id": access_key, "aws_secret_access_key": secret_key, "aws_session_token": token}


def assume_role_request(role: Any) -> dict[str, Any]:
    """Return the request to STS for a role of `aws:assumeRoles`."""
    request: dict[str, Any] = {"RoleArn": role["roleArn"], "RoleSessionName": role.get("sessionName", "pulumi")}
    if "duration" in role:
        request["DurationSeconds"] = seconds(role["duration"])
    if "policyArns" in role:
        request["PolicyArns"] = [{"arn": arn} for arn in role["policyArns"]]
    if "tags" in role:
        request["Tags"] = [{"Key": key, "Value": value} for key, value in sorted(role["tags"].items())]
    named_alike = {"externalId": "ExternalId", "policy": "Policy", "transitiveTagKeys": "TransitiveTagKeys"}
    request.update({theirs: role[ours] for ours, theirs in named_alike.items() if ours in role})
    return request


def all_known(props: dict[str, Any]) -> bool:
    """Tell whether a preview knows every input already."""
    return not any(is_unknown(value) for value in props.values())


def is_unknown(value: Any) -> bool:
    """Tell whether a preview does not know the value yet: Pulumi's host writes it as an object, its wire as a text."""
    return isinstance(value, Unknown) or value == rpc.UNKNOWN


def changed(olds: dict[str, Any], news: dict[str, Any], keys: tuple[str, ...]) -> bool:
    """Tell whether any of these properties differs or is not known yet."""
    return any(is_unknown(news.get(key)) or olds.get(key) != news.get(key) for key in keys)
