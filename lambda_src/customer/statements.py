"""Queries that a page view asks for: each runs once a day, is waited for a moment, and leaves its answer as a file."""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from botocore.exceptions import ClientError

from billing.lake import place_of_answer

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 8.0
"""How long an answer is waited for: API Gateway waits for 29 s, and a person for less."""
TRIES = 3
"""How often a query is run on a day whose answer is not there: it failed, or its file was deleted since."""

_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.1, 1.0


class StatementError(RuntimeError):
    """A query has failed as often as it may on a day.

    Attributes:
        query_id: of the last try; Athena tells by it what went wrong.
    """

    def __init__(self, query_id: str) -> None:
        super().__init__(f"query {query_id} failed, as {TRIES - 1} before it")
        self.query_id = query_id


@dataclass(frozen=True)
class AnswerFile:
    """The file that a query's answer is in."""

    query_id: str
    bucket: str
    key: str
    size: int
    """Bytes."""


class Statements:
    """Queries of Athena's.

    Args:
        athena: client of boto3, for Athena.
        s3: client of boto3, for S3, where Athena puts its answers.
        workgroup: of Athena.
        clock: gives seconds that never go back.
        pause: waits for some seconds.
    """

    def __init__(
        self, athena: Any, s3: Any, *, workgroup: str, clock: Callable[[], float], pause: Callable[[float], None]
    ) -> None:
        self._athena, self._s3, self._workgroup = athena, s3, workgroup
        self._clock, self._pause = clock, pause

    def answer_of(self, sql: str, *subject: str) -> AnswerFile | None:
        """Return where the answer of a query is; None if Athena is still at work on it: call again then.

        Athena starts a query once for a token, and gives the same one again to whoever comes with the same token. The
        text is part of it, for Athena refuses a token that comes with another text, be it of a later version of this
        code or of another deployment in the account.

        Args:
            sql: the query.
            subject: what it is about, the day among it: the same query of the same subject is not run again.

        Raises:
            StatementError: the query failed, or its answer was deleted, `TRIES` times.
        """
        end, query_id = self._clock() + PATIENCE_SECONDS, ""
        for attempt in range(TRIES):
            query_id = self._start(sql, _token(*subject, str(attempt), self._workgroup, sql))
            execution = self._waited_for(query_id, end)
            if execution is None:
                return None
            if execution["Status"]["State"] != "SUCCEEDED":
                logger.warning("query %s %s", query_id, execution["Status"]["State"].lower())
            elif found := self._file(query_id, execution):
                return found
        raise StatementError(query_id)

    def _start(self, sql: str, token: str) -> str:
        started = self._athena.start_query_execution(
            QueryString=sql, WorkGroup=self._workgroup, ClientRequestToken=token
        )
        return str(started["QueryExecutionId"])

    def _waited_for(self, query_id: str, end: float) -> Mapping[str, Any] | None:
        """Return a query's execution once it has ended; None if that takes too long."""
        for seconds in _pauses():
            execution: Mapping[str, Any] = self._athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
            if execution["Status"]["State"] not in {"QUEUED", "RUNNING"}:
                return execution
            left = end - self._clock()
            if left <= 0:
                break
            self._pause(min(seconds, left))
        return None

    def _file(self, query_id: str, execution: Mapping[str, Any]) -> AnswerFile | None:
        """Return the file with a query's answer; None if it is there no more."""
        bucket, key = place_of_answer(execution)
        try:
            size = self._s3.head_object(Bucket=bucket, Key=key)["ContentLength"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "404":
                raise
            logger.info("query %s: its answer was deleted", query_id)
            return None
        return AnswerFile(query_id, bucket, key, size)


def _token(*parts: str) -> str:
    """Return a token of 64 characters, as Athena takes them; no two lists of parts have the same."""
    return sha256(json.dumps(parts).encode()).hexdigest()


def _pauses() -> Iterator[float]:
    seconds = _FIRST_PAUSE_SECONDS
    while True:
        yield seconds
        seconds = min(2 * seconds, _LONGEST_PAUSE_SECONDS)
