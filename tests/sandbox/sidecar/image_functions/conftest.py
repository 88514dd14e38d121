"""Functions from images."""

from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.applications import Starlette

from tests.sandbox.sidecar.image_functions.stage import Functions, ImageStage


@pytest.fixture
def images(tmp_path: Path, serve: Callable[[Starlette], str], monkeypatch: pytest.MonkeyPatch) -> ImageStage:
    """Functions run without a web adapter, unless a test names one."""
    monkeypatch.delenv("LONGRUN_WEB_ADAPTER", raising=False)
    return ImageStage(tmp_path, serve)


@pytest.fixture
def functions(images: ImageStage) -> Functions:
    """The app of the stage."""
    return images.functions()
