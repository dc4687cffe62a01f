"""What AWS refuses when a stage is made or changed: access logs that cannot work, unknown deployments."""

import re
from typing import Any

from embedded_aws import hooks
from embedded_aws.gateway import access_log

_API = hooks.use(
    "ministack.services.apigateway_v1",
    "_create_stage",
    "_deployments_v1",
    "_method_throttle_settings",
    "_rest_apis",
    "_stages_v1",
    "_update_stage",
    "_v1_error",
)
_LOG_GROUP = re.compile(r"arn:[^:]+:logs:[^:]+:\d{12}:log-group:[^:]+(:\*)?")
_STREAM = re.compile(r"arn:[^:]+:firehose:[^:]+:\d{12}:deliverystream/amazon-apigateway-[A-Za-z0-9_.-]+")
_SETTINGS = "/accessLogSettings"
_OPERATIONS = frozenset({"add", "remove", "replace", "copy"})
_PATHS = re.compile(
    r"/accessLogSettings(/destinationArn|/format)?|/cacheCluster(Enabled|Size)|/canarySettings(/.+)?"
    r"|/clientCertificateId|/deploymentId|/description|/documentationVersion|/tracingEnabled|/variables/.+"
    # a method's settings: `/<resource, its slashes as ~1>/<method>/<group>/<setting>`, both may be `*`
    r"|/(?!accessLogSettings/|variables/)[^/]+/[^/]+(/(metrics|logging|throttling|caching)/[A-Za-z]+)?"
)


def install() -> None:
    """Check CreateStage and UpdateStage; take a negative throttling limit for none, as AWS does."""
    create, update, throttle = _API._create_stage, _API._update_stage, _API._method_throttle_settings

    def create_stage(api_id: str, data: dict[str, Any]) -> Any:
        if data.get("stageName") in _API._stages_v1.get(api_id, {}):
            return _API._v1_error("ConflictException", "Stage already exists", 409)
        settings, deployment = data.get("accessLogSettings") or {}, data.get("deploymentId", "")
        return _refusal(api_id, settings, deployment) or create(api_id, data)

    def update_stage(api_id: str, stage_name: str, data: dict[str, Any]) -> Any:
        stage = _API._stages_v1.get(api_id, {}).get(stage_name)
        if stage is None:
            return update(api_id, stage_name, data)
        problem = _patch_problem(data.get("patchOperations") or [])
        if problem:
            return _API._v1_error("BadRequestException", problem, 400)
        settings, deployment = _patched(stage, data.get("patchOperations", []))
        return _refusal(api_id, settings, deployment) or update(api_id, stage_name, data)

    def throttle_settings(*args: Any) -> Any:
        limits = throttle(*args)
        unlimited = limits is not None and float(limits.get("throttlingRateLimit") or 0) < 0
        return None if unlimited else limits

    _API._create_stage, _API._update_stage, _API._method_throttle_settings = (
        create_stage,
        update_stage,
        throttle_settings,
    )


def _patch_problem(operations: Any) -> str | None:
    """Tell what AWS refuses in a stage's patch: left in, a mistyped path would change nothing and say nothing."""
    if not isinstance(operations, list) or not all(isinstance(one, dict) for one in operations):
        return "Invalid patchOperations specified: a list of objects is needed"
    for one in operations:
        if one.get("op") not in _OPERATIONS:
            return f"Invalid patch operation specified. Must be one of: {sorted(_OPERATIONS)}: {one.get('op')!r}"
        if not _PATHS.fullmatch(str(one.get("path"))):
            return f"Invalid patch path '{one.get('path')}' specified for op '{one['op']}'"
    return None


def _patched(stage: dict[str, Any], operations: list[dict[str, Any]]) -> tuple[dict[str, str], str]:
    """Give the access log settings and the deployment that a stage would have after a patch."""
    settings, deployment = dict(stage.get("accessLogSettings") or {}), stage.get("deploymentId", "")
    for operation in operations:
        path, value = operation.get("path", ""), operation.get("value")
        if path == "/deploymentId":
            deployment = value
        elif path == _SETTINGS and operation.get("op") == "remove":
            settings = {}
        elif path.startswith(f"{_SETTINGS}/"):
            settings[path.removeprefix(f"{_SETTINGS}/")] = value
    return {key: value for key, value in settings.items() if value}, deployment


def _refusal(api_id: str, settings: dict[str, str], deployment: str) -> Any:
    """Give AWS's error for settings that it does not take, or None."""
    if api_id not in _API._rest_apis:
        return None  # ministack says so
    message = None
    if deployment not in _API._deployments_v1.get(api_id, {}):
        message = f"Deployment id does not exist: {deployment!r}"
    elif "destinationArn" in settings:
        message = _destination_problem(settings["destinationArn"])
    if message is None and "format" in settings:
        message = access_log.problem(settings["format"])
    return _API._v1_error("BadRequestException", message, 400) if message else None


def _destination_problem(arn: str) -> str | None:
    if _LOG_GROUP.fullmatch(arn) or _STREAM.fullmatch(arn):
        return None
    return (
        "Invalid ARN specified in the request. ARN should be arn:aws:logs:<region>:<account>:log-group:<name> "
        "or arn:aws:firehose:<region>:<account>:deliverystream/amazon-apigateway-<name>: "
        f"{arn!r}"
    )
