"""What each resource type of the program needs, by its token. A type that is not here fails a test, and an `up`.

The actions are those that pulumi-aws's and Cloud Control's handlers call for the properties that the program sets.
Emptying is not among them: nobody who deploys by a role of these deletes an object, a row or an item.
"""

from collections.abc import Mapping

from delivery_roles.needs import Needs, needs, passes_role

_TAGGING = "TagResource UntagResource"
_GATEWAY = needs("apigateway", read="GET", write="DELETE PATCH POST PUT")

RESOURCE_TYPES: Mapping[str, tuple[Needs, ...]] = {
    # Cloud Control: AWS asks for its own actions, and for those of the service behind it.
    "aws-native:s3tables:Table": (
        needs(
            "cloudformation",
            read="GetResource GetResourceRequestStatus",
            write="CancelResourceRequest CreateResource DeleteResource UpdateResource",
        ),
        needs(
            "s3tables",
            read=(
                "GetTable GetTableEncryption GetTableMaintenanceConfiguration GetTableMetadataLocation GetTablePolicy"
                " GetTableRecordExpirationConfiguration GetTableStorageClass ListTagsForResource"
            ),
            write=f"CreateTable DeleteTable PutTableData PutTableMaintenanceConfiguration {_TAGGING}",
        ),
    ),
    "aws:apigateway/authorizer:Authorizer": (_GATEWAY, needs("cognito-idp", read="DescribeUserPool")),
    "aws:apigateway/deployment:Deployment": (_GATEWAY,),
    "aws:apigateway/integration:Integration": (_GATEWAY,),
    "aws:apigateway/method:Method": (_GATEWAY,),
    "aws:apigateway/methodSettings:MethodSettings": (_GATEWAY,),
    "aws:apigateway/resource:Resource": (_GATEWAY,),
    "aws:apigateway/restApi:RestApi": (_GATEWAY,),
    "aws:apigateway/stage:Stage": (
        _GATEWAY,
        needs("firehose", read="DescribeDeliveryStream"),
        # API Gateway writes access logs by a role that AWS makes in the account for its first such stage.
        needs("iam", write="CreateServiceLinkedRole", scope="gateway-linked-role"),
    ),
    "aws:athena/namedQuery:NamedQuery": (
        needs("athena", read="GetNamedQuery", write="CreateNamedQuery DeleteNamedQuery UpdateNamedQuery"),
    ),
    "aws:athena/workgroup:Workgroup": (
        needs(
            "athena",
            read="GetWorkGroup ListTagsForResource",
            write=f"CreateWorkGroup DeleteWorkGroup UpdateWorkGroup {_TAGGING}",
        ),
    ),
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": (
        needs(
            "cloudwatch",
            read="DescribeAlarms ListTagsForResource",
            write=f"DeleteAlarms PutCompositeAlarm {_TAGGING}",
        ),
    ),
    "aws:cloudwatch/dashboard:Dashboard": (
        needs("cloudwatch", read="GetDashboard", write="DeleteDashboards PutDashboard"),
    ),
    "aws:cloudwatch/logGroup:LogGroup": (
        needs(
            "logs",
            read="DescribeLogGroups ListTagsForResource",
            write=f"CreateLogGroup DeleteLogGroup DeleteRetentionPolicy PutRetentionPolicy {_TAGGING}",
        ),
    ),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": (
        needs("logs", read="DescribeMetricFilters", write="DeleteMetricFilter PutMetricFilter"),
    ),
    "aws:cloudwatch/logStream:LogStream": (
        needs("logs", read="DescribeLogStreams", write="CreateLogStream DeleteLogStream"),
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": (
        needs("cloudwatch", read="DescribeAlarms ListTagsForResource", write=f"DeleteAlarms PutMetricAlarm {_TAGGING}"),
    ),
    "aws:cognito/userPool:UserPool": (
        needs(
            "cognito-idp",
            read="DescribeUserPool GetUserPoolMfaConfig ListTagsForResource",
            write=(
                "AddCustomAttributes CreateUserPool DeleteUserPool SetUserPoolMfaConfig TagResource UntagResource"
                " UpdateUserPool"
            ),
        ),
    ),
    "aws:cognito/userPoolClient:UserPoolClient": (
        needs(
            "cognito-idp",
            read="DescribeUserPoolClient",
            write="CreateUserPoolClient DeleteUserPoolClient UpdateUserPoolClient",
        ),
    ),
    "aws:dynamodb/table:Table": (
        needs(
            "dynamodb",
            read="DescribeContinuousBackups DescribeTable DescribeTimeToLive ListTagsOfResource",
            write=f"CreateTable DeleteTable UpdateContinuousBackups UpdateTable UpdateTimeToLive {_TAGGING}",
        ),
    ),
    "aws:glue/catalogDatabase:CatalogDatabase": (
        needs("glue", read="GetDatabase GetTags", write="CreateDatabase DeleteDatabase UpdateDatabase", scope="link"),
    ),
    "aws:iam/policy:Policy": (
        needs(
            "iam",
            read="GetPolicy GetPolicyVersion ListPolicyTags ListPolicyVersions",
            write="CreatePolicy CreatePolicyVersion DeletePolicy DeletePolicyVersion TagPolicy UntagPolicy",
            scope="policies",
        ),
    ),
    "aws:iam/role:Role": (
        needs(
            "iam",
            read="GetRole ListAttachedRolePolicies ListRolePolicies ListRoleTags",
            write=(
                "CreateRole DeleteRole ListInstanceProfilesForRole TagRole UntagRole UpdateAssumeRolePolicy UpdateRole"
                " UpdateRoleDescription"
            ),
        ),
    ),
    "aws:iam/rolePolicy:RolePolicy": (needs("iam", read="GetRolePolicy", write="DeleteRolePolicy PutRolePolicy"),),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": (
        needs("iam", read="ListAttachedRolePolicies"),
        needs("iam", write="AttachRolePolicy DetachRolePolicy", scope="attached-roles"),
    ),
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": (
        needs(
            "firehose",
            read="DescribeDeliveryStream ListTagsForDeliveryStream",
            write=(
                "CreateDeliveryStream DeleteDeliveryStream StartDeliveryStreamEncryption StopDeliveryStreamEncryption"
                " TagDeliveryStream UntagDeliveryStream UpdateDestination"
            ),
        ),
        passes_role(),
    ),
    "aws:lakeformation/permissions:Permissions": (
        needs("lakeformation", read="ListPermissions", write="GrantPermissions RevokePermissions"),
    ),
    "aws:lambda/alias:Alias": (needs("lambda", read="GetAlias", write="CreateAlias DeleteAlias UpdateAlias"),),
    "aws:lambda/eventSourceMapping:EventSourceMapping": (
        needs(
            "lambda",
            read="GetEventSourceMapping ListTags",
            write=f"CreateEventSourceMapping DeleteEventSourceMapping UpdateEventSourceMapping {_TAGGING}",
        ),
    ),
    "aws:lambda/function:Function": (
        needs(
            "lambda",
            read="GetFunction GetFunctionCodeSigningConfig GetFunctionConfiguration ListTags ListVersionsByFunction",
            write=(
                "CreateFunction DeleteFunction PublishVersion UpdateFunctionCode UpdateFunctionConfiguration"
                f" {_TAGGING}"
            ),
        ),
        passes_role(),
    ),
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": (
        needs(
            "lambda",
            read="GetFunctionEventInvokeConfig",
            write="DeleteFunctionEventInvokeConfig PutFunctionEventInvokeConfig UpdateFunctionEventInvokeConfig",
        ),
    ),
    "aws:lambda/permission:Permission": (needs("lambda", read="GetPolicy", write="AddPermission RemovePermission"),),
}
