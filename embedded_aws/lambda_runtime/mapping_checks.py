"""What an event source mapping of a queue needs: a role that may poll, and settings that AWS takes."""

from typing import Any

from embedded_aws import hooks, iam
from embedded_aws.lambda_runtime.invocations import FunctionArn, NoFunctionError, configuration, execution_role
from embedded_aws.queues import NO_QUEUE

_SQS = hooks.use("ministack.services.sqs", "_queue_by_arn")
_LAMBDA = hooks.use("ministack.services.lambda_svc", "_func_arn", "_resolve_existing_esm_function")

ACTIONS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
"""What the function's role must be allowed on the queue."""
MOST_WITHOUT_WINDOW, MOST = 10, 10_000
"""Messages in a batch: without, and with a batching window."""


def require(function: FunctionArn, queue_arn: str, *actions: str) -> None:
    """Demand that the function's role may do actions on a queue.

    Raises:
        NoFunctionError: there is no such function.
        iam.AccessDeniedError: it may not, or Lambda may not assume it.
    """
    role = execution_role(function)
    for action in actions:
        iam.require(role, action, queue_arn)


def problem(data: dict[str, Any]) -> str | None:
    """Say why AWS refuses a new mapping of a queue; None also for what ministack refuses by itself.

    Args:
        data: of CreateEventSourceMapping.
    """
    name, qualifier, refused = _LAMBDA._resolve_existing_esm_function(data.get("FunctionName", ""))
    if refused:
        return None
    queue_arn = data["EventSourceArn"]
    queue = _SQS._queue_by_arn(queue_arn)
    if queue is None:
        return f"Error occurred while ReceiveMessage. SQS Error Code: {NO_QUEUE}. SQS Error Message: {queue_arn}"
    function = FunctionArn(_LAMBDA._func_arn(name) + (f":{qualifier}" if qualifier else ""))
    visibility, timeout = int(queue["attributes"]["VisibilityTimeout"]), int(configuration(function)["Timeout"])
    if visibility < timeout:
        return f"Queue visibility timeout: {visibility} seconds is less than Function timeout: {timeout} seconds"
    return _size_problem(data) or _role_problem(function, queue_arn)


def _size_problem(data: dict[str, Any]) -> str | None:
    size, window = data.get("BatchSize", MOST_WITHOUT_WINDOW), data.get("MaximumBatchingWindowInSeconds") or 0
    if not 1 <= size <= MOST:
        return f"BatchSize: must be from 1 to {MOST}: {size}"
    if size > MOST_WITHOUT_WINDOW and not window:
        return (
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than "
            f"{MOST_WITHOUT_WINDOW}: {size}"
        )
    return None


def _role_problem(function: FunctionArn, queue_arn: str) -> str | None:
    for action in ACTIONS:
        try:
            require(function, queue_arn, action)
        except (iam.AccessDeniedError, NoFunctionError):
            call = action.split(":")[1]
            return f"The provided execution role does not have permissions to call {call} on SQS"
    return None
