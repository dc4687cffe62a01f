"""Roles that may do too much, or are taken by too many."""

import json

from tests.policy.breaking import Break, Change, add, change, edit, permit
from tests.policy.wire import made_up

WIDE = "no-wildcard-permission"
KEPT = "evidence-kept"
ROWS = "request-rows-from-the-gateway"
OF_AWS = "no-policy-of-aws"
INVOKED = "function-invoked-by-one-source"
TRUST = "trust-narrow"
ROLE = "customer-usage-policy"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
INLINE = [
    {
        "name": "all",
        "policy": json.dumps({"Statement": {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "arn:x"}}),
    }
]


def permits(action: str, resource: str) -> Change:
    return permit(ROLE, {"Action": action, "Resource": resource})


def trusts(principal: object, **condition: object) -> Change:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    if condition:
        statement["Condition"] = condition
    return edit("random-strings-role", lambda statements: statements.append(statement), "assumeRolePolicy")


WIDE_RESOURCES = (
    "*",
    "arn:aws:s3:::*",
    "arn:aws:s3:::bucket-*",
    "arn:aws:dynamodb:eu-west-7:210987654321:table/*",
    "arn:aws:dynamodb:*:210987654321:table/items",
    "arn:aws:logs:eu-west-7:210987654321:log-group:*",
    "arn:aws:glue:eu-west-7:210987654321:table/*",
    "arn:aws:glue:eu-west-7:210987654321:database/*",
    "arn:aws:sqs:eu-west-7:210987654321:que?e",
    "arn:aws:s3tables:eu-west-7:210987654321:bucket/rows/table/*",
    "table/*",
)

