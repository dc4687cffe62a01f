"""DynamoDB's expressions, each checked and split once: ministack does both again for every item that it looks at."""

import functools
from typing import Any

from embedded_aws import hooks
from embedded_aws.server import EmbeddedAws

_ACTIONS = hooks.use("ministack.core.iam_actions", "dynamodb_service_context")
_ITEMS = hooks.use("ministack.services.dynamodb", "_condition_syntax_error", "_tokenize")

KEPT = 1024
"""A function writes the same few expressions again and again; what differs from call to call are their values."""


def install(_: EmbeddedAws) -> None:
    """Have the first call to DynamoDB that is authorized remember what an expression's text alone decides.

    Not earlier: ministack's DynamoDB starts a thread when it is imported, and a server may never be asked for it.
    """
    context_of = _ACTIONS.dynamodb_service_context
    remember = functools.cache(_remember)

    def service_context(body: bytes) -> dict[str, Any]:
        remember()
        found: dict[str, Any] = context_of(body)
        return found

    _ACTIONS.dynamodb_service_context = service_context


def _remember() -> None:
    _ITEMS._condition_syntax_error = functools.lru_cache(KEPT)(_ITEMS._condition_syntax_error)
    split = functools.lru_cache(KEPT)(_ITEMS._tokenize)

    def tokenize(text: str) -> list[Any]:
        return list(split(text))  # whoever asked may change it

    _ITEMS._tokenize = tokenize
