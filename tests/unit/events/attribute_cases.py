"""What the specification says of attributes: changes of a valid event, and why they are refused."""

from typing import Any

from tests.unit.events.events_kit import ABSENT

Case = tuple[dict[str, Any], str | None]
"""Changes of `events_kit.event`, and the reason of the refusal; None if the event is valid."""

TEXT = "must be a string that is not empty"
CHARACTERS = "must be without control characters, noncharacters and lone surrogates"
SOURCE = "source must be a URI reference (RFC 3986)"
SCHEMA = "dataschema must be an absolute URI (RFC 3986, section 4.3)"
MEDIA = "datacontenttype must be a media type (RFC 2046)"
TIME = "time must be an RFC 3339 time such as 2026-11-01T00:00:00Z"
NAME = "names of attributes must be lower-case letters a to z and digits"
WHOLE = "must be a whole number of 32 bits, if a number"
KIND = "must be a boolean, a whole number or a string"

REQUIRED: dict[str, Case] = {
    "the least that an event has": ({"time": ABSENT}, None),
    **{
        f"{name} {what}": ({name: value}, f"{name} {reason}")
        for name in ("id", "source", "type", "specversion")
        for what, value, reason in (
            ("absent", ABSENT, "missing, must be a string that is not empty"),
            ("null", None, "missing, must be a string that is not empty"),
            ("empty", "", f'{TEXT}, got ""'),
            ("number", 5, f"{TEXT}, got 5"),
            ("boolean", True, f"{TEXT}, got true"),
            ("object", {}, f"{TEXT}, got an object"),
            ("list", ["a"], f"{TEXT}, got a list"),
            ("control character", "a\x07", f"{CHARACTERS}, got U+0007 at place 2"),
        )
    },
    "specversion 0.3": ({"specversion": "0.3"}, 'specversion must be "1.0", got "0.3"'),
    "specversion 1.0.2": ({"specversion": "1.0.2"}, 'specversion must be "1.0", got "1.0.2"'),
    "specversion 1": ({"specversion": "1"}, 'specversion must be "1.0", got "1"'),
    "id of spaces": ({"id": "  "}, None),
    "id of other scripts": ({"id": "Zähler-№7-計\U0001f600"}, None),
    "id very long": ({"id": "x" * 10_000}, None),
}

STRINGS: dict[str, Case] = {
    **{
        f"subject with {ord(char):04x}": ({"subject": f"ab{char}"}, f"subject {CHARACTERS}, got {shown} at place 3")
        for char, shown in (
            ("\x00", "U+0000"),
            ("\n", "U+000A"),
            ("\x1f", "U+001F"),
            ("\x7f", "U+007F"),
            ("\x80", "U+0080"),
            ("\x9f", "U+009F"),
            ("\ufdd0", "U+FDD0"),
            ("\ufdef", "U+FDEF"),
            ("\ufffe", "U+FFFE"),
            ("\uffff", "U+FFFF"),
            ("\U0001fffe", "U+1FFFE"),
            ("\U0010ffff", "U+10FFFF"),
            ("\ud800", "U+D800"),
            ("\udead", "U+DEAD"),
        )
    },
    **{
        f"subject with {ord(char):04x}": ({"subject": f"ab{char}"}, None)
        for char in (" ", "~", "\xa0", "\ufdcf", "\ufdf0", "\ufffd", "\U000102ad", "\U0010fffd")
    },
    "subject empty": ({"subject": ""}, f'subject {TEXT}, got ""'),
    "subject null": ({"subject": None}, None),
    "subject number": ({"subject": 1.5}, f"subject {TEXT}, got 1.5"),
}

URIS: dict[str, Case] = {
    **{
        f"source {value}": ({"source": value}, None)
        for value in (
            "https://github.com/cloudevents",
            "mailto:cncf-wg-serverless@lists.cncf.io",
            "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66",
            "/cloudevents/spec/pull/123",
            "1-555-123-4567",
            "//host/path",
            "./a:b",
            "?q",
            "#f",
            "http://user:pw@[2001:db8::1]:8080/a%20b?x=/?y#z/?",
            "http://[v1.a:b]",
            "a+b-c.1:",
        )
    },
    **{
        f"source {value}": ({"source": value}, f'{SOURCE}, got "{value}"')
        for value in (
            "a b",
            "/a%2",
            "/a%zz",
            "1:2",
            ":a",
            "http://[::1",
            "http://[::g]",
            "http://[1::2::3]",
            "http://a:b:1",
            "http://h:8a",
            "/ä",
            "/a|b",
            "/a#b#c",
            'a"b',
            "http://a@b@c",
        )
    },
    "dataschema absolute": ({"dataschema": "https://example.com/schema?v=1"}, None),
    "dataschema urn": ({"dataschema": "urn:example:schema"}, None),
    "dataschema null": ({"dataschema": None}, None),
    "dataschema empty": ({"dataschema": ""}, f'dataschema {TEXT}, got ""'),
    "dataschema relative": ({"dataschema": "/schema"}, f'{SCHEMA}, got "/schema"'),
    "dataschema with fragment": ({"dataschema": "https://a.b/c#d"}, f'{SCHEMA}, got "https://a.b/c#d"'),
    "dataschema number": ({"dataschema": 5}, f"dataschema {TEXT}, got 5"),
}

