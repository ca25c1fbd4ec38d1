"""What every test is run under: where LibreOffice is required, a test that would be skipped for want of it fails."""

from __future__ import annotations

import os
import shutil

import pytest


def pytest_configure() -> None:
    if os.environ.get("DEALDOCS_REQUIRE_LIBREOFFICE") and shutil.which("soffice") is None:
        pytest.exit("LibreOffice is required here and is not installed: scripts/setup --all installs it", returncode=1)
