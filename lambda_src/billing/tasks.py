"""Tasks for the workers, as messages of the queue, and what nobody could do, as messages of the dead-letter queue."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

from billing.chunks import in_chunks

_MESSAGES_PER_REQUEST = 10
_TRIES = 10
_NAMES = ("rate", "number", "issue", "sweep")


class TaskError(ValueError):
    """A message is no task; it says why."""


class SendError(RuntimeError):
    """A queue does not take messages."""


@dataclass(frozen=True)
class Task:
    """What a worker is to do: rate a batch, number a run, issue a batch, or sweep the outbox."""

    task: Literal["rate", "number", "issue", "sweep"]
    run_id: str = ""
    attempt: str = ""
    batch: int = 0

    @classmethod
    def parse(cls, value: Any) -> Self:
        """Return the task that JSON values stand for.

        Raises:
            TaskError: they stand for none.
        """
        if not isinstance(value, dict) or value.get("task") not in _NAMES:
            raise TaskError(f"task must be one of {', '.join(_NAMES)}, got {_short(value)}")
        rest = {name: part for name, part in value.items() if name != "task"}
        kinds = {"run_id": str, "attempt": str, "batch": int}
        wanted = {"sweep": set[str](), "number": {"run_id", "attempt"}}.get(value["task"], set(kinds))
        if set(rest) != wanted or not all(type(part) is kinds[name] for name, part in rest.items()):
            raise TaskError(
                f"task {value['task']} must have {', '.join(sorted(wanted)) or 'no more'}, got {_short(rest)}"
            )
        return cls(**value)

    def to_json(self) -> dict[str, Any]:
        """Return what `parse` reads."""
        values = asdict(self)
        if self.task == "sweep":
            return {"task": self.task}
        return values if self.task != "number" else {name: values[name] for name in ("task", "run_id", "attempt")}


class Tasks:
    """The two queues.

    Args:
        client: of boto3, for SQS.
        queue: URL of the queue of tasks.
        dead_letters: URL of the dead-letter queue.
    """

    def __init__(self, client: Any, queue: str, dead_letters: str) -> None:
        self._client, self._queue, self._dead_letters = client, queue, dead_letters

    def send(self, tasks: Iterable[Task]) -> int:
        """Put tasks into the queue as they come, ten at a time; return how many there were.

        Raises:
            SendError: the queue does not take them, try after try.
        """
        count = 0
        for some in in_chunks(tasks, _MESSAGES_PER_REQUEST):
            left = {str(number): json.dumps(task.to_json()) for number, task in enumerate(some)}
            failures: list[Any] = []
            for _ in range(_TRIES):
                entries = [{"Id": number, "MessageBody": body} for number, body in left.items()]
                answer = self._client.send_message_batch(QueueUrl=self._queue, Entries=entries)
                failures = answer.get("Failed", [])
                left = {failure["Id"]: left[failure["Id"]] for failure in failures}
                if not left:
                    break
            else:
                raise SendError(f"queue {self._queue} refuses {len(left)} messages: {failures[0].get('Message')}")
            count += len(some)
        return count

    def bury(self, reason: str, **named: Any) -> None:
        """Put a message into the dead-letter queue that says what could not be done, and why."""
        body = json.dumps({"reason": reason, **named})  # in ASCII: SQS refuses some characters that an id may have
        self._client.send_message(QueueUrl=self._dead_letters, MessageBody=body)

    def most_receives(self) -> int:
        """Return how often a message is received before the queue gives it up."""
        answer = self._client.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["RedrivePolicy"])
        policy = json.loads(answer["Attributes"]["RedrivePolicy"])
        return int(policy["maxReceiveCount"])


def read_message(body: str) -> Task | None:
    """Return the task of a message; None for one that came back from the dead-letter queue and has nothing to do.

    A buried message may be moved back to the queue as it is: the task in it is done then. One about a tenant has none:
    the next run rates the tenant again.

    Raises:
        TaskError: the message is not JSON, or is no task.
    """
    try:
        value = json.loads(body)
    except ValueError as error:
        raise TaskError(f"message must be JSON, got {_short(body)}") from error
    if isinstance(value, Mapping) and "reason" in value:
        if "task" not in value:
            return None
        value = value["task"]
    return Task.parse(value)


def _short(value: Any) -> str:
    return repr(value)[:200]
