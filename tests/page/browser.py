"""Debian's Chromium, without a window, told by its driver what to do. Nothing is downloaded, and no name looked up."""

import base64
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.nodes import wait_until

FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]  # fmt: skip


class Browser:
    """One browser, in which one page after the other is looked at. A context manager: leaving it ends the browser."""

    def __init__(self) -> None:
        """Skips the test where there is no Chromium or no driver for it."""
        chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
        if not (chromium and driver):
            pytest.skip("needs chromium and chromedriver (Debian's chromium and chromium-driver)")
        options = ChromeOptions()
        options.binary_location = chromium
        for flag in FLAGS:
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = Chrome(options=options, service=ChromeService(driver))
        self.driver.set_page_load_timeout(20)
        self.driver.set_script_timeout(30)

    def __enter__(self) -> "Browser":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.driver.quit()

    def look(self, width: int = 1280, height: int = 900, dark: bool = False, calm: bool = False) -> None:
        """How large the page is from now on, and what its reader prefers."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        preferred = [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce" if calm else "no-preference"},
        ]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": preferred})

    def open(self, url: str) -> None:
        """Open a page, and forget what was said and asked before."""
        self.driver.get("about:blank")
        self.complaints()
        self.asked()
        self.driver.get(url)

    def element(self, css: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, css)

    def text(self, css: str) -> str:
        """What a reader sees there."""
        return self.element(css).text

    def texts(self, css: str) -> list[str]:
        """What scripts put into each such element, seen or not, at one moment."""
        found: list[str] = self.run("return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)", css)
        return found

    def run(self, script: str, *arguments: object) -> Any:
        return self.driver.execute_script(script, *arguments)

    def wait(self, true: Callable[[], object], what: str, seconds: float = 10.0) -> None:
        """Wait until this is so; elements may be replaced meanwhile."""

        def now_true() -> object:
            try:
                return true()
            except StaleElementReferenceException:
                return False

        wait_until(now_true, seconds, what)

    def wait_for_text(self, css: str, text: str, seconds: float = 10.0) -> None:
        self.wait(lambda: text in self.text(css), f"{text!r} in {css}", seconds)

    def complaints(self) -> list[str]:
        """What the console said since it was last asked: failures, and breaches of the policy."""
        return [entry["message"] for entry in self._log("browser")]

    def asked(self) -> list[str]:
        """The addresses asked for since it was last asked."""
        events = [json.loads(entry["message"])["message"] for entry in self._log("performance")]
        begun = [event["params"] for event in events if event["method"] == "Network.requestWillBeSent"]
        return [params["request"]["url"] for params in begun]

    def _log(self, kind: str) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.driver.get_log(kind)  # type: ignore[no-untyped-call]
        return entries

    def screenshot(self, path: Path) -> None:
        """The whole page."""
        width, height = self.run("return [innerWidth, document.documentElement.scrollHeight]")
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        shot = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"clip": clip, "captureBeyondViewport": True})
        path.write_bytes(base64.b64decode(shot["data"]))
