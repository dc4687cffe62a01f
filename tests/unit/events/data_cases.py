"""What the specification says of `data` and `data_base64`, and what meters demand of it, as JSON text."""

Case = tuple[str, str | None, str | None]
"""More members as JSON text, the data that the row has, the reason of the refusal."""

BASE64 = "data_base64 must be a string of base64 (RFC 4648)"
TWICE = "each key must be there once in its object"

DATA: dict[str, Case] = {
    "none": ("", None, None),
    "null": ('"data": null', "null", None),
    "number": ('"data": 1.50', "1.50", None),
    "boolean": ('"data": false', "false", None),
    "string": ('"data": "I\'m just a string"', '"I\'m just a string"', None),
    "string of JSON": ('"data": "{\\"a\\": 1}"', '"{\\"a\\": 1}"', None),
    "list": ('"data": [1, null, "x"]', '[1,null,"x"]', None),
    "object": ('"data": {"b": [], "a": {"z": 1, "y": 2}}', '{"a":{"y":2,"z":1},"b":[]}', None),
    "empty key": ('"data": {"": 1}', '{"":1}', None),
    "control characters": ('"data": "\\u0000\\n"', '"\\u0000\\n"', None),
    "lone surrogate": ('"data": "\\ud800x"', '"\ufffdx"', None),
    "lone surrogate as a key": (
        '"data": [{"a\\udc00": 1}]',
        None,
        'data must have no key with a lone surrogate, got "a\udc00"',
    ),
    "surrogate pair": ('"data": "\\ud83d\\ude00"', '"\U0001f600"', None),
    "number with all its digits": (
        '"data": [0.1000, 12345678901234567890123456789012345678901234567890, -0, 1e400]',
        "[0.1000,12345678901234567890123456789012345678901234567890,-0,1e400]",
        None,
    ),
    "exponents": (
        '"data": [1e3, 1.25E+2, 5e-7, -1.5e-1, 0e9, -0.0E5, 1e14, 1e15, 1e-12, 1e-13]',
        "[1000,125,0.0000005,-0.15,0,0,100000000000000,1e15,0.000000000001,1e-13]",
        None,
    ),
    "type JSON with suffix": ('"datacontenttype": "application/vnd.x+json", "data": {"a": 1}', '{"a":1}', None),
    "type JSON with parameter": ('"datacontenttype": "Text/JSON; charset=utf-8", "data": [1]', "[1]", None),
    "type XML, string": ('"datacontenttype": "text/xml", "data": "<a b=\\"c\\"/>"', '"<a b=\\"c\\"/>"', None),
    "type XML, no data": ('"datacontenttype": "text/xml"', None, None),
    "type XML, object": (
        '"datacontenttype": "text/xml", "data": {"a": 1}',
        None,
        'data must be a string, for its datacontenttype "text/xml" is not JSON, got an object',
    ),
    "type XML, null": (
        '"datacontenttype": "text/xml", "data": null',
        None,
        'data must be a string, for its datacontenttype "text/xml" is not JSON, got null',
    ),
    "type XML, number": (
        '"datacontenttype": "jsonx/text", "data": 5',
        None,
        'data must be a string, for its datacontenttype "jsonx/text" is not JSON, got 5',
    ),
    "base64 of JSON": ('"data_base64": "eyJ2YWx1ZSI6IDF9"', '{"value":1}', None),
    "base64 of JSON with its type": ('"datacontenttype": "a/b+json", "data_base64": "MQ=="', "1", None),
    "base64 of no JSON": ('"data_base64": "AP8="', '"AP8="', None),
    "base64 of text that is no JSON": ('"data_base64": "eA=="', '"eA=="', None),
    "base64 of JSON of another type": (
        '"datacontenttype": "application/octet-stream", "data_base64": "MQ=="',
        '"MQ=="',
        None,
    ),
    "base64 of an object with a key twice": ('"data_base64": "eyJhIjoxLCJhIjoyfQ=="', '"eyJhIjoxLCJhIjoyfQ=="', None),
    "base64 of nothing": ('"data_base64": ""', '""', None),
    "base64 null": ('"data_base64": null', None, None),
    "base64 null beside data": ('"data_base64": null, "data": 1', "1", None),
    "base64 beside data": ('"data_base64": "MQ==", "data": 1', None, "data and data_base64 must not be there together"),
    "base64 beside null": (
        '"data_base64": "MQ==", "data": null',
        None,
        "data and data_base64 must not be there together",
    ),
    "base64 of the specification's example": (
        '"data_base64": "... base64 encoded string ..."',
        None,
        f'{BASE64}, got "... base64 encoded string ..."',
    ),
    "base64 without padding": ('"data_base64": "MQ"', None, f'{BASE64}, got "MQ"'),
    "base64 for URLs": ('"data_base64": "-_8="', None, f'{BASE64}, got "-_8="'),
    "base64 with line ends": ('"data_base64": "MQ==\\n"', None, f'{BASE64}, got "MQ==\n"'),
    "base64 with letters of others": ('"data_base64": "é"', None, f'{BASE64}, got "é"'),
    "base64 number": ('"data_base64": 1234', None, f"{BASE64}, got 1234"),
    "base64 object": ('"data_base64": {}', None, f"{BASE64}, got an object"),
    "attribute twice": ('"subject": "a", "subject": "a"', None, f'{TWICE}, got "subject" twice'),
    "attribute twice, in escapes": ('"subject": "a", "s\\u0075bject": "a"', None, f'{TWICE}, got "subject" twice'),
    "data's key twice": ('"data": {"a": 1, "a": 1}', None, f'{TWICE}, got "a" twice'),
    "key twice, deep": ('"data": [[{"x": {"a": 1, "b": 2, "a": null}}]]', None, f'{TWICE}, got "a" twice'),
    "same key in two objects": ('"data": [{"a": 1}, {"a": 1}]', '[{"a":1},{"a":1}]', None),
    "200 levels": (f'"data": {"[" * 200}{"]" * 200}', "[" * 200 + "]" * 200, None),
    "number of 1000 characters": (f'"data": [{"1" * 1000}]', f"[{'1' * 1000}]", None),
    "number of 1001 characters": (
        f'"data": [{"1" * 1001}]',
        None,
        "data must have no number of more than 1000 characters, got one of 1001",
    ),
    "key of 10,001 characters": (
        f'"data": {{"{"k" * 10_001}": 1}}',
        None,
        "data must have no key of more than 10000 characters, got one of 10001",
    ),
    "201 levels": (f'"data": {"[" * 201}{"]" * 201}', None, "data must not be nested deeper than 200 levels"),
}

