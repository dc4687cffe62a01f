"""REST APIs, and what belongs to one as a whole."""

from collections.abc import Mapping
from typing import Any, ClassVar

import boto3

from embedded_aws.resources._aws import arn, client, found, tag_outputs
from embedded_aws.resources._creator import Creator, Outputs, document
from embedded_aws.resources._shape import Shape, from_aws
from embedded_aws.resources.apigateway._patch import GONE, apis, patch, patch_list, retag_with


class RestApi(Creator):
    """`aws.apigateway.RestApi` made of resources (no `body`); its id is API Gateway's."""

    pulumi_type = "aws:apigateway/restApi:RestApi"
    shape: ClassVar[Shape] = {
        "name": "name",
        "description": "description",
        "apiKeySource": "apiKeySource",
        "binaryMediaTypes": "binaryMediaTypes",
        "minimumCompressionSize": "minimumCompressionSize",
        "disableExecuteApiEndpoint": "disableExecuteApiEndpoint",
        "policy": "policy",
        "tags": "tags",
        "endpointConfiguration": (
            "endpointConfiguration",
            {"types": "types", "ipAddressType": "ipAddressType", "vpcEndpointIds": "vpcEndpointIds"},
        ),
    }
    named_by = "name"

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:
        given = dict(args)
        if endpoint := given.get("endpointConfiguration"):
            given["endpointConfiguration"] = {**endpoint, "types": [endpoint["types"]]}
        if "minimumCompressionSize" in given:
            given["minimumCompressionSize"] = int(given["minimumCompressionSize"])
        if "policy" in given:
            given["policy"] = document(given["policy"])
        return str(client(session, "apigateway").create_rest_api(**given | {"name": name})["id"])

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the API with the id of its root resource."""
        gateway = client(session, "apigateway")
        api = found(gateway.get_rest_api, GONE, restApiId=id_)
        if api is None:
            return None
        pages = gateway.get_paginator("get_resources").paginate(restApiId=id_)
        root = next(item["id"] for page in pages for item in page["items"] if item["path"] == "/")
        outputs = {key: value for key, value in from_aws(self.shape, api).items() if value not in ("", [])}
        if endpoint := outputs.get("endpointConfiguration"):
            outputs["endpointConfiguration"] = {**endpoint, "types": endpoint["types"][0]}
        address = arn(session, "apigateway", f"/restapis/{id_}", with_account=False)
        return {
            **outputs,
            "rootResourceId": root,
            "arn": address,
            "executionArn": arn(session, "execute-api", id_),
            "createdDate": api["createdDate"].isoformat(),
            "region": session.region_name,
            **tag_outputs(gateway.get_tags(resourceArn=address)["tags"]),
        }

    def update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Outputs:
        """Change the API by patches."""
        self._consume(session, id_, news)
        gateway = client(session, "apigateway")
        plain = ("name", "description", "apiKeySource", "minimumCompressionSize", "disableExecuteApiEndpoint", "policy")
        wanted = {"name": olds["name"], **news}
        operations = patch(olds, wanted, {key: f"/{key}" for key in plain})
        before = olds.get("binaryMediaTypes", [])
        operations += [
            {"op": operation["op"], "path": f"/binaryMediaTypes/{operation['value'].replace('/', '~1')}"}
            for operation in patch_list(before, news.get("binaryMediaTypes") or [], "")
        ]
        kind, was = (side.get("endpointConfiguration", {}).get("types") for side in (news, olds))
        if kind and kind != was:
            operations.append({"op": "replace", "path": f"/endpointConfiguration/types/{was}", "value": kind})
        if operations:
            gateway.update_rest_api(restApiId=id_, patchOperations=operations)
        retag_with(gateway, olds, news)
        return self._outputs(session, id_, news)

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:  # noqa: ARG002 - the id is enough
        """Delete the API with all that it contains."""
        found(client(session, "apigateway").delete_rest_api, GONE, restApiId=id_)


class _PartOfApi(Creator):
    """Something with an id of API Gateway's own in an API.

    The id alone has to find it, so `read` looks through the APIs.
    """

    noun: ClassVar[str]
    """The API's calls are `create_`, `get_`, `update_` and `delete_` this."""
    id_parameter: ClassVar[str]

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:
        parameters = args | ({"name": name} if self.named_by else {})
        return str(getattr(client(session, "apigateway"), f"create_{self.noun}")(**parameters)["id"])

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give it, whichever API it is in."""
        gateway = client(session, "apigateway")
        get = getattr(gateway, f"get_{self.noun}")
        for api in apis(gateway):
            answer = found(get, GONE, restApiId=api, **{self.id_parameter: id_})
            if answer is not None:
                outputs = {key: value for key, value in from_aws(self.shape, answer).items() if value not in ("", [])}
                return outputs | {"restApi": api, "region": session.region_name} | self._computed(session, api, answer)
        return None

    def _computed(self, session: boto3.Session, api: str, answer: Mapping[str, Any]) -> Outputs:  # noqa: ARG002 - for subclasses
        return {}

    def _patch(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], operations: list[Any]) -> None:
        if operations:
            update = getattr(client(session, "apigateway"), f"update_{self.noun}")
            update(restApiId=olds["restApi"], patchOperations=operations, **{self.id_parameter: id_})

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:
        """Delete it from its API."""
        delete = getattr(client(session, "apigateway"), f"delete_{self.noun}")
        found(delete, GONE, restApiId=outputs["restApi"], **{self.id_parameter: id_})


class Authorizer(_PartOfApi):
    """`aws.apigateway.Authorizer`."""

    pulumi_type = "aws:apigateway/authorizer:Authorizer"
    noun = "authorizer"
    id_parameter = "authorizerId"
    shape: ClassVar[Shape] = {
        "restApi": "restApiId",
        "name": "name",
        "type": "type",
        "providerArns": "providerARNs",
        "identitySource": "identitySource",
        "identityValidationExpression": "identityValidationExpression",
        "authorizerUri": "authorizerUri",
        "authorizerCredentials": "authorizerCredentials",
        "authorizerResultTtlInSeconds": "authorizerResultTtlInSeconds",
    }
    replace_on = frozenset({"restApi"})
    named_by = "name"

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:
        defaults = {"type": "TOKEN", "identitySource": "method.request.header.Authorization"}
        return super()._create(session, name, defaults | {"authorizerResultTtlInSeconds": 300} | args)

    def _computed(self, session: boto3.Session, api: str, answer: Mapping[str, Any]) -> Outputs:
        path = f"/restapis/{api}/authorizers/{answer['id']}"
        return {"arn": arn(session, "apigateway", path, with_account=False)}

    def update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Outputs:
        """Change the authorizer by patches."""
        self._consume(session, id_, news)
        wanted = {"identitySource": "method.request.header.Authorization", "authorizerResultTtlInSeconds": 300}
        plain = sorted(set(self.shape) - {"restApi", "providerArns"})
        operations = patch(olds, {"name": olds["name"], "type": "TOKEN", **wanted, **news}, {k: f"/{k}" for k in plain})
        operations += patch_list(olds.get("providerArns", []), news.get("providerArns") or [], "/providerARNs")
        self._patch(session, id_, olds, operations)
        return self._outputs(session, id_, news)


class RequestValidator(_PartOfApi):
    """`aws.apigateway.RequestValidator`."""

    pulumi_type = "aws:apigateway/requestValidator:RequestValidator"
    noun = "request_validator"
    id_parameter = "requestValidatorId"
    shape: ClassVar[Shape] = {
        "restApi": "restApiId",
        "name": "name",
        "validateRequestBody": "validateRequestBody",
        "validateRequestParameters": "validateRequestParameters",
    }
    replace_on = frozenset({"restApi"})
    named_by = "name"

    def update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Outputs:
        """Change the validator by patches."""
        self._consume(session, id_, news)
        wanted = {"name": olds["name"], "validateRequestBody": False, "validateRequestParameters": False, **news}
        operations = patch(olds, wanted, {key: f"/{key}" for key in self.shape if key != "restApi"})
        self._patch(session, id_, olds, operations)
        return self._outputs(session, id_, news)


class Response(Creator):
    """`aws.apigateway.Response`, a gateway response; its id is `aggr-<api>-<type>`."""

    pulumi_type = "aws:apigateway/response:Response"
    shape: ClassVar[Shape] = {
        "restApiId": "restApiId",
        "responseType": "responseType",
        "statusCode": "statusCode",
        "responseParameters": "responseParameters",
        "responseTemplates": "responseTemplates",
    }
    replace_on = frozenset({"restApiId", "responseType"})

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:  # noqa: ARG002 - its type is its name
        client(session, "apigateway").put_gateway_response(**args)
        return f"aggr-{args['restApiId']}-{args['responseType']}"

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the response if it is not API Gateway's default one."""
        _, api, kind = id_.split("-")
        answer = found(client(session, "apigateway").get_gateway_response, GONE, restApiId=api, responseType=kind)
        if answer is None or answer.get("defaultResponse"):
            return None
        read = {key: value for key, value in from_aws(self.shape, answer).items() if value}
        return read | {"restApiId": api, "region": session.region_name}

    def _update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], args: dict[str, Any]) -> None:  # noqa: ARG002 - put whole
        self._create(session, id_, args)

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:  # noqa: ARG002 - the id is enough
        """Give the API back its default response."""
        _, api, kind = id_.split("-")
        found(client(session, "apigateway").delete_gateway_response, GONE, restApiId=api, responseType=kind)
