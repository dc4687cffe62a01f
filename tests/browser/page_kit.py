"""A page that a test uses as a person does: it reads, types, presses keys, and sees what the network is asked for."""

import base64
import json
import pathlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.browser.chromium_kit import Browser

KEYS = {"Tab": 9, "Enter": 13, " ": 32, "ArrowDown": 40}
_SECONDS = 60
_PAUSE = 0.02
_SHIFT = 8


@dataclass(frozen=True)
class Answer:
    """What a request is answered with instead of the network's answer."""

    status: int = 200
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    fails: bool = False


@dataclass(frozen=True)
class Sent:
    """A request that the page made."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: str


Answering = Callable[[Sent], Answer | None]
"""What to answer; None lets the network answer."""
Changing = Callable[[Sent, str], str | None]
"""Gets an answer's body from the network, gives what the page sees instead; None leaves it."""


class Page:
    """One tab.

    Args:
        browser: which runs.
        answering: looked up for each request before it is sent.
        changing: looked up for each answer of the network before the page sees it.
    """

    def __init__(self, browser: Browser, answering: Answering | None = None, changing: Changing | None = None) -> None:
        self._browser, self._answering, self._changing = browser, answering, changing
        self._target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = browser.call("Target.attachToTarget", targetId=self._target, flatten=True)["sessionId"]
        self.sent: list[Sent] = []
        self.complaints: list[str] = []
        browser.listen(self._session, self._take)
        for domain in ("Page", "Log", "Runtime", "Network"):
            self.call(f"{domain}.enable")
        patterns = [{"urlPattern": "http*", "requestStage": "Request"}] if answering else []
        patterns += [{"urlPattern": "http*", "requestStage": "Response"}] if changing else []
        if patterns:
            self.call("Fetch.enable", patterns=patterns)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Return the result of a command to this tab."""
        return self._browser.call(method, self._session, **parameters)

    def close(self) -> None:
        self._browser.call("Target.closeTarget", targetId=self._target)

    def open(self, url: str) -> None:
        """Go to an address."""
        self.call("Page.navigate", url=url)
        self.wait("document.readyState === 'complete'")

    def size(self, width: int, height: int = 900, *, dark: bool = False, scale: float = 1) -> None:
        """Set the window's size and the reader's colour scheme."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        still = {"name": "prefers-reduced-motion", "value": "reduce"}
        self.call("Emulation.setEmulatedMedia", features=[scheme, still])

    def value(self, expression: str) -> Any:
        """Return what an expression of JavaScript gives in the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, (expression, answer["exceptionDetails"])
        return answer["result"].get("value")

    def wait(self, expression: str) -> None:
        """Wait until an expression is true."""
        deadline = time.monotonic() + _SECONDS
        while not self.value(f"Boolean({expression})"):
            shown = "document.body?.innerText.slice(0, 600)"
            assert time.monotonic() < deadline, (expression, self.value(shown), self.complaints)
            time.sleep(_PAUSE)

    def wait_until(self, done: Callable[[], bool]) -> None:
        """Wait for what is seen from outside; the tab goes on."""
        deadline = time.monotonic() + _SECONDS
        while not done():
            assert time.monotonic() < deadline, self.complaints
            self.value("0")
            time.sleep(_PAUSE)

    def wait_for(self, text: str, selector: str = "body") -> None:
        """Wait until a text is to be read."""
        self.wait(f"document.querySelector({json.dumps(selector)})?.innerText.includes({json.dumps(text)})")

    def text(self, selector: str) -> str:
        """Return the text that is to be read in an element, blanks as one."""
        found = self.value(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''")
        return " ".join(found.split())

    def texts(self, selector: str) -> list[str]:
        """Return the texts of all elements that are seen, blanks as one."""
        seen = f"[...document.querySelectorAll({json.dumps(selector)})].filter((one) => one.checkVisibility())"
        found = self.value(f"{seen}.map((one) => one.innerText ?? one.textContent)")
        return [" ".join(text.split()) for text in found]

    def click(self, selector: str) -> None:
        """Click an element once it is there and can be clicked."""
        self.wait(f"document.querySelector({json.dumps(selector)})?.matches(':not(:disabled)')")
        self.value(f"document.querySelector({json.dumps(selector)}).click()")

    def type(self, text: str, selector: str | None = None) -> None:
        """Type a text, where the focus is or in a field."""
        if selector:
            self.value(f"document.querySelector({json.dumps(selector)}).focus()")
        self.call("Input.insertText", text=text)

    def press(self, key: str, *, shift: bool = False) -> None:
        """Press a key."""
        named = {"key": key, "code": key, "windowsVirtualKeyCode": KEYS[key], "modifiers": _SHIFT if shift else 0}
        characters = {"Enter": "\r", " ": " "}
        typed = {"text": characters[key]} if key in characters else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", **named, **typed)
        self.call("Input.dispatchKeyEvent", type="keyUp", **named)

    def screenshot(self, path: pathlib.Path, *, whole: bool = False) -> None:
        """Write what is seen, or the whole page, as PNG."""
        tall = self.value("document.documentElement.scrollHeight")
        wide = self.value("document.documentElement.clientWidth")
        clip = {"clip": {"x": 0, "y": 0, "width": wide, "height": tall, "scale": 1}} if whole else {}
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole, **clip)
        path.write_bytes(base64.b64decode(shot["data"]))

    def overflow(self) -> int:
        """Return by how many pixels the page is wider than its window."""
        wider: int = self.value("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        return wider

    def _take(self, event: dict[str, Any]) -> None:
        """Note what the tab reports, and answer a request that waits."""
        method, parameters = event["method"], event["params"]
        if method == "Log.entryAdded":
            self.complaints.append(f"{parameters['entry']['text']} {parameters['entry'].get('url', '')}".strip())
        elif method in {"Runtime.consoleAPICalled", "Runtime.exceptionThrown"}:
            self.complaints.append(json.dumps(parameters))
        elif method == "Network.requestWillBeSent":
            self.sent.append(_sent(parameters["request"]))
        elif method == "Fetch.requestPaused":
            self._decide(parameters)

    def _decide(self, paused: dict[str, Any]) -> None:
        sent, number = _sent(paused["request"]), paused["requestId"]
        if "responseStatusCode" in paused:
            body = self._changed(sent, number)
            answer = None if body is None else Answer(paused["responseStatusCode"], body, _headers(paused))
        else:
            answer = self._answering(sent) if self._answering else None
        if answer is None:
            self.call("Fetch.continueRequest", requestId=number)
        elif answer.fails:
            self.call("Fetch.failRequest", requestId=number, errorReason="ConnectionRefused")
        else:
            headers = [{"name": name, "value": value} for name, value in answer.headers.items()]
            body = base64.b64encode(answer.body.encode()).decode()
            self.call(
                "Fetch.fulfillRequest",
                requestId=number,
                responseCode=answer.status,
                responseHeaders=headers,
                body=body,
            )

    def _changed(self, sent: Sent, number: str) -> str | None:
        if self._changing is None or not sent.url.startswith("http"):
            return None
        found = self.call("Fetch.getResponseBody", requestId=number)
        body = base64.b64decode(found["body"]).decode() if found["base64Encoded"] else found["body"]
        return self._changing(sent, body)


def _sent(request: Mapping[str, Any]) -> Sent:
    return Sent(request["method"], request["url"], request["headers"], request.get("postData", ""))


def _headers(paused: Mapping[str, Any]) -> dict[str, str]:
    sizes = {"content-length", "content-encoding"}
    return {one["name"]: one["value"] for one in paused["responseHeaders"] if one["name"].lower() not in sizes}