BREAKS = (
    *(
        Break(
            WIDE,
            f"a read of {resource}",
            permits("sqs:ReceiveMessage", resource),
            ROLE,
            f"`Resource` must name what ['sqs:ReceiveMessage'] is about, got {resource!r}",
        )
        for resource in WIDE_RESOURCES
    ),
    *(
        Break(
            WIDE,
            f"the action {action}",
            permits(action, "arn:aws:s3:::bucket"),
            ROLE,
            f"`Action` must name each operation, got {action!r}",
        )
        for action in ("*", "s3:*", "s3:Get*", "s3:GetObjec?")
    ),
    *(
        Break(
            WIDE,
            negation,
            permit(ROLE, {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket", negation: "x"}),
            ROLE,
            f"`{negation}` must not stand in a statement that permits, got 'x'",
        )
        for negation in ("NotAction", "NotResource")
    ),
    Break(
        WIDE,
        "metrics of any namespace",
        permits("cloudwatch:PutMetricData", "*"),
        ROLE,
        "`Condition` must hold cloudwatch:namespace where 'cloudwatch:PutMetricData' is permitted on '*',"
        " got no such condition",
    ),
    Break(
        WIDE,
        "a forced action beside one that is not",
        permit(ROLE, {"Action": ["cloudwatch:GetMetricData", "sns:Publish"], "Resource": ["*"]}),
        ROLE,
        "`Resource` must name what ['sns:Publish'] is about, got '*'",
    ),
    Break(
        WIDE,
        "an inline policy of a role",
        change("random-strings-role", inlinePolicies=INLINE),
        "random-strings-role",
        "`Action` must name each operation, got 'dynamodb:*'",
    ),
    *(
        Break(
            WIDE,
            f"the policy of a {kind.rpartition(':')[2]}",
            add(made_up(kind, policy={"Statement": [{"Effect": "Allow", "Action": ["a:B"], "Resource": ["*"]}]})),
            "made-up",
            "`Resource` must name what ['a:B'] is about, got '*'",
        )
        for kind in ("aws:iam/userPolicy:UserPolicy", "aws:iam/groupPolicy:GroupPolicy", "aws:iam/policy:Policy")
    ),
    *(
        Break(KEPT, action, permits(action, "arn:aws:x:::one"), ROLE, f"`Action` must not be {action!r}: {reason}")
        for action, reason in {
            "S3:DeleteObject": "failed records are evidence until they expire",
            "s3:BypassGovernanceRetention": "a final invoice is under a lock",
            "s3tables:DeleteTable": "usage rows cannot be made again",
            "s3tables:PutTableBucketPolicy": "who may reach the rows",
            "iam:PassRole": "a role that sets permissions has all of them",
            "cognito-idp:AdminUpdateUserAttributes": "whoever writes a user's tenant chooses who pays",
            "cloudwatch:DisableAlarmActions": "a role that puts out alarms hides what it does",
        }.items()
    ),
    Break(
        ROWS,
        "a function that makes request rows",
        permits("firehose:PutRecord", "arn:aws:firehose:eu-west-7:210987654321:deliverystream/amazon-apigateway-x"),
        ROLE,
        "`Resource` must be no stream of API Gateway where ['firehose:PutRecord'] is permitted,"
        " got ['arn:aws:firehose:eu-west-7:210987654321:deliverystream/amazon-apigateway-x']",
    ),
    *(
        Break(
            OF_AWS,
            f"an attachment of the kind {kind}",
            add(made_up(f"aws:iam/{kind[0].lower()}{kind[1:]}:{kind}", policyArn=ADMINISTRATOR)),
            "made-up",
            f"`policyArn` must be a policy of this account, whose statements are known, got {ADMINISTRATOR!r}",
        )
        for kind in ("GroupPolicyAttachment", "PolicyAttachment", "RolePolicyAttachment", "UserPolicyAttachment")
    ),
    Break(
        OF_AWS,
        "a role that has it from the beginning",
        change("ingest-role", managedPolicyArns=[ADMINISTRATOR]),
        "ingest-role",
        f"`managedPolicyArns` must be a policy of this account, whose statements are known, got {ADMINISTRATOR!r}",
    ),
    Break(
        INVOKED,
        "for any source",
        change("api-permission-GET/usage", sourceArn=None),
        "api-permission-GET/usage",
        "`sourceArn` must say for which resource 'apigateway.amazonaws.com' calls the function, got none",
    ),
    *(
        Break(
            INVOKED,
            f"for {arn}",
            change("api-permission-GET/usage", sourceArn=arn),
            "api-permission-GET/usage",
            f"`sourceArn` must name one resource, got {arn!r}",
        )
        for arn in (
            "*",
            "arn:aws:execute-api:eu-west-7:210987654321:*/v1/GET/usage",
            "arn:aws:execute-api:*:210987654321:api/v1/GET/usage",
            "arn:aws:events:eu-west-7:210987654321:rule/*",
        )
    ),
    Break(
        INVOKED,
        "by everyone",
        change("api-permission-GET/usage", principal="*"),
        "api-permission-GET/usage",
        "`principal` must be a service or an account, got '*'",
    ),
    Break(
        TRUST,
        "everyone",
        trusts("*"),
        "random-strings-role",
        "`Principal` must be named, or held by a condition on account or organization, got '*'",
    ),
    Break(
        TRUST,
        "everyone who likes",
        trusts({"AWS": "*"}, StringEqualsIfExists={"aws:PrincipalOrgID": "o-1"}),
        "random-strings-role",
        "`Principal` must be named, or held by a condition on account or organization, got '*'",
    ),
    Break(
        TRUST,
        "everyone but one",
        edit(
            "random-strings-role",
            lambda statements: statements[0].update(NotPrincipal=statements[0].pop("Principal")),
            "assumeRolePolicy",
        ),
        "random-strings-role",
        "`NotPrincipal` must not stand in a trust policy, got {'Service': 'lambda.amazonaws.com'}",
    ),
    Break(
        TRUST,
        "a service, for whomever",
        edit("ingest-role", lambda statements: statements[0].pop("Condition"), "assumeRolePolicy"),
        "ingest-role",
        "`Condition` must hold aws:SourceAccount or aws:SourceArn where 'firehose.amazonaws.com' takes the role,"
        " got none",
    ),
    Break(
        TRUST,
        "any subject of an identity provider",
        trusts({"Federated": "arn:aws:iam::210987654321:oidc-provider/tokens"}, StringLike={"tokens:sub": "*"}),
        "random-strings-role",
        "`Condition` must hold the token's subject where 'arn:aws:iam::210987654321:oidc-provider/tokens' vouches for"
        " who takes the role, got none",
    ),
)
