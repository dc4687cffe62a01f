"""DynamoDB's expressions, each checked and split once: ministack does both again for every item that it looks at."""

import functools
from typing import Any

from embedded_aws import hooks
from embedded_aws.server import EmbeddedAws

_ITEMS = hooks.use("ministack.services.dynamodb", "_condition_syntax_error", "_tokenize")

KEPT = 1024
"""A function writes the same few expressions again and again; what differs from call to call are their values."""


def install(_: EmbeddedAws) -> None:
    """Remember what an expression's text alone decides."""
    _ITEMS._condition_syntax_error = functools.lru_cache(KEPT)(_ITEMS._condition_syntax_error)
    split = functools.lru_cache(KEPT)(_ITEMS._tokenize)

    def tokenize(text: str) -> list[Any]:
        return list(split(text))  # whoever asked may change it

    _ITEMS._tokenize = tokenize
