"""A browser for tests: Chromium through its pipe for debuggers, which needs no package and no port."""

import base64
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-pipe",
)  # fmt: skip
_WAIT = 20.0


class Refused(Exception):
    """A command that the browser did not carry out: for instance because the page has just been left."""


class Browser:
    """
    One page of a browser. `messages` is what came on the console; `requests` are the addresses that were asked for.
    """

    def __init__(self, reader: Any, writer: Any) -> None:
        self._reader, self._writer, self._last = reader, writer, 0
        self._rest = b""
        self._session: str | None = None
        self.messages: list[str] = []
        self.requests: list[str] = []
        self._loaded = 0
        self._attach()

    def _attach(self) -> None:
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> Any:
        """A command of the protocol, and its answer."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        self._writer.write(json.dumps(message).encode() + b"\0")
        self._writer.flush()
        while True:
            answer = self._read()
            if answer.get("id") == self._last:
                if "error" in answer:
                    raise Refused(f"{method}: {answer['error']}")
                return answer["result"]

    def _read(self) -> Any:
        while b"\0" not in self._rest:
            piece = os.read(self._reader.fileno(), 1_000_000)
            assert piece, "the browser has ended"
            self._rest += piece
        text, self._rest = self._rest.split(b"\0", 1)
        message = json.loads(text)
        match message.get("method"), message.get("params"):
            case "Page.loadEventFired", _:
                self._loaded += 1
            case "Runtime.consoleAPICalled", told:
                self.messages.append(f"{told['type']}: {[each.get('value') for each in told['args']]}")
            case "Runtime.exceptionThrown", told:
                self.messages.append(f"thrown: {told['exceptionDetails']}")
            case "Log.entryAdded", told:
                self.messages.append(f"{told['entry']['level']}: {told['entry']['text']} {told['entry'].get('url')}")
            case "Network.requestWillBeSent", told:
                self.requests.append(told["request"]["url"])
        return message

    def open(self, url: str) -> None:
        """Go to a page, and wait until it is loaded."""
        loaded = self._loaded
        self.call("Page.navigate", url="about:blank")
        while self._loaded == loaded:
            self._read()
        loaded = self._loaded
        failed = self.call("Page.navigate", url=url).get("errorText")
        assert not failed, failed
        while self._loaded == loaded:
            self._read()

    def run(self, script: str) -> Any:
        """The value of an expression in the page; a promise is waited for."""
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait(self, condition: str) -> Any:
        """Wait until an expression in the page is true, also on the page that this one leads to; its value."""
        script = (
            f"new Promise((done, failed) => {{ const begun = performance.now(); const look = () => {{ const found = ({condition});"
            f" if (found) done(found); else if (performance.now() - begun > {_WAIT * 1000}) failed(new Error('in vain'));"
            " else setTimeout(look, 10); }; look(); })"
        )
        for _ in range(3):
            try:
                return self.run(script)
            except Refused:
                continue
        return self.run(script)

    def text(self, selector: str) -> str:
        """The text of an element, as it is shown."""
        return str(self.run(f"document.querySelector({json.dumps(selector)}).innerText"))

    def texts(self, selector: str) -> list[str]:
        """The texts of elements."""
        return list(self.run(f"[...document.querySelectorAll({json.dumps(selector)})].map(each => each.textContent)"))

    def press(self, key: str, text: str = "", code: int = 0) -> None:
        """Press a key."""
        told = {"key": key, "code": key, "windowsVirtualKeyCode": code, **({"text": text} if text else {})}
        self.call("Input.dispatchKeyEvent", type="keyDown", **told)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=code)

    def type(self, text: str) -> None:
        """Write into what has the focus."""
        self.call("Input.insertText", text=text)

    def look(
        self,
        width: int = 1280,
        height: int = 900,
        *,
        dark: bool = False,
        forced: bool = False,
        media: str = "",
        scale: float = 1,
    ) -> None:
        """The size of the window, and how it is looked at."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=width < 600,
        )
        features = [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "forced-colors", "value": "active" if forced else "none"},
        ]
        self.call("Emulation.setEmulatedMedia", media=media, features=features)

    def script(self, *, on: bool) -> None:
        """With script, or without."""
        self.call("Emulation.setScriptExecutionDisabled", value=not on)

    def picture(self, path: Path, *, whole: bool = False) -> None:
        """A picture of the page."""
        shown = self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(shown["data"]))


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """A browser with a new profile; it ends with the block."""
    assert CHROMIUM is not None
    to_it, ours = os.pipe()
    theirs, from_it = os.pipe()
    # Chromium reads at 3 and writes at 4; the shell gives it both.
    command = 'exec "$0" "$@" 3<&"$IN" 4>&"$OUT"'
    process = subprocess.Popen(
        ["bash", "-c", command, CHROMIUM, *_FLAGS, f"--user-data-dir={profile}", "about:blank"],
        pass_fds=(to_it, from_it), env={**os.environ, "IN": str(to_it), "OUT": str(from_it), "HOME": str(profile)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    os.close(to_it)
    os.close(from_it)
    with os.fdopen(ours, "wb") as writer, os.fdopen(theirs, "rb", buffering=0) as reader:
        try:
            yield Browser(reader, writer)
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # and the processes that it has started
            process.wait()
