"""What every component finds: the region of the AWS provider."""

import pytest

from tests.components.harness import REGION


@pytest.fixture(autouse=True)
def region(monkeypatch: pytest.MonkeyPatch) -> None:
    """For components outside `deploy`, which have no stack whose configuration would name it."""
    monkeypatch.setenv("AWS_REGION", REGION)
