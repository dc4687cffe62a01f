"""AWS's rules for names and amounts: for stack configuration, and for the components' own plain arguments."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

ACCESS_LOG_PREFIX = "amazon-apigateway-"
"""API Gateway logs to no Firehose stream whose name begins otherwise, and may put to every one that does."""
STREAM_NAME_MAX = 64

LOG_RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""The periods that CloudWatch Logs offers."""

Bounds = tuple[int, int | None]
"""Lowest and highest amount, both allowed; None: no highest."""

DAYS: Bounds = (1, None)
THROTTLE: Bounds = (1, None)
QUERY_SCAN_LIMIT_MIB: Bounds = (10, None)
DELIVERY_INTERVAL_SECONDS: Bounds = (0, 900)
DELIVERY_SIZE_MIB: Bounds = (1, 128)
DELIVERY_RETRY_SECONDS: Bounds = (0, 7200)
TRANSFORM_INTERVAL_SECONDS: Bounds = (0, 900)
TRANSFORM_SIZE_MIB: Bounds = (1, 3)
TRANSFORM_RETRIES: Bounds = (0, 300)
"""AWS's bounds."""
INVOICE_RETENTION_DAYS: Bounds = (31, 36_500)
"""S3's longest; and longer than a run's files are kept, for S3 takes no lock that has ended, and a run that broke off
writes its invoices when it goes on."""
PAYMENT_TERMS_DAYS: Bounds = (0, 365)
GRACE_HOURS: Bounds = (25, 672)
"""More than the 24 hours by which a final bill's cutoff lies before its run; less than the shortest month."""
LATE_USAGE_MONTHS: Bounds = (0, 12)
FRESHNESS_ALARM_SECONDS: Bounds = (60, 86_400)
MISSED_RUN_HOURS: Bounds = (2, 168)
"""CloudWatch looks back for a week at most, in an alarm whose periods are an hour or more."""

_BUCKET_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-", "aws")
_BUCKET_SUFFIXES = ("-s3alias", "--ol-s3", "--x-s3", "--table-s3")
_ERROR_TYPE = "!{firehose:error-output-type}"


@dataclass(frozen=True)
class Rule:
    """A rule for texts."""

    says: str
    """The rule in words, as the end of a sentence that begins with what it is about."""
    holds: Callable[[str], bool]


def _pattern(says: str, pattern: str) -> Rule:
    return Rule(says, lambda value: re.fullmatch(pattern, value) is not None)


