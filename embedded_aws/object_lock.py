"""S3 Object Lock of the embedded AWS: what a write under a lock must be allowed, and which locks S3 refuses.

ministack keeps retention and enforces it on deletion; it would take a lock without permission, and one in the past.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from embedded_aws import hooks
from embedded_aws.server import EmbeddedAws

_S3 = hooks.use(
    "ministack.services.s3", "_error", "_find_xml_tag", "_object_lock_header_error", "_put_object_retention"
)
_ACTIONS = hooks.use("ministack.core.iam_actions", "fromstring", "s3_additional_checks")

MODES = ("GOVERNANCE", "COMPLIANCE")
_MODE, _UNTIL = "x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date"
_NO_CHECKSUM = (
    "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters"
)
_DEMANDED = {
    _MODE: "s3:PutObjectRetention",
    _UNTIL: "s3:PutObjectRetention",
    "x-amz-object-lock-legal-hold": "s3:PutObjectLegalHold",
}


def install(_: EmbeddedAws) -> None:
    """Put the checks around ministack's."""
    _ACTIONS.s3_additional_checks = _demanding(_ACTIONS.s3_additional_checks)
    _S3._object_lock_header_error = _checking(_S3._object_lock_header_error)
    _S3._put_object_retention = _in_the_future(_S3._put_object_retention)


def problem(mode: str | None, until: str | None, now: datetime) -> str | None:
    """Say why S3 refuses a lock of a write; None if it takes it, or none is wished for.

    Args:
        mode: as sent.
        until: as sent, an ISO time.
        now: S3's time.
    """
    if mode is None and until is None:
        return None
    if mode is None or until is None:
        return f"{_UNTIL} and {_MODE} must both be supplied"
    if mode not in MODES:
        return f"Unknown wormMode directive: {mode}"
    try:
        moment = datetime.fromisoformat(until)
    except ValueError:
        return "The retain until date must be provided in ISO 8601 format"
    if (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) <= now:
        return "The retain until date must be in the future!"
    return None


def has_checksum(headers: Mapping[str, str]) -> bool:
    """Tell whether a write says, ahead or in its trailer, what its content must add up to: S3 locks nothing without."""
    told = {name.lower() for name in headers} | {headers.get("x-amz-trailer", "").lower()}
    return "content-md5" in told or any(name.startswith("x-amz-checksum-") for name in told)


def _demanding(checks: Any) -> Any:
    """Demand the permission to lock of whoever writes an object with a lock."""

    def additional_checks(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]
    ) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = checks(method, path, headers, body, query)
        bucket, _, key = path.lstrip("/").partition("/")
        if not key or method not in ("PUT", "POST"):
            return found
        actions = {action for header, action in _DEMANDED.items() if headers.get(header)}
        return found + [(action, f"arn:aws:s3:::{bucket}/{key}") for action in sorted(actions)]

    return additional_checks


def _checking(header_error: Any) -> Any:
    def lock_header_error(bucket: str, headers: Mapping[str, str]) -> Any:
        mode, until = headers.get(_MODE) or None, headers.get(_UNTIL) or None
        if refusal := header_error(bucket, headers):
            return refusal
        if told := problem(mode, until, datetime.now(UTC)):
            return _S3._error("InvalidArgument", told, 400)
        return _S3._error("InvalidRequest", _NO_CHECKSUM, 400) if mode and not has_checksum(headers) else None

    return lock_header_error


def _in_the_future(put: Any) -> Any:
    def put_object_retention(bucket: str, key: str, body: bytes, *args: Any) -> Any:
        try:
            root = _ACTIONS.fromstring(body)
        except (SyntaxError, ValueError):
            return put(bucket, key, body, *args)  # ministack words the refusal
        mode, until = (_S3._find_xml_tag(root, name) for name in ("Mode", "RetainUntilDate"))
        told = problem(mode.text, until.text, datetime.now(UTC)) if mode is not None and until is not None else None
        return _S3._error("InvalidArgument", told, 400) if told else put(bucket, key, body, *args)

    return put_object_retention
