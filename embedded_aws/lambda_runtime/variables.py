"""What a function's process finds around it: environment variables, credentials, AWS's SDK."""

import importlib.util
import os
from pathlib import Path
from typing import Any

from embedded_aws import hooks, iam

_WORKERS = hooks.use("ministack.core.lambda_runtime", "execution_credentials")

SERVICE = "lambda.amazonaws.com"
SDK = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")
"""What AWS's Python runtimes carry beside the standard library, and what that needs."""


def link_sdk(folder: Path) -> None:
    """Make a folder that holds AWS's SDK and nothing else of this process's packages.

    A function that imports what is neither in its zip nor in AWS's runtime must fail here too.

    Raises:
        ModuleNotFoundError: a part of the SDK is not installed.
    """
    folder.mkdir(parents=True)
    for name in SDK:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(f"{name} is part of AWS's Python runtime and must be installed", name=name)
        source = Path(spec.origin)
        source = source.parent if source.name == "__init__.py" else source
        (folder / source.name).symlink_to(source)


def log_group(config: dict[str, Any]) -> str:
    """Name the log group of a function."""
    named: str | None = (config.get("LoggingConfig") or {}).get("LogGroup")
    return named or f"/aws/lambda/{config['FunctionName']}"


def assume_role(config: dict[str, Any]) -> iam.Principal:
    """Let Lambda assume a function's role, as the function it is for.

    Raises:
        iam.AccessDeniedError: the role is not there or does not trust Lambda for this function.
    """
    function_arn = unqualified_arn(config)
    context = {"aws:SourceAccount": function_arn.split(":")[4], "aws:SourceArn": function_arn}
    return iam.service_role(config["Role"], SERVICE, context, config["FunctionName"][:64])


def unqualified_arn(config: dict[str, Any]) -> str:
    """Give the function's ARN without version or alias."""
    return ":".join(config["FunctionArn"].split(":")[:7])


def variables(config: dict[str, Any], *, task: Path, sdk: Path, log_stream: str) -> dict[str, str]:
    """Give a process's environment: what AWS sets, the function's own, and nothing of this machine's.

    Args:
        config: the function's configuration.
        task: the folder of its code; what lies beside it is the process's own.
        sdk: folder of `link_sdk`.
        log_stream: name of its log stream.

    Raises:
        iam.AccessDeniedError: as `assume_role`, which AWS does at every cold start too.
    """
    assume_role(config)
    function_arn, logging = unqualified_arn(config), config.get("LoggingConfig") or {}
    region = function_arn.split(":")[3]
    return {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}",
        **((config.get("Environment") or {}).get("Variables") or {}),
        **_WORKERS.execution_credentials({**config, "FunctionArn": function_arn}),
        "PATH": os.defpath,
        "HOME": str(task.parent),
        "TMPDIR": str(task.parent),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "LAMBDA_TASK_ROOT": str(task),
        "LAMBDA_RUNTIME_DIR": str(sdk),
        "_HANDLER": config["Handler"],
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{config['Runtime']}",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_FUNCTION_NAME": config["FunctionName"],
        "AWS_LAMBDA_FUNCTION_VERSION": config["Version"],
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config["MemorySize"]),
        "AWS_LAMBDA_LOG_GROUP_NAME": log_group(config),
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_LAMBDA_LOG_FORMAT": logging.get("LogFormat", "Text"),
        "AWS_LAMBDA_LOG_LEVEL": logging.get("ApplicationLogLevel", "INFO"),
    }
