"""Deployments of an API and the stages that serve them."""

from collections.abc import Mapping
from typing import Any, ClassVar

import boto3

from embedded_aws.resources._aws import arn, client, found, tag_outputs
from embedded_aws.resources._creator import Creator, Outputs
from embedded_aws.resources._shape import Shape, from_aws
from embedded_aws.resources.apigateway._patch import GONE, patch, patch_map, retag_with, text
from embedded_aws.resources.apigateway.api import _PartOfApi

_SETTINGS = {
    "metricsEnabled": "metrics/enabled",
    "loggingLevel": "logging/loglevel",
    "dataTraceEnabled": "logging/dataTrace",
    "throttlingBurstLimit": "throttling/burstLimit",
    "throttlingRateLimit": "throttling/rateLimit",
    "cachingEnabled": "caching/enabled",
    "cacheTtlInSeconds": "caching/ttlInSeconds",
    "cacheDataEncrypted": "caching/dataEncrypted",
    "requireAuthorizationForCacheControl": "caching/requireAuthorizationForCacheControl",
    "unauthorizedCacheControlHeaderStrategy": "caching/unauthorizedCacheControlHeaderStrategy",
}
"""Setting of a method -> its path in a patch of the stage."""


class Deployment(_PartOfApi):
    """`aws.apigateway.Deployment`; a change of `triggers` makes a new one, the old one goes when no stage uses it."""

    pulumi_type = "aws:apigateway/deployment:Deployment"
    noun = "deployment"
    id_parameter = "deploymentId"
    shape: ClassVar[Shape] = {"restApi": "restApiId", "description": "description"}
    kept = frozenset({"triggers"})
    replace_on = frozenset({"restApi", "triggers"})

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:
        return super()._create(session, name, {key: value for key, value in args.items() if key not in self.kept})

    def _computed(self, session: boto3.Session, api: str, answer: Mapping[str, Any]) -> Outputs:  # noqa: ARG002 - of the answer
        return {"createdDate": answer["createdDate"].isoformat()}

    def _update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], args: dict[str, Any]) -> None:
        self._patch(session, id_, olds, patch(olds, args, {"description": "/description"}))


