"""The program in an account of its own, where IAM decides about the tables, or Lake Formation, or each in turn."""

import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import urllib3
from botocore.exceptions import ClientError
from rich.console import Console

from embedded_aws.engine import Operation, Stack, UpResult
from embedded_aws.session import EmbeddedSession
from tests.embedded.command_kit import PROJECT, environment
from tests.embedded.permissions_kit import invoke
from tools import check, usage_view
from tools.outputs import StackOutputs
from tools.people import signed_in

ACCOUNT, REGION = "000000000000", "us-east-1"
TABLE_BUCKETS = f"arn:aws:s3tables:{REGION}:{ACCOUNT}:bucket/*"
IAM, LAKE_FORMATION = "iam", "lakeformation"
DEV = {
    "saas-metering:deliveryBufferIntervalSeconds": "0",
    "saas-metering:transformBufferIntervalSeconds": "0",
    "saas-metering:protect": "false",
    "saas-metering:selfSignUp": "true",
}
REQUESTS = 20
PERMISSIONS, LINK = "aws:lakeformation/permissions:Permissions", "aws:glue/catalogDatabase:CatalogDatabase"


@contextmanager
def own_account() -> Iterator["Account"]:
    """Serve an embedded AWS that no other test has been in."""
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.embedded.served"],
            cwd=PROJECT,
            env=environment(Path(folder)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            yield Account(server.stdout.readline().strip())
        finally:
            server.stdin.close()
            server.wait(timeout=60)
            server.stdout.close()


@dataclass
class Account:
    """An account, and what there is once in it."""

    url: str

    @property
    def session(self) -> EmbeddedSession:
        return EmbeddedSession(self.url, region=REGION)

    def client(self, service: str) -> Any:
        return self.session.client(service)

    def deployment(self, name: str, mode: str, **config: Any) -> "Deployment":
        """Begin with a stack that is not up yet."""
        return Deployment(self, Stack(PROJECT, name, self.session, config=DEV)).configured(mode, **config)

    def settings(self) -> dict[str, Any]:
        found: dict[str, Any] = self.client("lakeformation").get_data_lake_settings()["DataLakeSettings"]
        return found

    def put_settings(self, **changes: Any) -> None:
        """Change data-lake settings as somebody else would."""
        settings = {**self.settings(), **changes}
        settings["Parameters"] = {key: settings["Parameters"][key] for key in ("CROSS_ACCOUNT_VERSION",)}
        self.client("lakeformation").put_data_lake_settings(DataLakeSettings=settings)

    def administrators(self) -> list[str]:
        return [one["DataLakePrincipalIdentifier"] for one in self.settings()["DataLakeAdmins"]]

    def registration(self) -> dict[str, Any] | None:
        """Give what is registered for all table buckets, without when."""
        lake_formation = self.client("lakeformation")
        try:
            found: dict[str, Any] = lake_formation.describe_resource(ResourceArn=TABLE_BUCKETS)["ResourceInfo"]
        except lake_formation.exceptions.EntityNotFoundException:
            return None
        return {key: value for key, value in found.items() if key != "LastModified"}

    def mode(self) -> str | None:
        """Tell who decides about the tables; None if there is no catalog yet."""
        try:
            found = self.client("glue").get_catalog(CatalogId="s3tablescatalog")["Catalog"]
        except ClientError:
            return None
        return IAM if found["CreateTableDefaultPermissions"] else LAKE_FORMATION

    def grants(self) -> list[dict[str, Any]]:
        lake_formation, found, more = self.client("lakeformation"), list[dict[str, Any]](), dict[str, str]()
        while True:
            page = lake_formation.list_permissions(**more)
            found += page["PrincipalResourcePermissions"]
            if "NextToken" not in page:
                return found
            more = {"NextToken": page["NextToken"]}

    def links(self) -> list[str]:
        return [one["Name"] for one in self.client("glue").get_databases()["DatabaseList"]]

    def role(self, name: str, statements: list[dict[str, Any]] | None = None) -> str:
        """Make a role that anybody of the account may assume; gives its ARN."""
        root = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
        iam = self.client("iam")
        made = iam.create_role(RoleName=name, Path="/people/", AssumeRolePolicyDocument=_document([root]))
        allowed = statements or [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=_document(allowed))
        return str(made["Role"]["Arn"])

    def assume(self, arn: str) -> EmbeddedSession:
        keys = self.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
        credentials = {"access_key": keys["AccessKeyId"], "secret_key": keys["SecretAccessKey"]}
        return EmbeddedSession(self.url, region=REGION, **credentials, token=keys["SessionToken"])


@dataclass
class Deployment:
    """A stack of the program, and what is done with it."""

    account: Account
    stack: Stack
    exports: dict[str, Any] = field(default_factory=dict)

    def configured(self, mode: str, **config: Any) -> "Deployment":
        """Change who is to decide, and other settings."""
        settings = {"accessControl": mode, **config}
        self.stack._config.update({f"saas-metering:{key}": _text(value) for key, value in settings.items()})
        return self

    def up(self) -> dict[str, str]:
        """Bring it up; gives what was done, by logical name."""
        result = self.stack.up()
        self.exports = dict(result.exports)
        return done(result)

    def live(self, mode: str, **config: Any) -> None:
        """Bring it up as configured, unless it lives in the mode already."""
        by_link = self.exports.get("athena_catalog") == "AwsDataCatalog"
        if not self.exports or by_link is not (mode == LAKE_FORMATION):
            self.configured(mode, **config).up()

    @property
    def outputs(self) -> StackOutputs:
        return StackOutputs.of({**self.exports, "endpoint_url": self.account.url})

    def of_type(self, type_: str) -> dict[str, Any]:
        """Give the resources of a type by their logical names."""
        return {one.name: one for one in self.stack.resources if one.type == type_}

    def does_the_main_job(self, run_id: str) -> None:
        """Send requests and events, find every one of them as a row or put aside, and show a tenant its usage."""
        told = io.StringIO()
        plan = check.Plan(
            requests=REQUESTS,
            users_per_tenant=1,
            whole_table=False,
            warm_up_seconds=0,
            deadline_seconds=60,
            event_types=frozenset(("com.example.tokens",)),
            events_on_stream=True,
        )
        assert check.run(self.outputs, plan, Console(file=told, width=120)), told.getvalue()
        now = datetime.now(UTC)
        event = {"as_of": f"{now:%Y-%m-%dT%H:%M:%SZ}", "period": f"{now:%Y-%m}"}
        summed = invoke(self.outputs, self.outputs.billing_rollup_function_name, event)
        assert "periods" in summed, summed
        with signed_in(self.outputs, ("acme",), 1, run_id) as [user]:
            usage = usage_view.of_user(self.outputs, user, event["period"])
        assert usage["meters"], usage

    def put_request(self, key: str) -> None:
        """Put an access-log line on the stream of requests."""
        line = {"v": "1", "request_time_epoch": str(int(datetime.now(UTC).timestamp() * 1000)), "status": "200"}
        line |= {"extended_request_id": key, "request_id": key}
        stream = self.outputs.delivery_stream_name
        self.account.client("firehose").put_record(DeliveryStreamName=stream, Record={"Data": json.dumps(line)})

    def flush(self) -> None:
        """Have the streams deliver what they hold; what cannot be delivered goes to the error bucket."""
        streams = [self.outputs.delivery_stream_name, self.outputs.usage_events_stream_name]
        body = json.dumps({"streams": streams, "timeout": 60})
        answer = urllib3.request("POST", f"{self.account.url}/_embedded/firehose/flush", body=body)
        assert answer.status == 200, answer.data


def done(result: UpResult) -> dict[str, str]:
    """Give what a deployment did, by logical name, without what it left as it was."""
    return {
        urn.rsplit("::", 1)[-1]: str(operation)
        for urn, operation in result.changes.items()
        if operation is not Operation.SAME
    }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _document(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
