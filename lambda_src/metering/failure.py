"""Why a record cannot become a row."""

from enum import StrEnum


class Reason(StrEnum):
    """Short name of a failure, counted and logged in place of the payload."""

    BAD_QUANTITY = "BadQuantity"
    DUPLICATE_KEY = "DuplicateKey"
    DUPLICATE_RECORD_ID = "DuplicateRecordId"
    LONE_SURROGATE = "LoneSurrogate"
    MISSING_KEY = "MissingKey"
    NO_ARRIVAL_TIME = "NoArrivalTime"
    NO_TENANT = "NoTenant"
    NO_TIME = "NoTime"
    NOT_A_CLOUD_EVENT = "NotACloudEvent"
    NOT_A_NUMBER = "NotANumber"
    NOT_A_RECORD = "NotARecord"
    NOT_A_STRING = "NotAString"
    NOT_AN_OBJECT = "NotAnObject"
    NOT_BASE64 = "NotBase64"
    NOT_JSON = "NotJson"
    NOT_UTF8 = "NotUtf8"
    OUT_OF_RANGE = "OutOfRange"
    RESPONSE_TOO_LARGE = "ResponseTooLarge"
    TIME_AHEAD = "TimeAhead"
    TOO_DEEP = "TooDeep"
    UNKNOWN_EVENT_TYPE = "UnknownEventType"
    UNKNOWN_KEY = "UnknownKey"
    UNKNOWN_VERSION = "UnknownVersion"


class RecordError(ValueError):
    """One record is refused for `reason`; the others of its batch are not concerned."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason
