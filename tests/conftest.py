"""What every test is run under: LibreOffice where it is required, and Ctrl-C, which the background ignores."""

from __future__ import annotations

import os
import shutil
import signal

import pytest


def pytest_configure() -> None:
    if os.environ.get("DEALDOCS_REQUIRE_LIBREOFFICE") and shutil.which("soffice") is None:
        pytest.exit("LibreOffice is required here and is not installed: scripts/setup --all installs it", returncode=1)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # and all that the tests start would ignore it too
        signal.signal(signal.SIGINT, signal.default_int_handler)
