import json
import re
from base64 import b64encode
from hashlib import sha256

import pytest

from portal import Config, ConfigError, assemble
from portal.page import FOLDER, SCRIPTS, STYLES

CONFIG = Config("4h57kd8", "https://cognito-idp.eu-west-1.amazonaws.com")
SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
EMBEDDED = re.compile(r'<script type="application/json" id="config">(.*?)</script>', re.DOTALL)


def html(config: Config = CONFIG) -> str:
    return assemble(config).html.decode()


def policy(config: Config = CONFIG) -> dict[str, str]:
    directives = assemble(config).headers["Content-Security-Policy"].split("; ")
    return dict(directive.split(" ", 1) for directive in directives)


def test_the_policy_lets_in_the_one_script_the_own_api_and_the_regions_cognito() -> None:
    [script] = SCRIPT.findall(html())
    assert policy() == {
        "default-src": "'none'",
        "script-src": f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'",
        "style-src": "'unsafe-inline'",
        "style-src-attr": "'none'",
        "connect-src": "'self' https://cognito-idp.eu-west-1.amazonaws.com",
        "img-src": "data:",
        "frame-src": "blob:",
        "form-action": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    assert assemble(CONFIG).headers["Referrer-Policy"] == "no-referrer"


def test_the_configuration_stands_in_the_page_as_data_and_moves_nothing_of_the_script() -> None:
    other = Config("9", "http://127.0.0.1:4566", 'Plans & </script><script>alert("1")</script>')
    [embedded] = EMBEDDED.findall(html(other))
    assert json.loads(embedded) == {
        "clientId": "9",
        "cognitoEndpoint": "http://127.0.0.1:4566/",
        "title": 'Plans & </script><script>alert("1")</script>',
    }
    assert SCRIPT.findall(html(other)) == SCRIPT.findall(html())
    assert policy(other)["script-src"] == policy()["script-src"]
    assert policy(other)["connect-src"] == "'self' http://127.0.0.1:4566"
    assert '<title>Plans &amp; &lt;/script>&lt;script>alert("1")&lt;/script></title>' in html(other)


def test_a_slash_at_the_end_of_the_endpoint_changes_nothing() -> None:
    assert assemble(Config("4h57kd8", f"{CONFIG.cognito_endpoint}/")) == assemble(CONFIG)


def test_the_page_asks_for_nothing_else() -> None:
    page = html()
    [script] = SCRIPT.findall(page)
    assert [url for url in re.findall(r"""(?:src|href|action)=["']([^"']*)""", page) if url[:5] != "data:"] == [
        "#main",
        "#/usage",
        "#/invoices",
    ]
    assert re.findall(r"url\(|@import|@font-face", page) == []
    addresses = {url for url in re.findall(r"https?://[^\"'`\s;)]*", script) if url != "http://www.w3.org/2000/svg"}
    assert addresses == set()


def test_no_text_can_become_markup() -> None:
    """Trusted types hold this in the browser, too."""
    sinks = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\b|new Function|srcdoc"
    assert re.findall(sinks, SCRIPT.findall(html())[0]) == []


def test_nothing_of_a_session_is_stored() -> None:
    assert re.findall(r"localStorage|sessionStorage|indexedDB|document\.cookie", html()) == []


def test_every_file_of_the_folder_is_in_the_page() -> None:
    assert sorted(path.name for path in (FOLDER / "script").iterdir()) == sorted(SCRIPTS)
    assert sorted(path.name for path in (FOLDER / "style").iterdir()) == sorted(STYLES)
    assert [name for name in SCRIPTS if (FOLDER / "script" / name).read_text() not in html()] == []
    assert [name for name in STYLES if (FOLDER / "style" / name).read_text() not in html()] == []
    assert "{{" not in html()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (("", "https://c.example"), "client_id: must be 1 to 128 letters, digits, _ or +, got ''"),
        (("a b", "https://c.example"), "client_id: must be 1 to 128 letters, digits, _ or +, got 'a b'"),
        *(
            (
                ("a", endpoint),
                f"cognito_endpoint: must be https and a host, or http on loopback, without a path, got {endpoint!r}",
            )
            for endpoint in (
                "http://cognito.example",
                "https://c.example/path",
                "https://c.example; script-src *",
                "https://user@c.example",
                "https://*",
                "",
            )
        ),
    ],
)
def test_what_would_widen_the_policy_is_refused(values: tuple[str, str], message: str) -> None:
    with pytest.raises(ConfigError) as error:
        Config(*values)
    assert str(error.value) == message
