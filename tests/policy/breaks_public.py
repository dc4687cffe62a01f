"""Buckets, queues and topics that are the public's, or reached in the clear."""

import json
from typing import Any

from tests.policy.breaking import Break, add, change, drop, edit, permit
from tests.policy.wire import made_up

FIRST = "bucket-public-access-blocked"
FULL = "public-access-block-full"
ACL = "bucket-acl-private"
EVERYONE = "policy-not-for-everyone"
PLAIN = "plain-http-refused"
ATTACHED = "policy-attached"
NEW_BUCKET = tuple((rule, "made-up") for rule in (FIRST, ATTACHED, "bucket-encrypted"))
OPEN = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::made-up/*"}
DENIAL = "must deny s3:* to everyone if aws:SecureTransport is false, got no such statement"


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


BREAKS = (
    Break(
        FIRST,
        "a bucket without its block",
        drop("lake-results-access-block"),
        "lake-results",
        "the bucket must have a `BucketPublicAccessBlock` in this stack, got none",
    ),
    Break(
        FIRST,
        "a bucket whose ACLs count",
        drop("ingest-errors-ownership"),
        "ingest-errors",
        "the bucket must have `BucketOwnershipControls` with 'BucketOwnerEnforced' in this stack, got none",
    ),
    Break(
        FIRST,
        "a new bucket with nothing around it",
        add(made_up("aws:s3/bucket:Bucket", bucket="mine")),
        "made-up",
        "the bucket must have a `BucketPublicAccessBlock` in this stack, got none",
        also=NEW_BUCKET[1:],
    ),
    Break(
        FIRST,
        "a bucket by its older name",
        add(made_up("aws:s3/bucketV2:BucketV2", bucket="mine")),
        "made-up",
        "the bucket must have `BucketOwnershipControls` with 'BucketOwnerEnforced' in this stack, got none",
        also=NEW_BUCKET[1:],
    ),
    *(
        Break(
            FULL,
            f"{key} is off",
            change("billing-documents-access-block", **{key: False}),
            "billing-documents-access-block",
            f"`{key}` must be true, got False",
        )
        for key in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    ),
    Break(
        FULL,
        "one way is left out",
        change("lake-results-access-block", restrictPublicBuckets=None),
        "lake-results-access-block",
        "`restrictPublicBuckets` must be true, got None",
    ),
    Break(
        ACL,
        "an ACL on the bucket itself",
        change("lake-results", acl="public-read"),
        "lake-results",
        "`acl` must give nothing to the public, got 'public-read'",
    ),
    Break(
        ACL,
        "an ACL beside the bucket",
        add(made_up("aws:s3/bucketAcl:BucketAcl", bucket="mine", acl="authenticated-read")),
        "made-up",
        "`acl` must give nothing to the public, got 'authenticated-read'",
    ),
    Break(
        ACL,
        "a grant to a group",
        add(
            made_up(
                "aws:s3/bucketAclV2:BucketAclV2",
                bucket="mine",
                accessControlPolicy={
                    "grants": [{"grantee": {"uri": "http://acs.amazonaws.com/groups/global/AllUsers"}}]
                },
            )
        ),
        "made-up",
        "`grants` must name accounts and no group, got 'http://acs.amazonaws.com/groups/global/AllUsers'",
    ),
    Break(
        ACL,
        "whoever writes owns",
        change("lake-results-ownership", rule__objectOwnership="ObjectWriter"),
        "lake-results-ownership",
        "`rule.objectOwnership` must be 'BucketOwnerEnforced', so that no ACL counts, got 'ObjectWriter'",
    ),
    Break(
        EVERYONE,
        "a bucket policy for everyone",
        edit("lake-results-policy", lambda statements: statements.append(OPEN)),
        "lake-results-policy",
        "`policy` must permit nothing to everyone, got the principal '*'",
    ),
    Break(
        EVERYONE,
        "a policy of the table bucket for everyone",
        add(
            made_up(
                "aws:s3tables/tableBucketPolicy:TableBucketPolicy",
                resourcePolicy=policy({**OPEN, "Principal": {"AWS": ["*"]}, "Action": "s3tables:GetTableData"}),
            )
        ),
        "made-up",
        "`resourcePolicy` must permit nothing to everyone, got the principal {'AWS': ['*']}",
    ),
    Break(
        EVERYONE,
        "a key for everyone",
        add(made_up("aws:kms/key:Key", policy={"Statement": [{**OPEN, "Action": "kms:Decrypt", "Resource": "*"}]})),
        "made-up",
        "`policy` must permit nothing to everyone, got the principal '*'",
    ),
    Break(
        EVERYONE,
        "a condition that holds nobody off",
        edit(
            "billing-tasks-policy",
            lambda statements: statements.append({**OPEN, "Condition": {"StringLike": {"aws:PrincipalAccount": "*"}}}),
        ),
        "billing-tasks-policy",
        "`policy` must permit nothing to everyone, got the principal '*'",
    ),
    Break(
        EVERYONE,
        "everyone but one",
        permit(
            "operations-alarms-policy",
            {"NotPrincipal": {"AWS": "arn:aws:iam::1:root"}, "Action": "sns:Publish", "Resource": "x"},
        ),
        "operations-alarms-policy",
        "`policy` must permit nothing to everyone, got the principal {'AWS': 'arn:aws:iam::1:root'}",
    ),
    Break(
        EVERYONE,
        "a policy that is none",
        add(made_up("aws:s3tables/tablePolicy:TablePolicy", resourcePolicy="{")),
        "made-up",
        "`resourcePolicy` must be a policy as JSON, got '{'",
    ),
    Break(
        EVERYONE,
        "a policy without statements",
        add(made_up("aws:s3tables/tablePolicy:TablePolicy", resourcePolicy={"Version": "2012-10-17"})),
        "made-up",
        "`resourcePolicy` must be a policy with a list of statements, got {'Version': '2012-10-17'}",
    ),
    Break(PLAIN, "no denial", edit("lake-results-policy", list.clear), "lake-results-policy", f"`policy` {DENIAL}"),
    Break(
        PLAIN,
        "the objects are left out",
        edit("lake-results-policy", lambda statements: statements[0]["Resource"].pop()),
        "lake-results-policy",
        f"`policy` {DENIAL}",
    ),
    Break(
        PLAIN,
        "a second condition lets others pass",
        edit(
            "lake-results-policy",
            lambda statements: statements[0]["Condition"].update(StringEquals={"aws:PrincipalAccount": "1"}),
        ),
        "lake-results-policy",
        f"`policy` {DENIAL}",
    ),
    Break(
        PLAIN,
        "one principal is denied alone",
        edit("lake-results-policy", lambda statements: statements[0].update(Principal={"AWS": "arn:aws:iam::1:root"})),
        "lake-results-policy",
        f"`policy` {DENIAL}",
    ),
    Break(
        PLAIN,
        "one operation is denied alone",
        edit("billing-tasks-policy", lambda statements: statements[0].update(Action="sqs:SendMessage")),
        "billing-tasks-policy",
        "`policy` must deny sqs:* to everyone if aws:SecureTransport is false, got no such statement",
    ),
    Break(
        PLAIN,
        "a topic without denial",
        edit("operations-alarms-policy", lambda statements: statements.pop()),
        "operations-alarms-policy",
        "`policy` must deny sns:Publish to everyone if aws:SecureTransport is false, got no such statement",
    ),
    Break(
        ATTACHED,
        "a bucket without policy",
        drop("lake-results-policy"),
        "lake-results",
        "it must have a `BucketPolicy` in this stack, got none",
    ),
    Break(
        ATTACHED,
        "a queue without policy",
        drop("billing-dead-letters-policy"),
        "billing-dead-letters",
        "it must have a `QueuePolicy` in this stack, got none",
    ),
    Break(
        ATTACHED,
        "a topic without policy",
        drop("operations-alarms-policy"),
        "operations-alarms",
        "it must have a `TopicPolicy` in this stack, got none",
    ),
    Break(
        "bucket-encrypted",
        "a bucket that says nothing of encryption",
        drop("events-ingest-errors-encryption"),
        "events-ingest-errors",
        "it must have a `BucketServerSideEncryptionConfiguration` in this stack, got none",
    ),
    Break(
        "queue-and-stream-encrypted",
        "a queue in the clear",
        change("billing-tasks", sqsManagedSseEnabled=False),
        "billing-tasks",
        "`sqsManagedSseEnabled` must be true, or `kmsMasterKeyId` set, got False",
    ),
    Break(
        "queue-and-stream-encrypted",
        "a stream in the clear",
        change("ingest-stream", serverSideEncryption=None),
        "ingest-stream",
        "`serverSideEncryption.enabled` must be true, got None",
    ),
)
