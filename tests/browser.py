"""A browser to look at a page with: one start of Chromium, spoken to over a pipe, for all that is to be seen."""

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE = 30
OPTIONS = (
    *("--headless", "--remote-debugging-pipe", "--no-first-run", "--no-default-browser-check", "--disable-gpu"),
    *("--disable-extensions", "--disable-background-networking", "--disable-dev-shm-usage", "--hide-scrollbars"),
)


class Browser:
    """A page in a browser of its own: what it says in the console and asks of the network is kept in `heard`."""

    def __init__(self, profile: Path) -> None:
        assert CHROMIUM
        theirs_in, self._to = os.pipe()
        self._from, theirs_out = os.pipe()
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        pipes = f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}'  # the descriptors that Chromium reads and writes
        self._process = subprocess.Popen(
            ["bash", "-c", pipes, "bash", CHROMIUM, *OPTIONS, *sandbox, f"--user-data-dir={profile}", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(theirs_in, theirs_out),
            start_new_session=True,
        )
        for one in (theirs_in, theirs_out):
            os.close(one)
        self._rest, self._asked, self._session = b"", 0, ""
        self.heard: list[dict[str, Any]] = []
        [page] = [one for one in self.ask("Target.getTargets")["targetInfos"] if one["type"] == "page"]
        self._session = self.ask("Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End what was started, and its children."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(PATIENCE)
        os.close(self._to)
        os.close(self._from)

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """One command, and what comes of it."""
        self._asked += 1
        number = self._asked
        message = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]

    def _next(self) -> dict[str, Any]:
        """The next message; those that answer nothing are heard."""
        until = time.monotonic() + PATIENCE
        while b"\0" not in self._rest:
            if not select.select([self._from], [], [], max(0, until - time.monotonic()))[0]:
                raise TimeoutError("The browser does not answer.")
            piece = os.read(self._from, 1 << 20)
            if not piece:
                raise EOFError("The browser has ended.")
            self._rest += piece
        message, _, self._rest = self._rest.partition(b"\0")
        found = json.loads(message)
        if "id" not in found:
            self.heard.append(found)
        return found

    def open(self, page: Path) -> None:
        """Load a file, and wait until it is there."""
        self.heard.clear()
        self.ask("Page.navigate", url=page.as_uri())
        while not any(one["method"] == "Page.loadEventFired" for one in self.heard):
            self._next()

    def look(self, *, scheme: str = "light", width: int = 1280, media: str = "") -> None:
        """As a screen of that width, in that scheme, or as paper."""
        self.ask(
            "Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": scheme}]
        )
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)

    def value(self, script: str) -> Any:
        """What a script comes to; a promise is waited for."""
        found = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def screenshot(self, path: Path) -> None:
        """The whole page, as a PNG."""
        found = self.ask("Page.captureScreenshot", captureBeyondViewport=True, format="png")
        path.write_bytes(base64.b64decode(found["data"]))

    def pdf(self, *, width: float, height: float) -> bytes:
        """The page on paper of that size, in inches."""
        found = self.ask(
            "Page.printToPDF", paperWidth=width, paperHeight=height, printBackground=True, preferCSSPageSize=False
        )
        return base64.b64decode(found["data"])