class Stage(Creator):
    """`aws.apigateway.Stage`; its id is `ags-<api>-<stage>`.

    `invokeUrl` is an address that answers here: API Gateway's own host name would lead out of the embedded AWS.
    """

    pulumi_type = "aws:apigateway/stage:Stage"
    shape: ClassVar[Shape] = {
        "restApi": "restApiId",
        "stageName": "stageName",
        "deployment": "deploymentId",
        "description": "description",
        "documentationVersion": "documentationVersion",
        "variables": "variables",
        "xrayTracingEnabled": "tracingEnabled",
        "tags": "tags",
        "accessLogSettings": ("accessLogSettings", {"destinationArn": "destinationArn", "format": "format"}),
    }
    replace_on = frozenset({"restApi", "stageName"})

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:  # noqa: ARG002 - `stageName` is it
        gateway = client(session, "apigateway")
        api, stage, logs = args["restApiId"], args["stageName"], args.get("accessLogSettings")
        # CreateStage takes no access log: like pulumi-aws, set it right after.
        gateway.create_stage(**{key: value for key, value in args.items() if key not in ("accessLogSettings", "tags")})
        if given := args.get("tags"):
            gateway.tag_resource(resourceArn=_stage_arn(session, api, stage), tags=given)
        if logs:
            operations = patch_map({}, logs, "/accessLogSettings")
            gateway.update_stage(restApiId=api, stageName=stage, patchOperations=operations)
        return f"ags-{api}-{stage}"

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the stage and where it is served."""
        _, api, name = id_.split("-", 2)
        gateway = client(session, "apigateway")
        stage = found(gateway.get_stage, GONE, restApiId=api, stageName=name)
        if stage is None:
            return None
        read = {key: value for key, value in from_aws(self.shape, stage).items() if value not in ("", {})}
        return {
            **read,
            "restApi": api,
            "arn": _stage_arn(session, api, name),
            "executionArn": arn(session, "execute-api", f"{api}/{name}"),
            "invokeUrl": f"{gateway.meta.endpoint_url}/_aws/execute-api/{api}/{name}",
            "region": session.region_name,
            **tag_outputs(gateway.get_tags(resourceArn=_stage_arn(session, api, name))["tags"]),
        }

    def update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Outputs:
        """Change the stage by patches, the deployment that it serves among them."""
        self._consume(session, id_, news)
        _, api, name = id_.split("-", 2)
        paths = {
            "deployment": "/deploymentId",
            "description": "/description",
            "documentationVersion": "/documentationVersion",
            "xrayTracingEnabled": "/tracingEnabled",
        }
        operations = patch(olds, {"xrayTracingEnabled": False, **news}, paths)
        operations += patch_map(olds.get("variables", {}), news.get("variables") or {}, "/variables")
        before, logs = olds.get("accessLogSettings", {}), news.get("accessLogSettings") or {}
        if before and not logs:
            operations.append({"op": "remove", "path": "/accessLogSettings"})
        else:
            operations += [
                {"op": "replace", "path": f"/accessLogSettings/{key}", "value": value}
                for key, value in logs.items()
                if before.get(key) != value
            ]
        gateway = client(session, "apigateway")
        if operations:
            gateway.update_stage(restApiId=api, stageName=name, patchOperations=operations)
        retag_with(gateway, olds, news)
        return self._outputs(session, id_, news)

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:  # noqa: ARG002 - the id is enough
        """Delete the stage."""
        _, api, name = id_.split("-", 2)
        found(client(session, "apigateway").delete_stage, GONE, restApiId=api, stageName=name)


def _stage_arn(session: boto3.Session, api: str, stage: str) -> str:
    return arn(session, "apigateway", f"/restapis/{api}/stages/{stage}", with_account=False)


class MethodSettings(Creator):
    """`aws.apigateway.MethodSettings` of a stage; its id is `<api>-<stage>-<method path>`."""

    pulumi_type = "aws:apigateway/methodSettings:MethodSettings"
    shape: ClassVar[Shape] = {
        "restApi": "restApiId",
        "stageName": "stageName",
        "methodPath": "methodPath",
        "settings": ("settings", {key: key for key in _SETTINGS}),
    }
    replace_on = frozenset({"restApi", "stageName", "methodPath"})

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:  # noqa: ARG002 - the path is its name
        api, stage, path = args["restApiId"], args["stageName"], args["methodPath"]
        operations = [
            {"op": "replace", "path": f"/{_encoded(path)}/{_SETTINGS[key]}", "value": text(value)}
            for key, value in args["settings"].items()
        ]
        client(session, "apigateway").update_stage(restApiId=api, stageName=stage, patchOperations=operations)
        return f"{api}-{stage}-{path}"

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the settings of the method path."""
        api, rest = id_.split("-", 1)
        stages = found(client(session, "apigateway").get_stages, GONE, restApiId=api)
        for stage in stages["item"] if stages else []:
            path = rest.removeprefix(f"{stage['stageName']}-")
            settings = stage.get("methodSettings", {}).get(path)
            if settings is not None and rest == f"{stage['stageName']}-{path}":
                return {
                    "restApi": api,
                    "stageName": stage["stageName"],
                    "methodPath": path,
                    "settings": {key: value for key, value in settings.items() if key in _SETTINGS},
                    "region": session.region_name,
                }
        return None

    def _update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], args: dict[str, Any]) -> None:
        self.delete(session, id_, olds)  # a setting that is left out goes back to its default
        self._create(session, id_, args)

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:  # noqa: ARG002 - of the outputs
        """Give the method path back its default settings."""
        operations = [{"op": "remove", "path": f"/{_encoded(outputs['methodPath'])}"}]
        update = client(session, "apigateway").update_stage
        found(update, GONE, restApiId=outputs["restApi"], stageName=outputs["stageName"], patchOperations=operations)


def _encoded(method_path: str) -> str:
    """Escape the resource's slashes; the one before the method stays."""
    resource, _, method = method_path.rpartition("/")
    return f"{resource.replace('~', '~0').replace('/', '~1')}/{method}"
