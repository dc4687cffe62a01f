"""One stream at work: transform stage, delivery stage, and the error bucket for what neither could deal with."""

import itertools
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence

from embedded_aws.faults.book import FAULTS, Kind
from embedded_aws.firehose import access, error_bucket, report, table, transform
from embedded_aws.firehose.backup import Backup
from embedded_aws.firehose.configuration import MIB, Buffering, Destination, Transform
from embedded_aws.firehose.records import Failure, Record, StreamName, Transformed, now_ms
from embedded_aws.firehose.stage import Patience, Stage
from embedded_aws.firehose.tally import Tally
from embedded_aws.iam import AccessDeniedError

_LOG = logging.getLogger(__name__)
_NO_TRANSFORM = Buffering(size=MIB, interval=0)  # for records buffered when an update took the transform away
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 5.0
_HURRIED_RETRY = 1.0
_ACCESS_DENIED = "Access was denied. Ensure that the access policy allows access to the Lambda function."

Invoke = Callable[[str, bytes], bytes]


class Pipeline:
    """A stream's records on their way.

    Args:
        stream: the stream.
        destination: where to; `reconfigure` changes it.
        invoke: calls a Lambda function.
        tally: counts what becomes of records.

    Attributes:
        patience: how long failed calls are repeated; entered while somebody waits for the records.
    """

    def __init__(self, stream: StreamName, destination: Destination, invoke: Invoke, tally: Tally) -> None:
        self.stream, self._destination = stream, destination
        self._invoke, self._tally, self.patience = invoke, tally, Patience()
        self._backup = Backup(stream, tally, self.patience, lambda: self._destination)
        self._ids = itertools.count(1)
        self._held: deque[Record] = deque()
        self._transforming: Stage[Record] = Stage(
            stream, "transform", self._transform_buffering, lambda record: len(record.data), self._transform
        )
        self._delivering: Stage[Transformed] = Stage(
            stream, "delivery", lambda: self._destination.buffering, lambda item: len(item.data), self._deliver
        )

    def reconfigure(self, destination: Destination) -> None:
        """Deliver by another configuration from now on, also what is buffered."""
        self._destination = destination

    def put(self, data: Sequence[bytes]) -> None:
        """Take records."""
        arrived = now_ms()
        records = [Record(f"{next(self._ids):056d}", one, arrived) for one in data]
        self._tally.add(self.stream.name, received=len(records))
        if FAULTS.strike(self.stream.name, Kind.HOLD, times=len(records)):
            self._held.extend(records)
        else:
            self._take(records)
        report.metrics(self.stream, {"IncomingRecords": len(records), "IncomingBytes": sum(len(one) for one in data)})

    def release(self) -> None:
        """Let the records go on that a fault has held."""
        records = [self._held.popleft() for _ in range(len(self._held))]
        if records:
            self._take(records)

    def _take(self, records: list[Record]) -> None:
        if self._destination.transform:
            self._transforming.put(records)
        else:
            self._delivering.put([Transformed(record, record.data) for record in records])

    def oldest_ms(self) -> int | None:
        """Tell when the oldest of the records arrived that are still on their way, in milliseconds since 1970."""
        first, transformed = self._transforming.first(), self._delivering.first()
        waiting = [first, transformed.record if transformed else None, *list(self._held)[:1]]
        return min((record.arrived_ms for record in waiting if record is not None), default=None)

    def flush(self) -> Callable[[], bool]:
        """Begin to deliver all that is held; returns a check, to be repeated until it says that this is done."""
        transforming, delivering = self._transforming.flush(), self._delivering.flush()
        transformed = False

        def done() -> bool:
            nonlocal delivering, transformed
            if not transformed:
                # Also while the transform's failures wait for their bucket: rows of the same batch need not.
                transformed = self._transforming.done(transforming)
                delivering = self._delivering.flush()
            return transformed and self._delivering.done(delivering)

        return done

    def stop(self) -> None:
        """End the threads; what they hold stays undelivered."""
        self.patience.end()
        self._transforming.stop()
        self._delivering.stop()

    def join(self, deadline: float) -> None:
        """Wait until `deadline` (monotonic seconds) for the threads to end."""
        self._transforming.join(deadline)
        self._delivering.join(deadline)

    def _transform_buffering(self) -> Buffering:
        processor = self._destination.transform
        return processor.buffering if processor else _NO_TRANSFORM

    def _transform(self, batch: list[Record]) -> None:
        destination = self._destination
        if destination.transform is None:
            self._delivering.put([Transformed(record, record.data) for record in batch])
            return
        for part in transform.payloads(batch):
            outcome = self._outcome(destination.transform, part)
            self._delivering.put(outcome.rows)
            self._tally.add(self.stream.name, dropped=outcome.dropped)
            self._backup.put(error_bucket.PROCESSING_FAILED, outcome.failed)

    def _outcome(self, processor: Transform, records: list[Record]) -> transform.Outcome:
        """Call the transform until it answers properly, at most as often as is configured."""
        for attempt in itertools.count(1):
            started = time.monotonic()
            try:
                outcome = self._transform_once(processor, records, attempt)
            except transform.TransformError as error:
                self._count_transform(started, records, succeeded=None)
                if attempt > processor.retries or self.patience.over:
                    return transform.Outcome(
                        failed=[Failure(record, error.code, str(error), attempt) for record in records]
                    )
                self.patience.pause(_backoff(attempt))
            else:
                self._count_transform(started, records, succeeded=len(outcome.rows))
                return outcome
        raise AssertionError("an endless loop has ended")

    def _transform_once(self, processor: Transform, records: list[Record], attempt: int) -> transform.Outcome:
        try:
            access.invoke(access.assume(self.stream, processor.role_arn), processor)
        except AccessDeniedError as error:
            raise transform.TransformError("Lambda.InvokeAccessDenied", f"{_ACCESS_DENIED} {error}") from error
        payload = self._invoke(processor.lambda_arn, transform.event(self.stream, records))
        return transform.read(payload, records, attempt)

    def _deliver(self, batch: list[Transformed]) -> None:
        started = time.monotonic()
        for attempt in itertools.count(1):
            try:
                committed = table.commit(self.stream, self._destination, batch, attempt)
            except table.DeliveryError as error:
                report.metrics(self.stream, {"DeliveryToIceberg.Success": 0})
                left = self._retry_seconds() - (time.monotonic() - started)
                if left <= 0 or self.patience.over:
                    failed = [item.failed(error.code, str(error), attempt) for item in batch]
                    break
                self.patience.pause(min(_backoff(attempt), left))
            else:
                self._count_commit(batch, committed.rows)
                failed = committed.failed
                if FAULTS.strike(self.stream.name, Kind.DUPLICATE, times=committed.rows):
                    self._commit_again(batch)
                break
        self._backup.put(error_bucket.ICEBERG_FAILED, failed)

    def _commit_again(self, batch: list[Transformed]) -> None:
        """Commit a batch as if the first commit's answer had got lost: the same rows are there twice, counted once."""
        try:
            table.commit(self.stream, self._destination, batch, attempt=1)
        except table.DeliveryError as error:
            _LOG.warning("%s: a second delivery was told, and failed: %s", self.stream.name, error)

    def _retry_seconds(self) -> float:
        seconds = self._destination.retry_seconds
        return min(seconds, _HURRIED_RETRY) if self.patience.hurried else seconds

    def _count_transform(self, started: float, records: list[Record], *, succeeded: int | None) -> None:
        values = {
            "ExecuteProcessing.Duration": (time.monotonic() - started) * 1000,
            "ExecuteProcessing.Success": int(succeeded is not None),
        }
        if succeeded is None:
            values["ExecuteProcessingFailure.Records"] = len(records)
        else:
            values["SucceedProcessing.Records"] = succeeded
        report.metrics(self.stream, values)

    def _count_commit(self, batch: list[Transformed], rows: int) -> None:
        self._tally.add(self.stream.name, rows=rows)
        oldest = min(item.record.arrived_ms for item in batch)
        report.metrics(
            self.stream,
            {
                "DeliveryToIceberg.Success": 1,
                "DeliveryToIceberg.IncomingRowCount": len(batch),
                "DeliveryToIceberg.SuccessfulRowCount": rows,
                "DeliveryToIceberg.Bytes": sum(len(item.data) for item in batch),
                "DeliveryToIceberg.DataFreshness": (now_ms() - oldest) / 1000,
            },
        )


def _backoff(attempt: int) -> float:
    return float(min(_FIRST_WAIT * 2 ** min(attempt - 1, 10), _LONGEST_WAIT))
