"""All streams of the embedded AWS together: puts, flush and the stop."""

import contextlib
import logging
import threading
import time
from collections.abc import Sequence
from datetime import datetime

from embedded_aws.faults.book import FAULTS, Fault, Kind
from embedded_aws.firehose.configuration import Destination
from embedded_aws.firehose.faults import UnavailableError
from embedded_aws.firehose.pipeline import Invoke, Pipeline
from embedded_aws.firehose.records import StreamName
from embedded_aws.firehose.report import freshness
from embedded_aws.firehose.tally import DeliveryReport, Tally

_LOG = logging.getLogger(__name__)
_POLL_SECONDS = 0.01


class Firehose:
    """The running delivery streams; `EmbeddedAws.firehose`.

    Attributes:
        stop_seconds: how long `stop` tries to deliver.

    Args:
        invoke: calls a Lambda function by its ARN.
    """

    def __init__(self, invoke: Invoke) -> None:
        self.stop_seconds = 20.0
        self._invoke = invoke
        self._lock = threading.Lock()
        self._pipelines: dict[str, Pipeline] = {}
        self._ending: list[Pipeline] = []
        self._tally = Tally()
        self._accepting = True
        FAULTS.when_cleared(self._release)

    def run(self, stream: StreamName, destination: Destination) -> None:
        """Begin to deliver for a new stream."""
        pipeline = Pipeline(stream, destination, self._invoke, self._tally)
        with self._lock:
            self._pipelines[stream.arn] = pipeline

    def reconfigure(self, stream: StreamName, destination: Destination) -> None:
        """Let a stream deliver by another configuration."""
        with self._lock:
            self._pipelines[stream.arn].reconfigure(destination)

    def put(self, stream: StreamName, data: Sequence[bytes]) -> None:
        """Take records for a stream: from here on they end in its table or in its error bucket.

        Raises:
            UnavailableError: the stream or the server ends, and would not deliver them.
        """
        with self._lock:
            if not self._accepting or stream.arn not in self._pipelines:
                raise UnavailableError(f"Firehose {stream.name} is ending and takes no more records.")
            self._pipelines[stream.arn].put(data)

    def end(self, stream: StreamName) -> None:
        """Deliver what a stream holds, for as long as it takes, and end it."""
        with self._lock:
            pipeline = self._pipelines.pop(stream.arn, None)
            if pipeline is None:
                return
            self._ending.append(pipeline)  # a flush still counts it, a put does not
        while not _flush([pipeline], time.monotonic() + 1) and not pipeline.patience.over:
            continue
        pipeline.stop()
        with self._lock:
            self._ending.remove(pipeline)

    def holds(self, stream: StreamName) -> int:
        """How many of a stream's records are neither rows, nor dropped, nor in the error bucket."""
        return self._tally.of(stream.name).undelivered

    def report(self) -> DeliveryReport:
        """Tell what became of all records since the server's start."""
        return self._tally.report()

    def flush(self, *names: str, timeout: float = 60.0) -> DeliveryReport:
        """Deliver what is held now without waiting for full buffers, and without refusing new records.

        What fails meanwhile is not tried for minutes, but goes to the error bucket after a moment.

        Args:
            names: of streams; all streams if none is given.
            timeout: seconds; what then is still held shows in the report as undelivered.
        """
        chosen = [one for one in self._running() if not names or one.stream.name in names]
        _flush(chosen, time.monotonic() + timeout)
        return self.report()

    def measure(self, moment: datetime) -> None:
        """Record how old the oldest record of each stream is, as of a moment."""
        for pipeline in self._running():
            oldest = pipeline.oldest_ms()
            if oldest is not None:
                freshness(pipeline.stream, max(0.0, moment.timestamp() - oldest / 1000), moment)

    def quiesce(self, timeout: float = 60.0) -> DeliveryReport:
        """Refuse new records from now on, and deliver what is held; see `flush`."""
        with self._lock:
            self._accepting = False
        return self.flush(timeout=timeout)

    def stop(self) -> None:
        """Deliver what is held, for a limited time, then end all threads; undelivered records are told on stderr."""
        report = self.quiesce(self.stop_seconds)
        for name, counts in report.streams.items():
            if counts.undelivered:
                _LOG.error("%s: undelivered records: %d (%s)", name, counts.undelivered, counts.stuck or "time is up")
        for pipeline in self._running():
            pipeline.stop()

    def join(self, timeout: float = 5.0) -> None:
        """Wait for the end of the threads after `stop`, for at most that many seconds."""
        end = time.monotonic() + timeout
        for pipeline in self._running():
            pipeline.join(end)

    def _release(self, fault: Fault) -> None:
        if fault.kind is Kind.HOLD:
            for pipeline in self._running():
                if pipeline.stream.name == fault.target:
                    pipeline.release()

    def _running(self) -> list[Pipeline]:
        with self._lock:
            return [*self._pipelines.values(), *self._ending]


def _flush(pipelines: Sequence[Pipeline], deadline: float) -> bool:
    """Deliver what is held; returns whether that was done by `deadline` (monotonic seconds)."""
    with contextlib.ExitStack() as hurry:
        for pipeline in pipelines:
            hurry.enter_context(pipeline.patience)
        flushing = [pipeline.flush() for pipeline in pipelines]
        while flushing := [done for done in flushing if not done()]:
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
    return True
