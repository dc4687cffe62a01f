"""The lake through Athena: a query in, its answer row by row out."""

import csv
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from metering import tombstone
from metering.records import TABLES
from usage.sql import TableName

_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.1, 3.0
_PART_BYTES = 1024 * 1024
_LOCATION = re.compile(r"s3://([^/]+)/(.+)")
_SIZE = re.compile(r"bytes [0-9]+-[0-9]+/([0-9]+)")


class QueryError(RuntimeError):
    """Athena did not answer a query; the message has its id and Athena's reason."""


@dataclass(frozen=True)
class Answer:
    """What a query answered."""

    query_id: str
    header: list[str]
    rows: Iterator[list[str]]
    """Read as they are asked for; an empty text is null."""


class Lake(Protocol):
    """Where usage is asked for."""

    def tables(self) -> list[TableName]:
        """Return the tables of records."""
        ...

    def ask(self, sql: str) -> Callable[[], Answer]:
        """Start a query, and return what waits for its answer: all that are asked first run at once.

        What is returned raises a `QueryError` if there is no answer.
        """
        ...

    def query(self, sql: str) -> Answer:
        """Return the answer of a query.

        Raises:
            QueryError: there is none.
        """
        ...


class AthenaLake:
    """The lake's tables, asked through Athena.

    Args:
        athena: client of boto3, for Athena.
        s3: client of boto3, for S3, where Athena puts its answers.
        workgroup: of Athena.
        catalog: in which the database is.
        database: in which the tables are.
        names: role of a table -> its name; that of tombstones must be there.
        pause: waits for some seconds.
    """

    def __init__(
        self,
        athena: Any,
        s3: Any,
        *,
        workgroup: str,
        catalog: str,
        database: str,
        names: Mapping[str, str],
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._athena, self._s3, self._workgroup, self._pause = athena, s3, workgroup, pause
        tombstones = names[tombstone.ROLE]
        self._tables = [
            TableName(catalog, database, names[role], role, tombstones=tombstones) for role in TABLES if role in names
        ]

    def tables(self) -> list[TableName]:
        """Return the tables of records."""
        return self._tables

    def ask(self, sql: str) -> Callable[[], Answer]:
        """Start a query, and return what waits for its answer: all that are asked first run at once."""
        started = self._athena.start_query_execution(QueryString=sql, WorkGroup=self._workgroup)
        return partial(self._answer, started["QueryExecutionId"])

    def query(self, sql: str) -> Answer:
        """Run a query and return its answer.

        Raises:
            QueryError: the query failed or was cancelled.
        """
        return self.ask(sql)()

    def _answer(self, query_id: str) -> Answer:
        """Wait for a query, and return its answer."""
        return read_answer(self._s3, query_id, *place_of_answer(self._wait(query_id)))

    def _wait(self, query_id: str) -> dict[str, Any]:
        seconds = _FIRST_PAUSE_SECONDS
        while True:
            execution: dict[str, Any] = self._athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
            status = execution["Status"]
            if status["State"] == "SUCCEEDED":
                return execution
            if status["State"] in {"FAILED", "CANCELLED"}:
                reason = status.get("StateChangeReason", "no reason given")
                raise QueryError(f"query {query_id} {status['State'].lower()}: {reason}")
            self._pause(seconds)
            seconds = min(2 * seconds, _LONGEST_PAUSE_SECONDS)


def place_of_answer(execution: Mapping[str, Any]) -> tuple[str, str]:
    """Return bucket and key of the file that a query's execution has put its answer into.

    Raises:
        QueryError: it is not in S3.
    """
    query_id, result = execution["QueryExecutionId"], execution["ResultConfiguration"]
    found = _LOCATION.fullmatch(result["OutputLocation"])
    if not found:
        raise QueryError(f"query {query_id}: its answer must be in S3, is in {result}")
    return found[1], found[2]


def read_answer(s3: Any, query_id: str, bucket: str, key: str) -> Answer:
    """Return the answer that a file of Athena's has; only one part of it is held at a time."""
    rows = csv.reader(_lines(_content(s3, bucket, key)))
    return Answer(query_id, next(rows, []), rows)


def _lines(content: Iterable[bytes]) -> Iterator[str]:
    """Yield lines with their ends; a value in quotes may go over several."""
    rest = b""
    for part in content:
        *lines, rest = (rest + part).split(b"\n")
        for line in lines:
            yield line.decode() + "\n"
    if rest:
        yield rest.decode()


def _content(s3: Any, bucket: str, key: str) -> Iterator[bytes]:
    """Yield an object by one request per part: none stays open while other work is done in between."""
    at, size = 0, 1
    while at < size:
        answer = s3.get_object(Bucket=bucket, Key=key, Range=f"bytes={at}-{at + _PART_BYTES - 1}")
        found = _SIZE.fullmatch(answer["ContentRange"])
        if not found:
            raise QueryError(f"s3://{bucket}/{key}: must be read by parts, got {answer['ContentRange']}")
        size = int(found[1])
        part: bytes = answer["Body"].read()
        at += len(part)
        yield part
