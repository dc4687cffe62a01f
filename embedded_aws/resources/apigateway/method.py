"""Paths of an API, their methods, and what stands behind each method."""

from collections.abc import Mapping
from typing import Any, ClassVar

import boto3

from embedded_aws.resources._aws import client, found
from embedded_aws.resources._creator import Creator, Outputs
from embedded_aws.resources._shape import Shape, from_aws
from embedded_aws.resources.apigateway._patch import GONE, patch, patch_list, patch_map
from embedded_aws.resources.apigateway.api import _PartOfApi


class Resource(_PartOfApi):
    """`aws.apigateway.Resource`, one segment of a path."""

    pulumi_type = "aws:apigateway/resource:Resource"
    noun = "resource"
    id_parameter = "resourceId"
    shape: ClassVar[Shape] = {"restApi": "restApiId", "parentId": "parentId", "pathPart": "pathPart"}
    replace_on = frozenset({"restApi"})

    def _computed(self, session: boto3.Session, api: str, answer: Mapping[str, Any]) -> Outputs:  # noqa: ARG002 - of the answer
        return {"path": answer["path"]}

    def _update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], args: dict[str, Any]) -> None:
        self._patch(session, id_, olds, patch(olds, args, {"parentId": "/parentId", "pathPart": "/pathPart"}))


def _place(id_: str) -> dict[str, str]:
    _, api, resource, method = id_.split("-")
    return {"restApiId": api, "resourceId": resource, "httpMethod": method}


def _outputs_of(session: boto3.Session, id_: str) -> Outputs:
    place = _place(id_)
    return {
        "restApi": place["restApiId"],
        "resourceId": place["resourceId"],
        "httpMethod": place["httpMethod"],
        "region": session.region_name,
    }


class Method(Creator):
    """`aws.apigateway.Method`; its id is `agm-<api>-<resource>-<method>`."""

    pulumi_type = "aws:apigateway/method:Method"
    shape: ClassVar[Shape] = {
        "restApi": "restApiId",
        "resourceId": "resourceId",
        "httpMethod": "httpMethod",
        "authorization": "authorizationType",
        "authorizerId": "authorizerId",
        "authorizationScopes": "authorizationScopes",
        "apiKeyRequired": "apiKeyRequired",
        "operationName": "operationName",
        "requestModels": "requestModels",
        "requestParameters": "requestParameters",
        "requestValidatorId": "requestValidatorId",
    }
    replace_on = frozenset({"restApi", "resourceId", "httpMethod"})

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:  # noqa: ARG002 - a method has no name
        client(session, "apigateway").put_method(**args)
        return f"agm-{args['restApiId']}-{args['resourceId']}-{args['httpMethod']}"

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the method."""
        answer = found(client(session, "apigateway").get_method, GONE, **_place(id_))
        if answer is None:
            return None
        read = {key: value for key, value in from_aws(self.shape, answer).items() if value not in ("", [], {})}
        return read | _outputs_of(session, id_)

    def update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Outputs:
        """Change the method by patches."""
        self._consume(session, id_, news)
        paths = {
            "authorization": "/authorizationType",
            "authorizerId": "/authorizerId",
            "apiKeyRequired": "/apiKeyRequired",
            "operationName": "/operationName",
            "requestValidatorId": "/requestValidatorId",
        }
        operations = patch(olds, {"apiKeyRequired": False, **news}, paths)
        for key in ("requestModels", "requestParameters"):
            operations += patch_map(olds.get(key, {}), news.get(key) or {}, f"/{key}")
        scopes = news.get("authorizationScopes") or []
        operations += patch_list(olds.get("authorizationScopes", []), scopes, "/authorizationScopes")
        if operations:
            client(session, "apigateway").update_method(**_place(id_), patchOperations=operations)
        return self._outputs(session, id_, news)

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:  # noqa: ARG002 - the id is enough
        """Delete the method."""
        found(client(session, "apigateway").delete_method, GONE, **_place(id_))


class Integration(Creator):
    """`aws.apigateway.Integration`; its id is `agi-<api>-<resource>-<method>`. It is put anew on every change."""

    pulumi_type = "aws:apigateway/integration:Integration"
    shape: ClassVar[Shape] = {
        "restApi": "restApiId",
        "resourceId": "resourceId",
        "httpMethod": "httpMethod",
        "type": "type",
        "integrationHttpMethod": "integrationHttpMethod",
        "uri": "uri",
        "credentials": "credentials",
        "connectionType": "connectionType",
        "connectionId": "connectionId",
        "contentHandling": "contentHandling",
        "passthroughBehavior": "passthroughBehavior",
        "timeoutMilliseconds": "timeoutInMillis",
        "cacheNamespace": "cacheNamespace",
        "cacheKeyParameters": "cacheKeyParameters",
        "requestParameters": "requestParameters",
        "requestTemplates": "requestTemplates",
    }
    replace_on = frozenset(
        {"restApi", "resourceId", "httpMethod", "type", "integrationHttpMethod", "passthroughBehavior"}
    )

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:  # noqa: ARG002 - an integration has no name
        client(session, "apigateway").put_integration(**args)
        return f"agi-{args['restApiId']}-{args['resourceId']}-{args['httpMethod']}"

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the integration."""
        answer = found(client(session, "apigateway").get_integration, GONE, **_place(id_))
        if answer is None:
            return None
        described = {**answer, "integrationHttpMethod": answer.get("httpMethod")}
        read = {key: value for key, value in from_aws(self.shape, described).items() if value not in ("", [], {})}
        return read | _outputs_of(session, id_)

    def _update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], args: dict[str, Any]) -> None:  # noqa: ARG002 - put whole
        self._create(session, id_, args)

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:  # noqa: ARG002 - the id is enough
        """Delete the integration."""
        found(client(session, "apigateway").delete_integration, GONE, **_place(id_))
