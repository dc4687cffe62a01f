"""What the types need that hold data and messages, or act by the clock: the second half of the table."""

from collections.abc import Mapping

from delivery_roles.needs import Needs, needs, passes_role

_TAGGING = "TagResource UntagResource"

STORAGE_TYPES: Mapping[str, tuple[Needs, ...]] = {
    "aws:s3/bucket:Bucket": (
        needs(
            "s3",
            read=(
                "GetAccelerateConfiguration GetBucketAcl GetBucketCORS GetBucketLocation GetBucketLogging"
                " GetBucketObjectLockConfiguration GetBucketPolicy GetBucketRequestPayment GetBucketTagging"
                " GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration GetLifecycleConfiguration"
                " GetReplicationConfiguration ListBucket ListTagsForResource"
            ),
            write=(
                "CreateBucket DeleteBucket PutBucketObjectLockConfiguration PutBucketTagging PutBucketVersioning"
                f" {_TAGGING}"
            ),
        ),
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": (
        needs("s3", read="GetLifecycleConfiguration", write="PutLifecycleConfiguration"),
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": (
        needs("s3", read="GetBucketOwnershipControls", write="PutBucketOwnershipControls"),
    ),
    "aws:s3/bucketPolicy:BucketPolicy": (
        needs("s3", read="GetBucketPolicy", write="DeleteBucketPolicy PutBucketPolicy"),
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": (
        needs("s3", read="GetBucketPublicAccessBlock", write="PutBucketPublicAccessBlock"),
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        needs("s3", read="GetEncryptionConfiguration", write="PutEncryptionConfiguration"),
    ),
    "aws:s3/bucketVersioning:BucketVersioning": (needs("s3", read="GetBucketVersioning", write="PutBucketVersioning"),),
    "aws:s3tables/namespace:Namespace": (
        needs("s3tables", read="GetNamespace", write="CreateNamespace DeleteNamespace"),
    ),
    "aws:s3tables/tableBucket:TableBucket": (
        needs(
            "s3tables",
            read=(
                "GetTableBucket GetTableBucketEncryption GetTableBucketMaintenanceConfiguration ListNamespaces"
                " ListTables ListTagsForResource"
            ),
            write=f"CreateTableBucket DeleteTableBucket PutTableBucketMaintenanceConfiguration {_TAGGING}",
        ),
    ),
    "aws:scheduler/schedule:Schedule": (
        needs("scheduler", read="GetSchedule", write="CreateSchedule DeleteSchedule UpdateSchedule"),
        passes_role(),
    ),
    "aws:scheduler/scheduleGroup:ScheduleGroup": (
        needs(
            "scheduler",
            read="GetScheduleGroup ListTagsForResource",
            write=f"CreateScheduleGroup DeleteScheduleGroup {_TAGGING}",
        ),
    ),
    "aws:sns/topic:Topic": (
        needs(
            "sns",
            read="GetTopicAttributes ListTagsForResource",
            write=f"CreateTopic DeleteTopic SetTopicAttributes {_TAGGING}",
        ),
    ),
    "aws:sns/topicPolicy:TopicPolicy": (needs("sns", read="GetTopicAttributes", write="SetTopicAttributes"),),
    "aws:sns/topicSubscription:TopicSubscription": (
        needs(
            "sns",
            read="GetSubscriptionAttributes ListSubscriptionsByTopic",
            write="SetSubscriptionAttributes Subscribe Unsubscribe",
        ),
    ),
    "aws:sqs/queue:Queue": (
        needs(
            "sqs",
            read="GetQueueAttributes GetQueueUrl ListQueueTags",
            write="CreateQueue DeleteQueue SetQueueAttributes TagQueue UntagQueue",
        ),
    ),
    "aws:sqs/queuePolicy:QueuePolicy": (needs("sqs", read="GetQueueAttributes", write="SetQueueAttributes"),),
}
