"""Kinds of resources: Pulumi's type tokens, each once, whatever older name a program uses for the same thing."""

BUCKET = "aws:s3/bucket:Bucket"
BUCKET_ACL = "aws:s3/bucketAcl:BucketAcl"
BUCKET_ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
BUCKET_LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
BUCKET_OWNERSHIP = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
BUCKET_VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
PUBLIC_ACCESS_BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"

RESOURCE_POLICIES = (
    BUCKET_POLICY,
    "aws:s3tables/tableBucketPolicy:TableBucketPolicy",
    "aws:s3tables/tablePolicy:TablePolicy",
    "aws:sns/topicPolicy:TopicPolicy",
    "aws:sqs/queuePolicy:QueuePolicy",
)
"""Policies that are resources of their own, of what this program has."""

QUEUE = "aws:sqs/queue:Queue"
QUEUE_POLICY = "aws:sqs/queuePolicy:QueuePolicy"
TOPIC = "aws:sns/topic:Topic"
TOPIC_POLICY = "aws:sns/topicPolicy:TopicPolicy"

ROLE = "aws:iam/role:Role"
ATTACHMENTS = (
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
    "aws:iam/policyAttachment:PolicyAttachment",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
)
IDENTITY_POLICIES = (
    "aws:iam/groupPolicy:GroupPolicy",
    "aws:iam/policy:Policy",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/userPolicy:UserPolicy",
)

FUNCTION = "aws:lambda/function:Function"
FUNCTION_PERMISSION = "aws:lambda/permission:Permission"
FUNCTION_URL = "aws:lambda/functionUrl:FunctionUrl"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"

TABLE_BUCKET = "aws:s3tables/tableBucket:TableBucket"
ICEBERG_TABLE = "aws-native:s3tables:Table"
ICEBERG_TABLE_OF_AWS = "aws:s3tables/table:Table"
ITEMS_TABLE = "aws:dynamodb/table:Table"
STREAM = "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream"
GRANT = "aws:lakeformation/permissions:Permissions"

USER_POOL = "aws:cognito/userPool:UserPool"
USER_POOL_CLIENTS = (
    "aws:cognito/managedUserPoolClient:ManagedUserPoolClient",
    "aws:cognito/userPoolClient:UserPoolClient",
)

REST_API = "aws:apigateway/restApi:RestApi"
API_RESOURCE = "aws:apigateway/resource:Resource"
AUTHORIZER = "aws:apigateway/authorizer:Authorizer"
METHOD = "aws:apigateway/method:Method"
METHOD_SETTINGS = "aws:apigateway/methodSettings:MethodSettings"
STAGE = "aws:apigateway/stage:Stage"

VPC_ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"

BILLING = "saas-metering:index:UsageBilling"
"""A component of this program."""


def kind_of(resource_type: str) -> str:
    """Return the kind of a type token: pulumi-aws has S3's resources under a second name, too, that ends with `V2`."""
    module, _, name = resource_type.rpartition(":")
    if module.startswith("aws:s3/") and name.endswith("V2"):
        return f"{module.removesuffix('V2')}:{name.removesuffix('V2')}"
    return resource_type
