"""Ways into the product that are not metered, logs that tell too much, and stacks that own too much."""

from metering_policy._reasons import ACCOUNT_WIDE, REQUIRED_VARIABLES
from tests.policy.breaking import Break, Change, add, both, change, depend, drop
from tests.policy.wire import made_up

LOGGED = "requests-logged"
THROTTLED = "requests-throttled"
KNOWN = "callers-known"
AROUND = "no-way-around-the-api"
PAYLOAD = "no-payload-in-logs"
RETENTION = "log-retention-set"
FUNCTION = "function-has-log-group"
OWNED = "account-settings-not-owned"
NATIVE = "native-for-tables-alone"
GRANTS = "grants-narrow"
LINE = "{" + "".join(f'"{number}":"{variable}",' for number, variable in enumerate(REQUIRED_VARIABLES))
GRANT = "aws:lakeformation/permissions:Permissions"


def grant(**inputs: object) -> Change:
    given = {"principal": "arn:aws:iam::210987654321:role/reader", "permissions": ["SELECT"], **inputs}
    return add(made_up(GRANT, **given))


BREAKS = (
    Break(
        LOGGED,
        "a stage without log",
        change("api-stage", accessLogSettings=None),
        "api-stage",
        "`accessLogSettings.destinationArn` must be a stream: a request without a line is never billed, got none",
    ),
    *(
        Break(
            LOGGED,
            f"a log that goes to {arn}",
            change("api-stage", accessLogSettings__destinationArn=arn),
            "api-stage",
            f"`accessLogSettings.destinationArn` must be a stream named amazon-apigateway-…, got {arn!r}",
        )
        for arn in (
            "arn:aws:logs:eu-west-7:210987654321:log-group:amazon-apigateway-x",
            "arn:aws:firehose:eu-west-7:210987654321:deliverystream/requests",
        )
    ),
    Break(
        LOGGED,
        "lines that the transform refuses",
        change("api-stage", accessLogSettings__format=LINE.replace("$context.status", "200") + '"v":"1"}'),
        "api-stage",
        "`accessLogSettings.format` must have ['$context.status']: the transform refuses every line without, got '{",
    ),
    Break(
        THROTTLED,
        "a stage without limits",
        drop("api-method-settings"),
        "api-stage",
        "it must have `MethodSettings` of the method path '*/*', got none",
    ),
    Break(
        THROTTLED,
        "limits of one method alone",
        change("api-method-settings", methodPath="usage/GET"),
        "api-stage",
        "it must have `MethodSettings` of the method path '*/*', got none",
    ),
    Break(
        THROTTLED,
        "no limit",
        change("api-method-settings", settings__throttlingRateLimit=-1),
        "api-stage",
        "`settings.throttlingRateLimit` of api-method-settings must be more than 0, got -1.0",
    ),
    Break(
        THROTTLED,
        "a limit that is left out",
        change("api-method-settings", settings__throttlingBurstLimit=None),
        "api-stage",
        "`settings.throttlingBurstLimit` of api-method-settings must be more than 0, got None",
    ),
    Break(
        KNOWN,
        "an open method",
        change("api-method-GET/usage", authorization="NONE"),
        "api-method-GET/usage",
        "`authorization` of GET /usage must be 'COGNITO_USER_POOLS', got 'NONE'",
    ),
    Break(
        KNOWN,
        "another method of the open page",
        change("api-method-GET/portal", httpMethod="POST"),
        "api-method-GET/portal",
        "`authorization` of POST /portal must be 'COGNITO_USER_POOLS', got 'NONE'",
    ),
    Break(
        KNOWN,
        "a method deep down",
        change("api-method-GET/invoices/{}/lines/{}/rows", authorization="AWS_IAM"),
        "api-method-GET/invoices/{}/lines/{}/rows",
        "`authorization` of GET /invoices/{number}/lines/{line}/rows must be 'COGNITO_USER_POOLS', got 'AWS_IAM'",
    ),
    Break(
        KNOWN,
        "a method of a resource that is not in the stack",
        depend("api-method-GET/portal", "resourceId"),
        "api-method-GET/portal",
        "`authorization` of GET /? must be 'COGNITO_USER_POOLS', got 'NONE'",
    ),
    Break(
        KNOWN,
        "a method without authorizer",
        change("api-method-GET/usage", authorizerId=None),
        "api-method-GET/usage",
        "`authorizerId` must be the user pool's authorizer, got none",
    ),
    Break(
        KNOWN,
        "another authorizer",
        change("api-authorizer", type="TOKEN"),
        "api-authorizer",
        "`type` must be 'COGNITO_USER_POOLS': the tenant is a claim of the pool's token, got 'TOKEN'",
    ),
    Break(
        AROUND,
        "a function with a URL",
        add(made_up("aws:lambda/functionUrl:FunctionUrl", authorizationType="NONE")),
        "made-up",
        "a function must have no URL of its own: its calls would be billed to nobody, got one for 'NONE'",
    ),
    Break(
        AROUND,
        "methods in a document",
        change("api-api", body="{}"),
        "api-api",
        "`body` must not be set: these rules see no methods in it",
    ),
    Break(
        PAYLOAD,
        "requests logged whole",
        change("api-method-settings", settings__dataTraceEnabled=True),
        "api-method-settings",
        "`settings.dataTraceEnabled` must be false: it logs every request and answer whole, got True",
    ),
    Break(
        PAYLOAD,
        "an execution log",
        change("api-method-settings", settings__loggingLevel="INFO"),
        "api-method-settings",
        "`settings.loggingLevel` must be 'OFF': execution logs hold headers and paths, got 'INFO'",
    ),
    Break(
        PAYLOAD,
        "variables that callers choose",
        change("api-stage", accessLogSettings__format=LINE + '"p":"$context.path","a":"$context.identity.userAgent"}'),
        "api-stage",
        "`accessLogSettings.format` must have variables of reasons.json alone,"
        " got ['$context.identity.userAgent', '$context.path']",
    ),
    Break(
        RETENTION,
        "a log without an end",
        change("ingest-logs", retentionInDays=None),
        "ingest-logs",
        "`retentionInDays` must be set, got None",
    ),
    Break(
        RETENTION,
        "a log for ever",
        change("billing-planner-logs", retentionInDays=0),
        "billing-planner-logs",
        "`retentionInDays` must be set, got 0",
    ),
    Break(
        FUNCTION,
        "a function that logs somewhere else",
        both(
            change("random-strings-function", loggingConfig__logGroup="/aws/lambda/another"),
            depend("random-strings-function", "loggingConfig"),
        ),
        "random-strings-function",
        "`loggingConfig.logGroup` must be a log group of this stack, got '/aws/lambda/another'",
    ),
    Break(
        FUNCTION,
        "a new function",
        add(made_up("aws:lambda/function:Function", name="mine")),
        "made-up",
        "`loggingConfig.logGroup` must be a log group of this stack, got '/aws/lambda/mine'",
    ),
    *(
        Break(OWNED, kind, add(made_up(kind)), "made-up", f"a stack must not own a {kind}: {reason}")
        for kind, reason in ACCOUNT_WIDE.items()
    ),
    *(
        Break(
            NATIVE,
            kind,
            add(made_up(kind)),
            "made-up",
            f"aws-native must make ['aws-native:s3tables:Table'] alone, got {kind}",
        )
        for kind in ("aws-native:s3:Bucket", "aws-native:lakeformation:DataLakeSettings", "aws-native:iam:Role")
    ),
    *(
        Break(
            GRANTS,
            f"a grant to {principal}",
            grant(principal=principal),
            "made-up",
            f"`principal` must be named, got {principal!r}",
        )
        for principal in ("IAM_ALLOWED_PRINCIPALS", "210987654321:IAMPrincipals")
    ),
    Break(
        GRANTS,
        "a grant that can be handed on",
        grant(permissionsWithGrantOptions=["SELECT"]),
        "made-up",
        "`permissionsWithGrantOptions` must be empty: readers grant nothing, got ['SELECT']",
    ),
    Break(
        GRANTS,
        "everything on every table",
        grant(permissions=["ALL"], table={"databaseName": "metering", "wildcard": True}),
        "made-up",
        "`permissions` must have ['ALL'] on one table alone, got ['ALL']",
    ),
)
