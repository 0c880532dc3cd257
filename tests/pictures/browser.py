"""Headless Chromium, driven over a pair of pipes: nothing has to be installed beside the browser itself."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PATIENCE = 60.0
# The browser reads commands from descriptor 3 and answers on 4.
_START = """\
import fcntl, os, sys
commands, answers = (fcntl.fcntl(int(each), fcntl.F_DUPFD, 10) for each in sys.argv[1:3])
os.dup2(commands, 3)
os.dup2(answers, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
_KEYS = {
    "Enter": (13, "\r"), "Tab": (9, ""), "Escape": (27, ""), "Space": (32, " "), "Home": (36, ""), "End": (35, ""),
    "ArrowLeft": (37, ""), "ArrowUp": (38, ""), "ArrowRight": (39, ""), "ArrowDown": (40, ""),
}  # fmt: skip


def program() -> str | None:
    """Return the path of a Chromium: of the variable STEPLINT_CHROMIUM, else the first on the PATH."""
    if named := os.environ.get("STEPLINT_CHROMIUM"):
        return named
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


class Browser:
    """A running Chromium and one tab of it."""

    def __init__(self, process: subprocess.Popen[bytes], commands: int, answers: int) -> None:
        """Speak to ``process``."""
        self._process, self._commands, self._answers = process, commands, answers
        self._rest, self._number = b"", 0
        self.requests = list[str]()
        self.problems = list[str]()
        target = self._call("Target.createTarget", {"url": "about:blank"})["targetId"]
        self._session = self._call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: object) -> dict[str, Any]:
        """Return the answer of the tab to one command."""
        return self._call(method, parameters, self._session)

    def look(self, scheme: str, width: int = 1200, height: int = 900) -> None:
        """Prefer ``scheme`` (light or dark) in a window of a size."""
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def open(self, path: Path) -> None:
        """Show a file; afterwards `requests` has what it asked for and `problems` what the console said."""
        self.requests.clear()
        self.problems.clear()
        self.call("Page.navigate", url=path.as_uri())
        self.until("document.readyState === 'complete'")
        # A page that loads something late does so within a frame or two.
        self.value("new Promise(done => requestAnimationFrame(() => setTimeout(() => done(1), 50)))")

    def value(self, expression: str) -> Any:
        """Return the value of JavaScript; raises `AssertionError` with its error."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def until(self, expression: str) -> None:
        """Wait until JavaScript is true."""
        end = time.monotonic() + _PATIENCE
        while not self.value(expression):
            assert time.monotonic() < end, f"never true: {expression}"
            time.sleep(0.02)

    def press(self, key: str, *, shift: bool = False) -> None:
        """Press and release one key: a character, or a name such as `Enter`."""
        # The code of a key that is no letter or digit is left out: those of some signs are the codes of arrows.
        code, text = _KEYS[key] if key in _KEYS else (ord(key.upper()) if key.isascii() and key.isalnum() else 0, key)
        given = {"key": " " if key == "Space" else key, "windowsVirtualKeyCode": code, "modifiers": 8 if shift else 0}
        self.call("Input.dispatchKeyEvent", type="keyDown", **given, **({"text": text} if text else {}))
        self.call("Input.dispatchKeyEvent", type="keyUp", **given)

    def write(self, text: str) -> None:
        """Type characters."""
        for each in text:
            self.press(each)

    def click(self, selector: str) -> None:
        """Click on the middle of the first element of a selector, scrolled into view."""
        found = json.dumps(selector)
        self.value(f"document.querySelector({found}).scrollIntoView({{block: 'center', inline: 'center'}})")
        box = self.value(
            f"(() => {{ const at = document.querySelector({found}).getBoundingClientRect();"
            " return [at.x + at.width / 2, at.y + at.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    def screenshot(self, path: Path) -> None:
        """Write what the window shows as PNG."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def _call(self, method: str, parameters: object, session: str = "") -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, (method, answer["error"])
                result: dict[str, Any] = answer["result"]
                return result
            self._noted(answer.get("method", ""), answer.get("params", {}))

    def _noted(self, event: str, parameters: dict[str, Any]) -> None:
        if event == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif event == "Runtime.exceptionThrown":
            self.problems.append(str(parameters["exceptionDetails"]))
        elif event == "Log.entryAdded":
            self.problems.append(parameters["entry"]["text"])

    def _next(self) -> dict[str, Any]:
        end = time.monotonic() + _PATIENCE
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._answers], [], [], max(0.0, end - time.monotonic()))
            assert ready, "the browser says nothing"
            read = os.read(self._answers, 1 << 20)
            assert read, f"the browser ended with {self._process.poll()}"
            self._rest += read
        message, _, self._rest = self._rest.partition(b"\0")
        answer: dict[str, Any] = json.loads(message)
        return answer


@contextmanager
def browser(path: str, profile: Path) -> Iterator[Browser]:
    """Give a browser that has ``profile`` as its only folder."""
    commands, to_browser = os.pipe()
    from_browser, answers = os.pipe()
    flags = ["--headless", "--remote-debugging-pipe", f"--user-data-dir={profile}", "--no-first-run"]
    flags += ["--disable-background-networking", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        flags.append("--no-sandbox")  # the sandbox of Chromium refuses to start for root
    process = subprocess.Popen(
        [sys.executable, "-c", _START, str(commands), str(answers), path, *flags],
        pass_fds=(commands, answers),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "HOME": str(profile)},
    )
    os.close(commands)
    os.close(answers)
    try:
        yield Browser(process, to_browser, from_browser)
    finally:
        os.close(to_browser)
        os.close(from_browser)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
