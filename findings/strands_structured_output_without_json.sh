#!/usr/bin/env bash
# strands-agents 1.62.0: an agent call whose structured output has validated raises PydanticSerializationError at its
# end where a field has no form in JSON, although no tracing is configured. The agent's tracer makes the span's text
# with str(AgentResult), which calls model_dump_json(). The streaming call yields its result first, and raises then.
# Expected: the validated object, as for every other type of field.
# Exits non-zero if the behaviour changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check strands-agents==1.62.0 pydantic==2.13.5
cat >"$folder/show.py" <<'PYTHON'
import asyncio
import importlib.metadata
from collections.abc import AsyncIterator
from typing import Any

from pydantic import BaseModel, field_validator
from strands import Agent
from strands.models import Model


class Place:
    """A class of the program that makes the agent."""

    def __init__(self, name: str) -> None:
        self.name = name


class Found(BaseModel):
    """What was found."""

    place: Any

    @field_validator("place")
    @classmethod
    def to_place(cls, name: str) -> Place:
        return Place(name)


class OneCall(Model):
    """Calls the structured output tool with valid fields."""

    def update_config(self, **_: Any) -> None: ...

    def get_config(self) -> dict[str, Any]:
        return {}

    def structured_output(self, *_: Any, **__: Any) -> Any: ...

    async def stream(self, *_: Any, **__: Any) -> AsyncIterator[Any]:
        yield {"messageStart": {"role": "assistant"}}
        yield {"contentBlockStart": {"start": {"toolUse": {"name": "Found", "toolUseId": "1"}}}}
        yield {"contentBlockDelta": {"delta": {"toolUse": {"input": '{"place": "Oslo"}'}}}}
        yield {"contentBlockStop": {}}
        yield {"messageStop": {"stopReason": "tool_use"}}


async def main() -> None:
    print("strands-agents", importlib.metadata.version("strands-agents"))
    agent = Agent(model=OneCall(), structured_output_model=Found, callback_handler=None)
    validated, raised = "", ""
    try:
        async for event in agent.stream_async("Where?"):
            if "result" in event:
                validated = event["result"].structured_output.place.name
    except Exception as error:
        raised = type(error).__name__
    print(f"validated: {validated!r}, then raised: {raised!r}")
    assert (validated, raised) == ("Oslo", "PydanticSerializationError"), "the behaviour has changed"


asyncio.run(main())
PYTHON
"$folder/venv/bin/python" "$folder/show.py"
# Output seen:
# strands-agents 1.62.0
# validated: 'Oslo', then raised: 'PydanticSerializationError'
