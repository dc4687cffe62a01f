"""Pure metering logic: what a request's record is, and how a log line becomes a row. No I/O, no AWS."""
