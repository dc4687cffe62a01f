"""Media types, URIs and times beyond what a whole event shows."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_events import time_text
from cloud_events.media_types import MediaType, parse_media_type
from cloud_events.timestamps import parse_time
from cloud_events.uris import is_absolute_uri, is_uri_reference

MOMENTS = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 - in UTC
OFFSETS = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@pytest.mark.parametrize(
    ("text", "media"),
    [
        ("application/json", MediaType("application/json", ())),
        ("Text/HTML ;\tCharset=UTF-8", MediaType("text/html", (("charset", "UTF-8"),))),
        ('a/b;c="x;\\"y\\\\"; d=e', MediaType("a/b", (("c", 'x;"y\\'), ("d", "e")))),
        ("a/b ", None),
        ('a/b;c="', None),
        ('a/b;c=""', MediaType("a/b", (("c", ""),))),
    ],
)
def test_media_types(text: str, media: MediaType | None) -> None:
    assert parse_media_type(text) == media


@pytest.mark.parametrize(
    ("text", "is_json"),
    [("a/json", True), ("A/JSON", True), ("a/x+json", True), ("a/+json", True), ("a/jsonx", False), ("json/a", False)],
)
def test_media_types_that_say_json(text: str, is_json: bool) -> None:
    media = parse_media_type(text)
    assert media is not None
    assert media.is_json == is_json


@pytest.mark.parametrize(
    ("text", "reference", "absolute"),
    [
        ("a:", True, True),
        ("a:b:c", True, True),
        ("ftp://ftp.is.co.za/rfc/rfc1808.txt", True, True),
        ("ldap://[2001:db8::7]/c=GB?objectClass?one", True, True),
        ("tel:+1-816-555-1212", True, True),
        ("telnet://192.0.2.16:80/", True, True),
        ("http://[::ffff:192.0.2.1]", True, True),
        ("http://", True, True),
        ("file:///etc/hosts", True, True),
        ("http://a?b#c", True, False),
        ("", True, False),
        ("//", True, False),
        ("a/b:c", True, False),
        ("http://[::1]a", False, False),
        ("http://[::1%25eth0]", False, False),
        ("http://[]", False, False),
        ("http://[v.a]", False, False),
        ("http://a\\b", False, False),
        ("a:%", False, False),
        ("\n", False, False),
        ("a:b\n", False, False),
    ],
)
def test_uris(text: str, reference: bool, absolute: bool) -> None:
    assert (is_uri_reference(text), is_absolute_uri(text)) == (reference, absolute)


@given(MOMENTS, OFFSETS)
def test_a_moment_is_the_same_in_every_offset(moment: datetime, offset: timezone) -> None:
    assert parse_time(time_text(moment)) == moment
    assert parse_time(moment.astimezone(offset).isoformat(timespec="microseconds")) == moment


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 11, 1, tzinfo=UTC), "2026-11-01T00:00:00.000Z"),
        (datetime(2026, 11, 1, microsecond=123000, tzinfo=UTC), "2026-11-01T00:00:00.123Z"),
        (datetime(2026, 11, 1, microsecond=123456, tzinfo=UTC), "2026-11-01T00:00:00.123456Z"),
        (datetime(1, 2, 3, microsecond=1, tzinfo=UTC), "0001-02-03T00:00:00.000001Z"),
    ],
)
def test_times_are_written_with_as_many_digits_as_they_need(moment: datetime, text: str) -> None:
    assert time_text(moment) == text
