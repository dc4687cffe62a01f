"""What looks like a fault and is none: rules that refuse it would be switched off."""

import pytest

from tests.policy.breaking import Change, add, beside, both, change, edit, permit
from tests.policy.wire import Pack, Resource, made_up

EVERYONE_HERE = {
    "Effect": "Allow",
    "Principal": "*",
    "Action": "sqs:SendMessage",
    "Resource": "*",
    "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
}
ROLE = "random-strings-policy"
ALLOWED: dict[str, Change] = {
    "a policy of a queue for the organization": edit("billing-tasks-policy", lambda found: found.append(EVERYONE_HERE)),
    "a policy of a VPC endpoint, which permits nothing by itself": add(
        made_up("aws:ec2/vpcEndpoint:VpcEndpoint", policy={"Statement": [{**EVERYONE_HERE, "Condition": {}}]})
    ),
    "a policy that is none of principals": add(
        made_up("aws:ecr/lifecyclePolicy:LifecyclePolicy", policy='{"rules": []}')
    ),
    "a second pool, of staff, with a client that lists what it may write": both(
        add(made_up("aws:cognito/userPool:UserPool", deletionProtection="ACTIVE") | {"protect": True}),
        beside(
            "api-users",
            "userPoolId",
            made_up("aws:cognito/userPoolClient:UserPoolClient", writeAttributes=["email"]) | {"name": "staff"},
        ),
    ),
    "a function invoked by a role of another account": add(
        made_up("aws:lambda/permission:Permission", principal="arn:aws:iam::123456789012:role/caller")
    ),
    "a function invoked for one rule": add(
        made_up(
            "aws:lambda/permission:Permission",
            principal="events.amazonaws.com",
            sourceArn="arn:aws:events:eu-west-7:210987654321:rule/nightly",
        )
    ),
    "a denial of everything": permit(ROLE, {"Effect": "Deny", "Action": "*", "Resource": "*"}),
    "objects below a prefix": permit(ROLE, {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::mine/prefix/*"}),
    "metrics of a namespace": permit(
        ROLE,
        {
            "Action": "cloudwatch:PutMetricData",
            "Resource": "*",
            "Condition": {"StringEquals": {"cloudwatch:namespace": "mine"}},
        },
    ),
    "a bucket without a rule of time": change("ingest-errors-lifecycle", rules=[]),
    "a rule of time that is off": change(
        "ingest-errors-lifecycle", rules=[{"id": "x", "status": "Disabled", "expiration": {"days": 1}}]
    ),
    "records moved after the time to replay them": change(
        "ingest-errors-lifecycle",
        rules=[{"id": "x", "status": "Enabled", "transitions": [{"days": 67, "storageClass": "GLACIER"}]}],
    ),
    "a log group by its name": both(
        beside("ingest-logs", "nothing", made_up("aws:cloudwatch/logGroup:LogGroup", name="mine", retentionInDays=7)),
        add(made_up("aws:lambda/function:Function", loggingConfig={"logGroup": "mine"}) | {"name": "function"}),
    ),
    "a stream that has nothing to do with tables": add(
        made_up(
            "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream",
            destination="extended_s3",
            serverSideEncryption={"enabled": True},
        )
    ),
    "users who sign in by telephone": change("api-users", usernameAttributes=["phone_number"]),
    "an access log without addresses": change(
        "api-stage",
        accessLogSettings__format='{"e":"$context.extendedRequestId","r":"$context.requestId",'
        '"t":"$context.requestTimeEpoch","s":"$context.status"}',
    ),
}


@pytest.mark.parametrize("made", ALLOWED.values(), ids=ALLOWED.keys())
def test_no_rule_refuses_it(pack: Pack, prod: list[Resource], made: Change) -> None:
    changed = made(prod)
    assert changed != prod
    assert pack.findings(changed, but=prod) == []
