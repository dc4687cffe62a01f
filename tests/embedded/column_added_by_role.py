"""A role deploys the program where Lake Formation decides, and goes on with a column more; tells as JSON.

It runs on a copy of the program, in a process of its own, as `column_added` does. The role may do everything but, of
Lake Formation's, what README lists alone; in the account it is nobody until it becomes its first administrator.
"""

import json
import sys
from pathlib import Path
from typing import Any

from embedded_aws.engine import Operation, Stack
from embedded_aws.server import EmbeddedAws
from embedded_aws.session import EmbeddedSession
from tests.embedded.column_added import ADDED, LAST

ACCOUNT = "000000000000"
LAKE_FORMATION = (
    *("GetDataLakeSettings", "PutDataLakeSettings", "DescribeResource", "RegisterResource"),
    *("RegisterResourceWithPrivilegedAccess", "CreateCatalog", "GrantPermissions", "RevokePermissions"),
    *("ListPermissions", "GetDataAccess"),
)
"""What README lists."""
OTHERS = (
    *("apigateway", "athena", "cloudformation", "cloudwatch", "cognito-idp", "dynamodb", "events", "firehose", "glue"),
    *("iam", "lambda", "logs", "s3", "s3tables", "scheduler", "sns", "sqs", "sts"),
)


def main(folder: Path) -> None:
    definition = folder / "lambda_src" / "metering" / "access_log.py"
    with EmbeddedAws() as aws:
        arn, session = _deployer(aws)
        config = {
            "saas-metering:accessControl": "lakeformation",
            # The engine deploys by the session, and dynamic providers as the `aws` configuration says.
            "aws:assumeRoles": json.dumps([{"roleArn": arn}]),
        }
        stack = Stack(folder, "dev", session, config=config)
        stack.up()
        lake_formation = aws.session().client("lakeformation")
        settings = lake_formation.get_data_lake_settings()["DataLakeSettings"]
        before = _granted(lake_formation)
        definition.write_text(definition.read_text().replace(LAST, ADDED))
        changes = stack.up().changes
        found = {
            "deployer": arn,
            "administrators": [admin["DataLakePrincipalIdentifier"] for admin in settings["DataLakeAdmins"]],
            "schema": str(changes[next(urn for urn in changes if urn.endswith("::lake-table-api-requests-schema"))]),
            "granted": [sorted(before), sorted(_granted(lake_formation))],
            "again": sorted({str(done) for done in stack.preview().changes.values()} - {str(Operation.SAME)}),
        }
        stack.destroy()
        found["left"] = sorted(_granted(lake_formation))
        json.dump(found, sys.stdout)


def _deployer(aws: EmbeddedAws) -> tuple[str, EmbeddedSession]:
    root = aws.session()
    iam: Any = root.client("iam")
    account = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    allowed = [*(f"{service}:*" for service in OTHERS), *(f"lakeformation:{action}" for action in LAKE_FORMATION)]
    role = iam.create_role(RoleName="deployer", Path="/ci/", AssumeRolePolicyDocument=_document(account))["Role"]
    policy = {"Effect": "Allow", "Action": allowed, "Resource": "*"}
    iam.put_role_policy(RoleName="deployer", PolicyName="deploy", PolicyDocument=_document(policy))
    sts: Any = root.client("sts")
    keys = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="ci")["Credentials"]
    session = EmbeddedSession(
        aws.url,
        region="us-east-1",
        access_key=keys["AccessKeyId"],
        secret_key=keys["SecretAccessKey"],
        token=keys["SessionToken"],
    )
    return role["Arn"], session


def _granted(lake_formation: Any) -> set[str]:
    """Return the names of the roles and users that have grants."""
    found, more = set[str](), dict[str, str]()
    while True:
        page = lake_formation.list_permissions(**more)
        for entry in page["PrincipalResourcePermissions"]:
            found.add(entry["Principal"]["DataLakePrincipalIdentifier"].rsplit("/", 1)[-1].rsplit("-", 1)[0])
        if "NextToken" not in page:
            return found
        more = {"NextToken": page["NextToken"]}


def _document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
