"""One self-contained HTML page out of the files beside this one, and the headers that it needs. No build step."""

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

FOLDER = Path(__file__).parent
STYLES = ("base.css", "parts.css")
SCRIPTS = (
    "numbers.js",
    "words.js",
    "dom.js",
    "session.js",
    "parts.js",
    "chart.js",
    "bill.js",
    "usage.js",
    "invoices.js",
    "lines.js",
    "entry.js",
    "main.js",
)
"""In the order in which they are joined: a file uses those before it, and at run time any."""

TITLE = "Usage and billing"

_CLIENT_ID = re.compile(r"[\w+]{1,128}", re.ASCII)
_ENDPOINT = re.compile(
    r"(https://[A-Za-z0-9.-]+|http://(127\.0\.0\.1|localhost|\[::1\]))(:[0-9]{1,5})?"  # nothing that a policy reads
)
_PLACE = re.compile(r"\{\{(title|style|config|script)\}\}")
_ESCAPES = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


class ConfigError(ValueError):
    """The page cannot be made of this configuration; the message names field, rule and value."""


@dataclass(frozen=True)
class Config:
    """What differs between two deployments of the page."""

    client_id: str
    """App client of the user pool."""
    cognito_endpoint: str
    """Of Cognito in the Region: `https://cognito-idp.us-east-1.amazonaws.com`; `http` on loopback only."""
    title: str = TITLE
    """Name of the page."""

    def __post_init__(self) -> None:
        if not _CLIENT_ID.fullmatch(self.client_id):
            raise ConfigError(f"client_id: must be 1 to 128 letters, digits, _ or +, got {self.client_id!r}")
        if not _ENDPOINT.fullmatch(self.cognito_origin):
            rule = "must be https and a host, or http on loopback, without a path"
            raise ConfigError(f"cognito_endpoint: {rule}, got {self.cognito_endpoint!r}")

    @property
    def cognito_origin(self) -> str:
        """The endpoint as a policy names it."""
        return self.cognito_endpoint.rstrip("/")


@dataclass(frozen=True)
class Page:
    """The page as it is served."""

    html: bytes
    headers: Mapping[str, str]
    """Its policies; content type and caching are the answer's."""


def assemble(config: Config) -> Page:
    """Return the page for one deployment.

    The configuration stands in it as data, so that the script, and with it the script's hash, is always the same.
    """
    embedded = {"clientId": config.client_id, "cognitoEndpoint": f"{config.cognito_origin}/", "title": config.title}
    parts = {
        "title": config.title.replace("&", "&amp;").replace("<", "&lt;"),
        "style": style(),
        "config": json.dumps(embedded, ensure_ascii=False).translate(_ESCAPES),
        "script": script(),
    }
    html = _PLACE.sub(lambda place: parts[place[1]], _read("page.html"))
    return Page(html.encode(), {"Content-Security-Policy": policy(config), "Referrer-Policy": "no-referrer"})


def policy(config: Config) -> str:
    """Return the Content-Security-Policy: the one script, the own API, the Region's Cognito, and nothing else."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'sha256-{b64encode(sha256(script().encode()).digest()).decode()}'",
            # A blob document has the policy of its maker, and invoices keep the style of the version that issued
            # them: there is no list of their hashes. Style elements only; `style` attributes are not needed.
            "style-src 'unsafe-inline'",
            "style-src-attr 'none'",
            f"connect-src 'self' {config.cognito_origin}",
            "img-src data:",
            "frame-src blob:",
            "form-action 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


@cache
def script() -> str:
    """Return the page's one script."""
    return "\n".join(['(() => {\n"use strict";', *(_read(f"script/{name}") for name in SCRIPTS), "})();"])


@cache
def style() -> str:
    """Return the page's one style sheet."""
    return "\n".join(_read(f"style/{name}") for name in STYLES)


@cache
def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")
