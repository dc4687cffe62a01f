"""Examples of what faces the callers: API Gateway and Cognito."""

from tests.embedded.resource_examples.world import (
    API,
    DEPLOYMENT,
    EXAMPLES,
    FUNCTION,
    METHOD,
    POOL,
    RESOURCE,
    STAGE,
    Example,
    World,
)


def _pool(_: World) -> Example:
    schema = {
        "name": "tenant_id",
        "attributeDataType": "String",
        "mutable": True,
        "stringAttributeConstraints": {"minLength": "1", "maxLength": "128"},
    }
    inputs = {
        "usernameAttributes": ["email"],
        "autoVerifiedAttributes": ["email"],
        "schemas": [schema],
        "adminCreateUserConfig": {"allowAdminCreateUserOnly": False},
        "passwordPolicy": {"minimumLength": 12.0, "requireSymbols": True},
        "accountRecoverySetting": {"recoveryMechanisms": [{"name": "verified_email", "priority": 1.0}]},
        "deletionProtection": "INACTIVE",
    }
    change = inputs | {"adminCreateUserConfig": {"allowAdminCreateUserOnly": True}}
    return Example(inputs, change, {"usernameAttributes": ["phone_number"]}, frozenset({"arn", "endpoint", "name"}))


def _client(world: World) -> Example:
    inputs = {
        "userPoolId": world.make(POOL)[0],
        "explicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        "readAttributes": ["email", "custom:tenant_id"],
        "writeAttributes": ["email"],
        "idTokenValidity": 60.0,
        "tokenValidityUnits": {"idToken": "minutes"},
        "preventUserExistenceErrors": "ENABLED",
    }
    return Example(inputs, inputs | {"idTokenValidity": 30.0}, {"userPoolId": "another"}, frozenset({"name"}))


def _api(_: World) -> Example:
    inputs = {
        "description": "one",
        "endpointConfiguration": {"types": "REGIONAL"},
        "binaryMediaTypes": ["image/png"],
        "tags": {"a": "1"},
    }
    change = {
        "description": "two",
        "endpointConfiguration": {"types": "EDGE"},
        "binaryMediaTypes": ["image/gif"],
        "disableExecuteApiEndpoint": True,
        "tags": {"b": "2"},
    }
    return Example(inputs, change, {}, frozenset({"arn", "executionArn", "rootResourceId", "name"}))


def _authorizer(world: World) -> Example:
    inputs = {
        "restApi": world.make(API)[0],
        "type": "COGNITO_USER_POOLS",
        "providerArns": [world.make(POOL)[1]["arn"]],
        "identitySource": "method.request.header.Authorization",
    }
    change = inputs | {"authorizerResultTtlInSeconds": 0.0, "providerArns": [world.make(POOL)[1]["arn"]]}
    return Example(inputs, change, {"restApi": "another"}, frozenset({"arn", "name"}))


def _validator(world: World) -> Example:
    inputs = {"restApi": world.make(API)[0], "validateRequestParameters": True}
    return Example(inputs, inputs | {"validateRequestBody": True}, {"restApi": "another"}, frozenset({"name"}))


def _response(world: World) -> Example:
    inputs = {
        "restApiId": world.make(API)[0],
        "responseType": "UNAUTHORIZED",
        "statusCode": "401",
        "responseTemplates": {"application/json": '{"message":$context.error.messageString}'},
    }
    change = inputs | {"responseParameters": {"gatewayresponse.header.WWW-Authenticate": "'Bearer'"}}
    return Example(inputs, change, {"responseType": "THROTTLED"})


def _resource(world: World) -> Example:
    id_, api = world.make(API)
    inputs = {"restApi": id_, "parentId": api["rootResourceId"], "pathPart": "random"}
    return Example(inputs, inputs | {"pathPart": "other"}, {"restApi": "another"}, frozenset({"path"}))


def _method(world: World) -> Example:
    resource = world.make(RESOURCE)[1] | {"id": world._made[-1][1]}
    inputs = {
        "restApi": resource["restApi"],
        "resourceId": resource["id"],
        "httpMethod": "GET",
        "authorization": "NONE",
        "requestParameters": {"method.request.querystring.len": False},
    }
    change = inputs | {
        "authorization": "AWS_IAM",
        "apiKeyRequired": True,
        "requestParameters": {"method.request.querystring.num": True},
    }
    return Example(inputs, change, {"httpMethod": "POST"})


def _integration(world: World) -> Example:
    method = world.make(METHOD)[1]
    function = world.make(FUNCTION)[1]
    inputs = {
        **{key: method[key] for key in ("restApi", "resourceId", "httpMethod")},
        "type": "AWS_PROXY",
        "integrationHttpMethod": "POST",
        "uri": function["invokeArn"],
    }
    return Example(inputs, inputs | {"timeoutMilliseconds": 5000.0}, {"type": "MOCK"})


def _deployment(world: World) -> Example:
    _, method = world.make(METHOD)
    mock = {key: method[key] for key in ("restApi", "resourceId", "httpMethod")} | {"type": "MOCK"}
    world.make("aws:apigateway/integration:Integration", mock)
    inputs = {"restApi": method["restApi"], "triggers": {"redeployment": "abc"}}
    return Example(
        inputs, inputs | {"description": "two"}, {"triggers": {"redeployment": "def"}}, frozenset({"createdDate"})
    )


def _stage(world: World) -> Example:
    id_, deployment = world.make(DEPLOYMENT)
    inputs = {"restApi": deployment["restApi"], "deployment": id_, "stageName": "a-b", "variables": {"a": "1"}}
    inputs["tags"] = {"a": "1"}
    change = inputs | {"variables": {"b": "2"}, "xrayTracingEnabled": True, "tags": {"b": "2"}}
    return Example(inputs, change, {"stageName": "other"}, frozenset({"arn", "executionArn", "invokeUrl"}))


def _method_settings(world: World) -> Example:
    stage = world.make(STAGE)[1]
    inputs = {
        "restApi": stage["restApi"],
        "stageName": stage["stageName"],
        "methodPath": "*/*",
        "settings": {"throttlingRateLimit": 10.5, "throttlingBurstLimit": 20.0},
    }
    return Example(inputs, inputs | {"settings": {"throttlingRateLimit": 1.0}}, {"methodPath": "a/GET"})


EXAMPLES |= {
    POOL: _pool,
    "aws:cognito/userPoolClient:UserPoolClient": _client,
    API: _api,
    "aws:apigateway/authorizer:Authorizer": _authorizer,
    "aws:apigateway/requestValidator:RequestValidator": _validator,
    "aws:apigateway/response:Response": _response,
    RESOURCE: _resource,
    METHOD: _method,
    "aws:apigateway/integration:Integration": _integration,
    DEPLOYMENT: _deployment,
    STAGE: _stage,
    "aws:apigateway/methodSettings:MethodSettings": _method_settings,
}
