"""One browser for all tests of the page."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.page.browser import Browser
from tests.page.staged import Staged


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Function) -> None:
    """What is left on the screen goes to the folder SCREENSHOTS, where that is set."""
    folder, browser = os.environ.get("SCREENSHOTS"), item.funcargs.get("browser")
    if folder and isinstance(browser, Browser):
        browser.screenshot(Path(folder) / f"{item.name}.png")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with Browser() as browser:
        yield browser


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """A desktop's, in light."""
    chromium.look()
    yield chromium
    chromium.open("about:blank")


@pytest.fixture
def staged() -> Iterator[Staged]:
    with ExitStack() as stack:
        yield stack.enter_context(Staged().serving())
