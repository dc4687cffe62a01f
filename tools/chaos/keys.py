"""The keys of what was answered beside the keys of the rows: the same, each once."""

import csv
import io
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.chaos.clients import ID_BYTES, SOURCE
from tools.lake import QueryFailedError
from tools.outputs import StackOutputs

_POLL_SECONDS = 0.1
_SHOWN = 5


@dataclass(frozen=True)
class Compared:
    """Two sets of keys.

    Attributes:
        answered: keys that clients know.
        rows: keys of the table.
        missing: how many of the answered are no rows.
        unknown: how many rows are of no answer.
        repeated: how many answers had a key that another one had.
        examples: some of the missing and the unknown.
    """

    answered: int
    rows: int
    missing: int
    unknown: int
    repeated: int
    examples: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether they are the same, each key once."""
        return not (self.missing or self.unknown or self.repeated)


def compare(answered: Iterable[str], rows: Iterable[str]) -> Compared:
    """Compare keys; one set is held, of the answered.

    Args:
        answered: the keys that clients know.
        rows: the table's distinct keys.
    """
    left: set[str] = set()
    repeated = known = found = unknown = 0
    examples: list[str] = []
    for key in answered:
        known += 1
        repeated += key in left
        left.add(key)
    for key in rows:
        found += 1
        if key in left:
            left.remove(key)
        else:
            unknown += 1
            examples += [f"unknown {key}"] if len(examples) < _SHOWN else []
    examples += [f"missing {key}" for key, _ in zip(sorted(left), range(_SHOWN), strict=False)]
    return Compared(known, found, len(left), unknown, repeated, tuple(examples))


def answered_requests(folder: Path) -> Iterator[str]:
    """Yield the ids of all answered requests."""
    for path in sorted(folder.glob("ids-*")):
        with path.open("rb") as file:
            while one := file.read(ID_BYTES):
                yield one.decode("ascii").strip()


def accepted_events(folder: Path) -> Iterator[str]:
    """Yield tenant and id of all accepted events."""
    for path in sorted(folder.glob("events-*")):
        with path.open() as file:
            for line in file:
                yield line.rstrip("\n")


class Keys:
    """The keys of the rows, read from Athena's result file: a million of them would be a thousand pages.

    Args:
        outputs: of the stack.
    """

    def __init__(self, outputs: StackOutputs) -> None:
        session = outputs.session()
        self._outputs = outputs
        self._athena: Any = session.client("athena")
        self._s3: Any = session.client("s3")

    def requests(self) -> Iterator[str]:
        """Yield the distinct keys of the requests."""
        sql = f"SELECT DISTINCT extended_request_id FROM {self._outputs.table}"  # noqa: S608 - the stack's own table
        for row in self._rows(sql):
            yield row[0]

    def events(self) -> Iterator[str]:
        """Yield tenant and id of the distinct events of the run's source."""
        table = self._outputs.events_table
        sql = f"SELECT DISTINCT tenant_id, id FROM {table} WHERE source = '{SOURCE}'"  # noqa: S608 - as above
        for row in self._rows(sql):
            yield "\t".join(row)

    def _rows(self, sql: str) -> Iterator[list[str]]:
        query = self._athena.start_query_execution(QueryString=sql, WorkGroup=self._outputs.athena_workgroup)
        while True:
            found = self._athena.get_query_execution(QueryExecutionId=query["QueryExecutionId"])["QueryExecution"]
            status = found["Status"]
            if status["State"] in {"FAILED", "CANCELLED"}:
                raise QueryFailedError(f"{status.get('StateChangeReason', status['State'])}\nin: {sql}")
            if status["State"] == "SUCCEEDED":
                break
            time.sleep(_POLL_SECONDS)
        bucket, _, key = found["ResultConfiguration"]["OutputLocation"].removeprefix("s3://").partition("/")
        body = self._s3.get_object(Bucket=bucket, Key=key)["Body"]
        rows = csv.reader(io.TextIOWrapper(io.BufferedReader(body), encoding="utf-8", newline=""))
        next(rows)
        yield from rows
