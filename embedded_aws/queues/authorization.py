"""Which action a call to SQS is authorized as: a batch is none of its own, it is the single one many times."""

from typing import Any

from embedded_aws import hooks

_ACTIONS = hooks.use("ministack.core.iam_actions", "extract_iam_action")
_SINGLE = {
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:SendMessageBatch": "sqs:SendMessage",
}


def install() -> None:
    """Let a batch be authorized as AWS does: policies have no word for it."""
    extract = _ACTIONS.extract_iam_action

    def extract_iam_action(*args: Any, **kwargs: Any) -> str | None:
        action: str | None = extract(*args, **kwargs)
        return _SINGLE.get(action, action) if action else None

    _ACTIONS.extract_iam_action = extract_iam_action
