"""A sidecar that runs functions whose package is an image, as the emulator finds it."""

from collections.abc import Iterator

import pytest

from tests.sandbox.emulator_process.functions.sidecars import Sidecar, serving_sidecar


@pytest.fixture
def sidecar(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sidecar]:
    with serving_sidecar() as made:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", made.url)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the-secret")
        yield made
