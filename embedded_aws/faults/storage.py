"""Faults of S3: a bucket that takes no objects."""

from typing import Any

from embedded_aws import hooks
from embedded_aws.faults.book import FAULTS, Kind

_S3 = hooks.use("ministack.services.s3", "_error", "_put_object", "handle_request")
_MESSAGE = "We encountered an internal error. Please try again."


def install() -> None:
    """Put the fault around S3's requests, and around the puts of services in the process."""
    _S3.handle_request = _failing(_S3.handle_request)


def _failing(handle: Any) -> Any:
    async def handle_request(method: str, path: str, *args: Any, **kwargs: Any) -> Any:
        if FAULTS.any and method == "PUT":
            bucket, _, key = path.lstrip("/").partition("/")
            if key and FAULTS.strike(bucket, Kind.S3):
                return _S3._error("InternalError", _MESSAGE, 500, f"/{bucket}/{key}")
        return await handle(method, path, *args, **kwargs)

    return handle_request