MEDIA_TYPES: dict[str, Case] = {
    **{
        f"datacontenttype {value}": ({"datacontenttype": value}, None)
        for value in (
            "application/json",
            "APPLICATION/JSON",
            "application/vnd.apache.thrift.binary",
            "text/plain; charset=utf-8",
            'multipart/mixed;boundary="a;b\\"c"; x=y',
            "application/cloudevents+json",
        )
    },
    **{
        f"datacontenttype {value}": ({"datacontenttype": value}, f'{MEDIA}, got "{value}"')
        for value in (
            "json",
            "application/",
            "/json",
            "application/json;",
            "application/json; charset",
            "a/b/c",
            "text/pl ain",
            "tëxt/plain",
            " application/json",
            "text/plain; a = b",
        )
    },
    "datacontenttype empty": ({"datacontenttype": ""}, f'datacontenttype {TEXT}, got ""'),
    "datacontenttype null": ({"datacontenttype": None}, None),
}

TIMES: dict[str, Case] = {
    **{
        f"time {value}": ({"time": value}, None)
        for value in (
            "2018-04-05T17:31:00Z",
            "2018-04-05t17:31:00z",
            "2018-04-05T17:31:00.1Z",
            "2018-04-05T17:31:00.123456789012345Z",
            "2018-04-05T17:31:00+23:59",
            "2018-04-05T17:31:00-00:00",
            "2016-12-31T23:59:60Z",
            "2017-01-01T00:59:60.5+01:00",
            "2024-02-29T00:00:00Z",
            "1985-04-12T23:20:50.52Z",
            "0001-01-01T00:00:00Z",
        )
    },
    **{
        f"time {value}": ({"time": value}, f'{TIME}, got "{value}"')
        for value in (
            "2018-04-05",
            "2018-04-05T17:31:00",
            "2018-04-05 17:31:00Z",
            "2018-04-05T17:31Z",
            "2018-04-05T17:31:00.Z",
            "2018-04-05T17:31:00,5Z",
            "2018-04-05T17:31:00+01",
            "2018-04-05T17:31:00+0100",
            "2018-04-05T17:31:00+24:00",
            "2018-04-05T17:31:00+01:60",
            "2018-04-05T24:00:00Z",
            "2018-04-05T17:60:00Z",
            "2018-04-05T17:31:60Z",
            "2016-12-31T23:59:61Z",
            "2023-02-29T00:00:00Z",
            "2018-13-01T00:00:00Z",
            "0000-01-01T00:00:00Z",
            "0001-01-01T00:00:00+01:00",
            "18-04-05T17:31:00Z",
            "٢٠١٨-04-05T17:31:00Z",
            "yesterday",
            "1522949460",
        )
    },
    "time null": ({"time": None}, None),
    "time empty": ({"time": ""}, f'time {TEXT}, got ""'),
    "time number": ({"time": 1522949460}, f"time {TEXT}, got 1522949460"),
}

EXTENSIONS: dict[str, Case] = {
    **{
        f"extension {value!r}": ({"comexampleextension1": value}, None)
        for value in ("value", "", True, False, None, 5, 0, -1, 2**31 - 1, -(2**31))
    },
    **{
        f"extension {value!r}": ({"ext": value}, f"ext {WHOLE}, got {value}")
        for value in (2**31, -(2**31) - 1, 5.0, 1e2, 10**30)
    },
    "extension object": ({"ext": {"a": 1}}, f"ext {KIND}, got an object"),
    "extension list": ({"ext": []}, f"ext {KIND}, got a list"),
    "extension with tab": ({"ext": "a\tb"}, f"ext {CHARACTERS}, got U+0009 at place 2"),
    "extension of a long name": ({"averyveryverylongname12345": "x"}, None),
    "extension of digits": ({"123": 1}, None),
    **{
        f"extension named {name}": ({name: "x"}, f'{NAME}, got "{name}"')
        for name in ("camelCase", "with_underscore", "with-dash", "with.dot", "a b", "ä", "", "Data", "data-base64")
    },
    "extension null of a wrong name": ({"Not_set": None}, f'{NAME}, got "Not_set"'),
    "extensions of the specification's documents": (
        {
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "partitionkey": "a",
            "sequence": "1",
            "sampledrate": 10,
            "dataref": "https://example.com/a",
        },
        None,
    ),
}
