"""The Lambda functions of the workflow, as Lambda starts them."""

import importlib
import subprocess
import sys
from typing import Any, cast

import pytest

from runtime.process.lambda_function import LambdaFunction

LEAN = (
    *("parse_initial_query", "dispatch_tool", "send_prompt", "append_tool_output"),
    *("handle_finish", "handle_error", "handle_timeout", "finalizer"),
)
WITH_AGENTS = ("invoke_llm", "data_query")
VARIABLES = {
    "LONGRUN_TABLE": "journal",
    "LONGRUN_PAYLOAD_BUCKET": "payloads",
    "LONGRUN_RETENTION_DAYS": "30",
    "LONGRUN_AGENTS": "estimator",
    "LONGRUN_CALLBACK_URL": "https://api.example/dev",
    "LONGRUN_TURN_LIMIT": "50",
    "LONGRUN_QUESTION_TIMEOUT": "3600",
    "LONGRUN_RUN_TIMEOUT": "7200",
    "LONGRUN_MODEL_PROVIDER": "bedrock",
    "LONGRUN_MODEL_ID": "scripted",
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
}


class Context:
    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@pytest.mark.parametrize("name", [*LEAN, *WITH_AGENTS])
def test_a_function_warms_up_from_its_environment(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in VARIABLES.items():
        monkeypatch.setenv(variable, value)
    handler = cast("LambdaFunction[Any, Any]", importlib.import_module(f"runtime.react.{name}").handler)
    try:
        handler({"warm": True}, Context())

        assert handler.service is not None
    finally:
        if name in WITH_AGENTS and handler.service is not None:
            handler.service.process.close()
        handler.service = None


def test_functions_without_agents_load_neither_strands_nor_boto3() -> None:
    imports = ", ".join(f"runtime.react.{name}" for name in LEAN)
    code = f"import sys, {imports}; print([name for name in ('boto3', 'strands', 'jsonschema') if name in sys.modules])"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603  ours

    assert loaded.stdout.strip() == "[]"
