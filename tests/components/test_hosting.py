"""Components behind Pulumi's component provider, as a program in another language uses them: with camelCase keys at
every depth, and with each whole number as a float, because that is how numbers cross the wire."""

import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.provider.experimental.component import ComponentProvider

from components.agent_runtime import AgentRuntime
from components.polling_workflow import PollingWorkflow
from components.streaming_lambda import StreamingLambda
from tests.components.harness import Deployment, deploy
from tests.components.references import DATA, JOURNAL, MODEL, TOOLS, WEBSOCKET, code, host

MAPS = {"mcp_runtimes", "pipelines", "tags"}
"""Their keys are the user's own."""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    path = tmp_path / "package.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("agent_main.py", "")
    return path


def arguments(package: Path) -> dict[type[pulumi.ComponentResource], dict[str, Any]]:
    return {
        AgentRuntime: {
            "code": code(package),
            "journal": JOURNAL,
            "data": DATA,
            "model": MODEL,
            "agents": ["explorer"],
            "mcp_runtimes": {"the_analysis": TOOLS},
            "websocket": WEBSOCKET,
            "idle_seconds": 600,
        },
        PollingWorkflow: {
            "code": code(package),
            "journal": JOURNAL,
            "pipelines": {"in_turn": ["explorer"]},
            "default_pipeline": "in_turn",
            "hosts": [host("analysts", "explorer")],
            "websocket": WEBSOCKET,
            "poll_seconds": 5,
        },
        StreamingLambda: {
            "gateway": code(package),
            "worker": code(package),
            "journal": JOURNAL,
            "data": DATA,
            "model": MODEL,
            "agents": ["helper"],
            "mcp_runtimes": {"the_analysis": TOOLS},
            "deadline_margin": 20,
        },
    }


def sent(value: Any, *, is_map: bool = False) -> Any:  # noqa: ANN401  JSON of any depth
    """A value as another language sends it."""
    if isinstance(value, Mapping):
        return {
            key if is_map else re.sub(r"_(\w)", lambda found: found[1].upper(), key): sent(member, is_map=key in MAPS)
            for key, member in value.items()
        }
    if isinstance(value, list):
        return [sent(member) for member in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def inputs(program: Callable[[], object]) -> dict[str, Any]:
    found: Deployment = deploy(program)
    return {
        resource.name: {key: repr(getattr(value, "path", value)) for key, value in resource.inputs.items()}
        | ({"code": resource.inputs["code"].path} if "code" in resource.inputs else {})
        for resource in found.resources
    }


@pytest.mark.parametrize("kind", [AgentRuntime, PollingWorkflow, StreamingLambda])
def test_hosted_component_registers_what_it_registers_in_python(
    kind: type[pulumi.ComponentResource], package: Path
) -> None:
    given = arguments(package)[kind]
    provider = ComponentProvider([AgentRuntime, PollingWorkflow, StreamingLambda], "longrun")

    hosted = inputs(lambda: provider.construct("part", f"longrun:index:{kind.__name__}", sent(given)))

    assert hosted == inputs(lambda: kind("part", given))  # type: ignore[arg-type]
