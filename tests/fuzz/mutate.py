"""Changes that keep an input JSON: bytes changed at random seldom come past a parser."""

import json
import random
from typing import Any

from tests.fuzz.frame import BETWEEN

DEEP = "[" * 300 + "]" * 300
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 2**31, 2**63, 1.5, 1e300, float("nan"), 10**30),
    *("", "-", " ", "0", "00", "-0", "1e14", "1e-12", "0.0000000000001", "\ud800", "\x00", "\x7f", "\ufffe"),
    *("\u00e9", "\U0001f600", '"\\', "a" * 300, [], {}, [[]], {"": 0}, {"\ud800": 1}, {"a": {"a": [1, {"b": None}]}}),
)
_Place = tuple[Any, Any]
"""A list or an object, and an index or a key of it."""


def mutate(data: bytes, rng: random.Random, words: tuple[str, ...]) -> bytes | None:
    """Return an input with one JSON value of it changed; None if there is no JSON in it."""
    payloads = data.split(BETWEEN)
    chosen = rng.randrange(len(payloads))
    payload = payloads[chosen]
    for start in (0, 1):  # the first byte may say what the rest is
        try:
            changed = _changed(json.loads(payload[start:]), rng, words)
        except (ValueError, RecursionError):  # what can be read may still be too deep to be written
            continue
        payloads[chosen] = payload[:start] + changed.encode("utf-8", "surrogatepass")
        return BETWEEN.join(payloads)
    return None


def _changed(value: Any, rng: random.Random, words: tuple[str, ...]) -> str:
    root = [value]
    places = list(_places(root))
    parent, key = rng.choice(places)
    match rng.randrange(7):
        case 0 if parent is not root:
            del parent[key]
        case 1:
            other, at = rng.choice(places)
            parent[key] = json.loads(json.dumps(other[at]))
        case 2:
            parent[key] = rng.choice(words).strip('":,{}[]')
        case 3 if isinstance(parent, dict):
            parent[rng.choice(words).strip('":,{}[]')] = parent[key]
        case 4 if isinstance(parent, list) and parent is not root:
            parent.insert(rng.randrange(len(parent) + 1), json.loads(json.dumps(parent[key])))
        case 5 if isinstance(parent[key], str):
            parent[key] = _within(parent[key], rng, words)
        case _:
            parent[key] = rng.choice(ODD)
    text = json.dumps(root[0], ensure_ascii=rng.random() < 0.5, separators=rng.choice(((",", ":"), (", ", ": "))))
    if rng.randrange(30) == 0:
        text = text.replace("null", DEEP, 1)
    if rng.randrange(30) == 0 and text.startswith("{") and len(text) > 2:
        text = f"{text[:-1]},{text[1:]}"  # each key twice
    return text


def _places(parent: Any) -> list[_Place]:
    """Return every place in a value, the root's included."""
    found: list[_Place] = []
    waiting = [parent]
    while waiting:
        one = waiting.pop()
        keys = list(one) if isinstance(one, dict) else range(len(one))
        for key in keys:
            found.append((one, key))
            if isinstance(one[key], dict | list):
                waiting.append(one[key])
    return found


def _within(text: str, rng: random.Random, words: tuple[str, ...]) -> str:
    """Return a text with a few characters changed; a text that is JSON itself, as a body is, with that changed."""
    if text[:1] in {"{", "["}:
        try:
            return _changed(json.loads(text), rng, words)
        except (ValueError, RecursionError):
            pass
    start = rng.randrange(len(text) + 1)
    put = rng.choice((*(one for one in ODD if isinstance(one, str)), rng.choice(words)))
    return text[:start] + put + text[start + rng.choice((0, 1, 4)) :]
