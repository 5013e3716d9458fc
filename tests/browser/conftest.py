"""One Chromium for the session. Without one these tests skip and say so; in CI they fail."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from .chromium import CHROMIUM, launch, serve
from .sample_site import write


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A running browser."""
    if not CHROMIUM.exists():
        message = f"no browser at {CHROMIUM}: install Debian's chromium to run this test"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def sample_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the sample site."""
    folder = tmp_path_factory.mktemp("site")
    write(folder)
    with serve(folder) as address:
        yield address
