"""What neither transform nor table took, on its way to the error bucket: it waits here for as long as it must."""

import itertools
import logging
from collections.abc import Callable

from embedded_aws.firehose import error_bucket, report
from embedded_aws.firehose.configuration import Destination
from embedded_aws.firehose.records import Failure, StreamName
from embedded_aws.firehose.stage import Patience
from embedded_aws.firehose.tally import Tally

_LOG = logging.getLogger(__name__)
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 1.0


class Backup:
    """A stream's way into its error bucket.

    Args:
        stream: the stream.
        tally: counts what is put.
        patience: how long failed puts are repeated.
        destination: gives the configuration as it is now.
    """

    def __init__(
        self, stream: StreamName, tally: Tally, patience: Patience, destination: Callable[[], Destination]
    ) -> None:
        self._stream, self._tally, self._patience, self._destination = stream, tally, patience, destination

    def put(self, kind: str, failed: list[Failure]) -> None:
        """Put failed records into the error bucket; returns only when they are there, or when the server stops."""
        if not failed:
            return
        self._log_failures(kind, failed)
        for attempt in itertools.count(1):
            destination = self._destination()
            try:
                error_bucket.put(self._stream, destination, kind, failed)
            except error_bucket.ErrorBucketError as error:
                self._tally.explain(self._stream.name, f"{error.code}: {error}")
                if attempt == 1:
                    self._log_stuck(destination, error, len(failed))
                if self._patience.over:
                    return  # the report counts these records as undelivered
                self._patience.pause(min(_FIRST_WAIT * 2 ** min(attempt - 1, 10), _LONGEST_WAIT))
            else:
                break
        self._tally.explain(self._stream.name, "")
        self._tally.add(self._stream.name, error_records=len(failed))
        report.metrics(self._stream, {"BackupToS3.Records": len(failed), "BackupToS3.Success": 1})
        if kind == error_bucket.ICEBERG_FAILED:
            report.metrics(self._stream, {"DeliveryToIceberg.FailedRowCount": len(failed)})

    def _log_failures(self, kind: str, failed: list[Failure]) -> None:
        """Write one line for each reason."""
        destination = self._destination()
        processor = destination.transform.lambda_arn if destination.transform else None
        for code, message in dict.fromkeys((failure.code, failure.message) for failure in failed):
            report.error_line(
                self._stream,
                destination.log,
                destination.role_arn,
                version=destination.version,
                destination=destination.catalog_arn,
                code=code,
                message=message,
                processor=processor if kind == error_bucket.PROCESSING_FAILED else None,
            )

    def _log_stuck(self, destination: Destination, error: error_bucket.ErrorBucketError, records: int) -> None:
        _LOG.error(
            "%s: held records: %d, since the error bucket does not take them: %s", self._stream.name, records, error
        )
        report.metrics(self._stream, {"BackupToS3.Success": 0})
        report.error_line(
            self._stream,
            destination.errors.log,
            destination.errors.role_arn,
            version=destination.version,
            destination=destination.errors.bucket_arn,
            code=error.code,
            message=str(error),
        )
