"""The worker from the zip itself, uploaded as AWS would get it, instead of the unpacked folder."""

from pathlib import Path

import pytest

from tests.system.harness import EFFECT_QUESTION, deployed, text_of

pytestmark = pytest.mark.sandbox


def test_the_uploaded_zip_answers_like_the_unpacked_folder(tmp_path: Path) -> None:
    with deployed(tmp_path / "sandbox", upload=True) as deployment:
        size = deployment.client("lambda").get_function(FunctionName=deployment.state.outputs["worker_function"])
        assert size["Configuration"]["CodeSize"] > 30_000_000
        with deployment.ws() as ws:
            ws.send(action="start", question=EFFECT_QUESTION)
            assert "1,794" in text_of(ws.until_end())
