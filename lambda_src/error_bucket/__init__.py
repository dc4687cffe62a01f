"""What Firehose put aside: objects of records that could not become rows, and what has been replayed of them."""

from error_bucket.bucket import ErrorBucket, ErrorObject, ErrorObjectError, FailedRecord
from error_bucket.identity import Identity, identity
from error_bucket.marks import Mark, Marks, is_aside, is_done

__all__ = [
    "ErrorBucket",
    "ErrorObject",
    "ErrorObjectError",
    "FailedRecord",
    "Identity",
    "Mark",
    "Marks",
    "identity",
    "is_aside",
    "is_done",
]
