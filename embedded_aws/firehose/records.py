"""What flows through a stream: records, what the transform made of them, and what failed."""

from dataclasses import dataclass, field, replace

from embedded_aws.clock import CLOCK, epoch_milliseconds


def now_ms() -> int:
    """Give the clock's time in milliseconds since the epoch, as Firehose writes it."""
    return epoch_milliseconds(CLOCK.now())


@dataclass(frozen=True, slots=True)
class StreamName:
    """A delivery stream: `arn:<partition>:firehose:<region>:<account>:deliverystream/<name>`."""

    arn: str

    @property
    def region(self) -> str:
        """The Region of the stream."""
        return self.arn.split(":")[3]

    @property
    def account(self) -> str:
        """The account of the stream."""
        return self.arn.split(":")[4]

    @property
    def name(self) -> str:
        """The stream's name."""
        return self.arn.split("/", 1)[1]


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it was put; `record_id` is what the transform knows it by, the same over all retries."""

    record_id: str
    data: bytes
    arrived_ms: int = field(default_factory=now_ms)


@dataclass(frozen=True, slots=True)
class Transformed:
    """A record with what the transform made of it: the JSON object of a row."""

    record: Record
    data: bytes

    def failed(self, code: str, message: str, attempts: int) -> "Failure":
        """Return why it is no row; what is kept then is what was to be one, as others found of AWS."""
        return Failure(replace(self.record, data=self.data), code, message, attempts)


@dataclass(frozen=True, slots=True)
class Failure:
    """A record that goes to the error bucket, and why."""

    record: Record
    code: str
    message: str
    attempts: int = 1
    ended_ms: int = field(default_factory=now_ms)
