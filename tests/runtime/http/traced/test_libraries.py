"""What the small package of the traced function may leave out."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
IMPORTS = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in sys.argv[1:]:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
import agents.assistant, runtime.http.traced.function, runtime.engine.models
import strands.models.bedrock, strands.tools.mcp, mcp.client.streamable_http
import opentelemetry.exporter.otlp.proto.http.trace_exporter
"""


def distributions(lock: str) -> set[str]:
    """The names of the locked distributions."""
    lines = (ROOT / "requirements" / f"{lock}.txt").read_text().splitlines()
    return {line.partition("==")[0] for line in lines if "==" in line and not line.startswith((" ", "#"))}


def test_with_a_model_on_bedrock_the_function_needs_no_client_of_openai() -> None:
    left_out = distributions("traced-openai") - distributions("traced")
    assert {"openai", "jiter"} <= left_out

    modules = [name.replace("-", "_") for name in left_out]
    command = [sys.executable, "-c", IMPORTS, *modules]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603  our own modules

    assert run.stderr == ""


@pytest.mark.parametrize("lock", ["traced", "traced-openai"])
def test_what_is_locked_for_bedrock_is_locked_in_both_forms(lock: str) -> None:
    assert {"boto3", "strands-agents", "opentelemetry-exporter-otlp-proto-http", "jsonschema"} <= distributions(lock)
    assert not {"duckdb", "pandas"} & distributions(lock)