def _is_table_bucket_name(value: str) -> bool:
    shape = re.fullmatch(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", value)
    return shape is not None and not value.startswith(_BUCKET_PREFIXES) and not value.endswith(_BUCKET_SUFFIXES)


def _is_error_prefix(value: str) -> bool:
    expressions = r"(?:[^!]|!\{firehose:(?:error-output-type|random-string)\}|!\{timestamp:[^{}]+\})*"
    within = len(value) <= 1024 and not value.startswith("/") and value.endswith("/")  # noqa: PLR2004 - S3's key length
    return within and _ERROR_TYPE in value and re.fullmatch(expressions, value) is not None


_NAME = "must be 1 to 255 lower-case letters, digits and underscores, beginning and ending with a letter or digit"
TABLE_NAME = _pattern(_NAME, r"[a-z0-9](?:[a-z0-9_]{0,253}[a-z0-9])?")
NAMESPACE = Rule(
    f"{_NAME}, and not beginning with aws", lambda value: TABLE_NAME.holds(value) and not value.startswith("aws")
)
TABLE_BUCKET_NAME = Rule(
    "must be 3 to 63 lower-case letters, digits and hyphens, beginning and ending with a letter or digit, not beginning"
    f" with {', '.join(_BUCKET_PREFIXES)} and not ending with {', '.join(_BUCKET_SUFFIXES)}",
    _is_table_bucket_name,
)
STREAM_NAME = _pattern(
    f"must be 1 to {STREAM_NAME_MAX} letters, digits, underscores, periods and hyphens",
    rf"[A-Za-z0-9_.-]{{1,{STREAM_NAME_MAX}}}",
)
ACCESS_LOG_STREAM_NAME = Rule(
    f"must be {ACCESS_LOG_PREFIX} and letters, digits, underscores, periods and hyphens, at most {STREAM_NAME_MAX} in"
    " all",
    lambda value: (
        STREAM_NAME.holds(value) and value.startswith(ACCESS_LOG_PREFIX) and len(value) > len(ACCESS_LOG_PREFIX)
    ),
)
EVENTS_STREAM_NAME = Rule(
    f"{STREAM_NAME.says}, and not begin with {ACCESS_LOG_PREFIX}, to which API Gateway may put",
    lambda value: STREAM_NAME.holds(value) and not value.startswith(ACCESS_LOG_PREFIX),
)
STAGE_NAME = _pattern("must be 1 to 128 letters, digits, hyphens and underscores", r"[A-Za-z0-9_-]{1,128}")
ERROR_PREFIX = Rule(
    f"must contain {_ERROR_TYPE}, end with / and not begin with it, have no expressions but firehose:error-output-type,"
    " firehose:random-string and timestamp, and be 1024 characters at most",
    _is_error_prefix,
)
DEFAULT_ERROR_PREFIX = "errors/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd}/"
LINE = Rule(
    "must be one line of 1 to 200 characters",
    lambda value: 0 < len(value) <= 200 and value.isprintable() and not value.isspace(),  # noqa: PLR2004 - said above
)
EMAIL = _pattern("must be an e-mail address of at most 200 characters", r"(?=.{3,200}$)[^@\s]+@[^@\s]+")
NUMBER_PREFIX = _pattern("must be 1 to 10 capital letters and digits", r"[A-Z0-9]{1,10}")
CRON = _pattern(
    "must be a cron expression such as cron(0 6 * * ? *): minute, hour, day, month, weekday, year, with ? for either"
    " day or weekday",
    r"cron\([0-9*/,-]+ [0-9*/,-]+ (?:\? [0-9A-Z*/,-]+ [0-9A-Z*/,L#-]+|[0-9*/,LW-]+ [0-9A-Z*/,-]+ \?) [0-9*/,-]+\)",
)
EVERY_HOUR_CRON = _pattern(
    "must be a cron expression of every hour of every day, such as cron(20 * * * ? *): the run of hour 4 checks all of"
    " the previous month, and three hours without a run are an alarm",
    r"cron\([0-9*/,-]+ \* (?:\* \* \?|\? \* \*) \*\)",
)
DAILY = "cron(0 6 * * ? *)"
HOURLY = "cron(5 * * * ? *)"
AFTER_EACH_HOUR = "cron(20 * * * ? *)"
DEPLOYMENT_NAME = _pattern("must be 1 to 200 letters, digits, hyphens and underscores", r"[A-Za-z0-9_-]{1,200}")
PERCENT = _pattern(
    "must be a decimal from 0 to 100 with at most 6 decimal places",
    r"(?:100(?:\.0{1,6})?|(?:0|[1-9][0-9]?)(?:\.[0-9]{1,6})?)",
)
_PARTITION, _NAME_OF_IAM = r"arn:aws(?:-[a-z]+)*", r"[A-Za-z0-9_+=,.@-]{1,64}"
_PATH_OF_IAM = r"(?:[!-)+->@-~]{1,510}/)?"
"""Whatever is printable, but `*` and `?`."""
PRINCIPAL_ARN = _pattern(
    "must be the ARN of a principal, without wildcards: of an account's root, a user, a role or a role's session; a"
    " group is none",
    rf"{_PARTITION}:(?:iam::[0-9]{{12}}:(?:root|(?:user|role)/{_PATH_OF_IAM}{_NAME_OF_IAM})"
    rf"|sts::[0-9]{{12}}:assumed-role/{_NAME_OF_IAM}/[A-Za-z0-9_+=,.@-]{{2,64}})",
)


def optional(rule: Rule) -> Rule:
    """Return the rule for a text that may be empty instead."""
    return Rule(f"{rule.says} or empty", lambda value: not value or rule.holds(value))


def check(field: str, rule: Rule, value: str) -> None:
    """Hold a text to a rule.

    Raises:
        ValueError: it breaks the rule; the message names the field, the rule and the value.
    """
    if not rule.holds(value):
        raise ValueError(f"{field}: {rule.says}, got {value!r}")


def within(value: int, bounds: Bounds) -> bool:
    """Tell whether an amount keeps its bounds."""
    low, high = bounds
    return low <= value and (high is None or value <= high)


def limits(bounds: Bounds) -> str:
    """Say the bounds in words."""
    low, high = bounds
    return f"of {low} or more" if high is None else f"from {low} to {high}"


def check_amounts(component: str, amounts: Mapping[str, tuple[int, Bounds]]) -> None:
    """Hold whole numbers to their bounds.

    Args:
        component: name of the component whose arguments they are.
        amounts: value and bounds by the argument's name.

    Raises:
        ValueError: one is outside; the message names the argument, the bounds and the value.
    """
    for key, (value, bounds) in amounts.items():
        # Other languages hand numbers on as floats.
        if int(value) != value or not within(int(value), bounds):
            raise ValueError(f"{component}: {key}: must be a whole number {limits(bounds)}, got {value!r}")


def check_retention(field: str, days: int) -> None:
    """Hold a number of days to the periods of CloudWatch Logs.

    Raises:
        ValueError: it is none of them.
    """
    if days not in LOG_RETENTION_DAYS:
        raise ValueError(f"{field}: must be one of {', '.join(map(str, LOG_RETENTION_DAYS))}, got {days!r}")
