"""Answers of a function behind API Gateway's proxy integration."""

import json
from collections.abc import Mapping
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from proxy.request import Request

Response = dict[str, Any]
"""`statusCode`, `headers`, `body`, `isBase64Encoded`: just what API Gateway takes."""

NO_STORE = "no-store"
REVALIDATE = "private, no-cache"
"""The caller's own browser may keep it, and asks each time whether it is still the same."""


def json_response(status: HTTPStatus, value: Any, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with JSON that nobody keeps, unless the headers say otherwise."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return _response(status, {"Content-Type": "application/json", "Cache-Control": NO_STORE, **(headers or {})}, text)


def problem(status: HTTPStatus, detail: str, headers: Mapping[str, str] | None = None, **members: Any) -> Response:
    """Answer with RFC 9457 problem details.

    Args:
        status: of the answer; its phrase is the title.
        detail: what is wrong: the thing, the rule and the value, for a person.
        headers: more of them.
        members: more members of the problem, for a program.
    """
    value = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail, **members}
    return json_response(status, value, {"Content-Type": "application/problem+json", **(headers or {})})


def cached(request: Request, content_type: str, body: bytes, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with UTF-8 content that has an ETag: 304 without the content if the caller has it already."""
    etag = f'"{sha256(body).hexdigest()[:32]}"'
    kept = {"Cache-Control": REVALIDATE, "ETag": etag, "Vary": "Accept, Authorization", **(headers or {})}
    if _has(request.headers.get("if-none-match", ""), etag):
        return _response(HTTPStatus.NOT_MODIFIED, kept, "")
    return _response(HTTPStatus.OK, {"Content-Type": content_type, **kept}, body.decode())


def _has(known: str, etag: str) -> bool:
    """Tell whether an `If-None-Match` names a tag, weakly compared as RFC 9110 wants it."""
    tags = {tag.strip().removeprefix("W/") for tag in known.split(",")}
    return bool(tags & {etag, "*"})


def _response(status: HTTPStatus, headers: Mapping[str, str], body: str) -> Response:
    # Lone surrogates, which a caller's text may have, are no UTF-8: API Gateway would turn them into a 502.
    text = body.encode("utf-8", "backslashreplace").decode()
    guarded = {**headers, "X-Content-Type-Options": "nosniff"}
    return {"statusCode": status.value, "headers": guarded, "body": text, "isBase64Encoded": False}