NUMBER = 'must be a number, or a string of one without exponent, such as "12.50"'
DIGITS = "must have at most 15 digits before its point and 12 after it"

QUANTITIES: dict[tuple[str, str], str | None] = {
    ("tokens", '{"value": 0}'): None,
    ("tokens", '{"value": 12.50}'): None,
    ("tokens", '{"value": "12.50"}'): None,
    ("tokens", '{"value": "0"}'): None,
    ("tokens", '{"value": -0}'): None,
    ("tokens", '{"value": -0.000}'): None,
    ("tokens", '{"value": "-0"}'): None,
    ("tokens", '{"value": 1e3}'): None,
    ("tokens", '{"value": 999999999999999.999999999999}'): None,
    ("tokens", '{"value": "999999999999999.999999999999"}'): None,
    ("tokens", '{"value": 1.0000000000000000000}'): None,
    ("tokens", f'{{"value": 1.{"0" * 62}}}'): None,
    ("tokens", f'{{"value": 1.{"0" * 63}}}'): f"data.value must have at most 64 characters, got 1.{'0' * 38}…",
    ("tokens", f'{{"value": "0.{"0" * 63}"}}'): f'data.value must have at most 64 characters, got "0.{"0" * 38}…"',
    ("tokens", '{"value": 0e999999999999999999999}'): None,
    ("tokens", '{"value": 1000000000000000}'): f"data.value {DIGITS}, got 1000000000000000",
    ("tokens", '{"value": "0.0000000000001"}'): f'data.value {DIGITS}, got "0.0000000000001"',
    ("tokens", '{"value": 1e15}'): f"data.value {DIGITS}, got 1e15",
    ("tokens", '{"value": 1e-13}'): f"data.value {DIGITS}, got 1e-13",
    ("tokens", '{"value": 1e99999999999999999999}'): f"data.value {DIGITS}, got 1e99999999999999999999",
    ("tokens", '{"value": 1e-99999999999999999999}'): f"data.value {DIGITS}, got 1e-99999999999999999999",
    ("tokens", '{"value": -1}'): "data.value must not be negative, got -1",
    ("tokens", '{"value": "-0.1"}'): 'data.value must not be negative, got "-0.1"',
    **{
        ("tokens", f'{{"value": {value}}}'): f"data.value {NUMBER}, got {shown}"
        for value, shown in (
            ('""', '""'),
            ('"1e3"', '"1e3"'),
            ('"1,5"', '"1,5"'),
            ('" 1"', '" 1"'),
            ('"+1"', '"+1"'),
            ('"01"', '"01"'),
            ('".5"', '".5"'),
            ('"1."', '"1."'),
            ('"0x10"', '"0x10"'),
            ('"NaN"', '"NaN"'),
            ('"Infinity"', '"Infinity"'),
            ('"٣"', '"٣"'),
            ("true", "true"),
            ("[1]", "a list"),
            ('{"value": 1}', "an object"),
        )
    },
    **{
        ("tokens", data): "data.value missing, must be a number"
        for data in ("{}", '{"value": null}', '{"Value": 1}', "5", "[1]", '"text"', "null", '{"data.value": 1}')
    },
    ("seats", "{}"): None,
    ("seats", "null"): None,
    ("seats", '{"seats": null}'): None,
    ("seats", '{"seats": 5}'): None,
    ("seats", '{"seats": "many"}'): f'data.seats {NUMBER}, got "many"',
    ("seats", '{"seats": -5}'): "data.seats must not be negative, got -5",
    ("credits", '{"value": -5.25}'): None,
    ("credits", '{"value": -1000000000000000}'): f"data.value {DIGITS}, got -1000000000000000",
    ("users", "{}"): None,
    ("users", '{"user": {"any": ["thing"]}}'): None,
    ("usage", '"anything"'): None,
    ("calls", "{}"): (
        "type must be one that a meter counts (com.example.credits, com.example.seats, com.example.tokens, "
        'com.example.usage, com.example.users), got "com.example.calls"'
    ),
    ("Tokens", '{"value": 1}'): (
        "type must be one that a meter counts (com.example.credits, com.example.seats, com.example.tokens, "
        'com.example.usage, com.example.users), got "com.example.Tokens"'
    ),
}
"""Kind of event and data, as JSON text: why it is refused."""
