"""Times by RFC 3339, to the microsecond."""

import re
from datetime import UTC, datetime, timedelta

_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(?:[Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))"
)
_LEAP = 60
_LAST_MICROSECOND = 999_999


def parse_time(text: str) -> datetime | None:
    """Return the moment that a text stands for, in UTC; None if it stands for none that a `datetime` can be.

    Digits beyond microseconds are cut off. A leap second, which there is at 23:59:60 UTC only, is the last microsecond
    before it, so that it stays in its day.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    *numbers, fraction, sign, hours, minutes = match.groups()
    year, month, day, hour, minute, second = map(int, numbers)
    microsecond = int((fraction or "")[:6].ljust(6, "0"))
    leap = second == _LEAP
    if leap:
        second, microsecond = _LEAP - 1, _LAST_MICROSECOND
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    try:
        local = datetime(year, month, day, hour, minute, second, microsecond, UTC)
        moment = local + offset if sign == "-" else local - offset
    except (ValueError, OverflowError):
        return None
    return None if leap and (moment.hour, moment.minute) != (23, 59) else moment


def time_text(moment: datetime) -> str:
    """Return ISO 8601 in UTC with milliseconds, with microseconds if there are any.

    Args:
        moment: in UTC.
    """
    whole = moment.microsecond % 1000 == 0
    return moment.isoformat(timespec="milliseconds" if whole else "microseconds").replace("+00:00", "Z")
