"""Deploys a copy of the program, puts rows into its table, changes the record's definition and goes on; tells as JSON.

A process imports `metering` once, and this one must see two versions of it: the tests run it as a program.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from embedded_aws.engine import DeploymentError, EngineError, Operation, Stack
from embedded_aws.server import EmbeddedAws
from embedded_aws.session import EmbeddedSession
from tools import traffic
from tools.outputs import StackOutputs
from tools.traffic import Call

LAST = '    Field(None, None, Column("billable", "boolean", required=True)),\n'
ADDED = LAST + '    _both("domain_name", "domainName"),\n'
INCOMPATIBLE = ('"status", "status", "int"', '"status", "status", "long"')


def main(folder: Path, mode: str) -> None:
    definition = folder / "lambda_src" / "metering" / "access_log.py"
    with EmbeddedAws() as aws:
        stack = Stack(folder, "dev", _deployer(aws), config={"saas-metering:accessControl": mode})
        outputs = StackOutputs.of({**stack.up().exports, "endpoint_url": aws.url})
        before = _call(outputs)
        aws.firehose.flush()

        definition.write_text(definition.read_text().replace(LAST, ADDED))
        changes = stack.up().changes
        after = _call(outputs)
        # A line in the format of before, still on its way while the stage changes: the column is optional.
        late = _put_old_line(outputs)
        aws.firehose.flush()

        definition.write_text(definition.read_text().replace(*INCOMPATIBLE))
        refused = _refusal(stack)
        domains = _domains(outputs)
        json.dump(
            {
                "changed": sorted(
                    urn.rsplit("::", 1)[-1] for urn, done in changes.items() if done is not Operation.SAME
                ),
                "replaced": sorted(urn for urn, done in changes.items() if done is Operation.REPLACE),
                "before": domains.pop(before),
                "after": domains.pop(after),
                "late": domains.pop(late),
                "others": domains,
                "refused": refused,
                "kept by the deployer": _grants(aws),
                "errors": aws.firehose.report().error_records,
            },
            sys.stdout,
        )


def _deployer(aws: EmbeddedAws) -> EmbeddedSession:
    """Act as a role whose policies allow everything: unlike the root it has of Lake Formation what it is granted."""
    root = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{aws.account}:root"}, "Action": "sts:AssumeRole"}
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    iam, sts = aws.session().client("iam"), aws.session().client("sts")
    arn = iam.create_role(RoleName="deployer", Path="/ops/", AssumeRolePolicyDocument=_document(root))["Role"]["Arn"]
    iam.put_role_policy(RoleName="deployer", PolicyName="p", PolicyDocument=_document(everything))
    keys = sts.assume_role(RoleArn=arn, RoleSessionName="deploys")["Credentials"]
    credentials = {"access_key": keys["AccessKeyId"], "secret_key": keys["SecretAccessKey"]}
    return aws.session(**credentials, token=keys["SessionToken"])


def _grants(aws: EmbeddedAws) -> list[Any]:
    """Tell what the deployer still has of Lake Formation: it grants itself what an ALTER needs, for as long as that."""
    found = aws.session().client("lakeformation").list_permissions()["PrincipalResourcePermissions"]
    return [one for one in found if one["Principal"]["DataLakePrincipalIdentifier"].endswith("/deployer")]


def _document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _domains(outputs: StackOutputs) -> dict[str, Any]:
    # Not before the last deployment: what it imports would be what the program then finds.
    from tools.lake import Lake  # noqa: PLC0415

    rows = Lake(outputs).query(f"SELECT extended_request_id AS id, domain_name FROM {outputs.table}")  # noqa: S608
    return {str(row["id"]): row["domain_name"] for row in rows}


def _call(outputs: StackOutputs) -> str:
    [answer] = traffic.send(outputs.rest_api_url, [Call("no token", "/random/strings", None, 401, None)])
    assert answer.status == answer.call.expected_status
    return str(answer.extended_request_id)


def _put_old_line(outputs: StackOutputs) -> str:
    line = {"v": "1", "extended_request_id": "late=", "request_id": "r", "status": "200"}
    line["request_time_epoch"] = str(int(time.time() * 1000))
    firehose: Any = outputs.session().client("firehose")
    firehose.put_record(DeliveryStreamName=outputs.delivery_stream_name, Record={"Data": json.dumps(line).encode()})
    return line["extended_request_id"]


def _refusal(stack: Stack) -> str:
    try:
        stack.preview()
    except (DeploymentError, EngineError) as error:
        return str(error)
    return ""


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
