#!/bin/sh
# strands-agents 1.62.0: two surprises of tools on valid input, without Longrun.
#
# 1. A tool that returns {"status": 200, "content": [1, 2]}, such as an HTTP client's answer, is taken for a finished tool
#    result because it has both keys. Another dictionary becomes the text of its JSON; this one goes into the conversation
#    as it is, and the next request that a model's adapter formats from it fails with a TypeError.
# 2. Two functions with @tool and one name: the later replaces the earlier, without an error or a warning. Two names that
#    differ in - and _ only are an error.
#
# Output seen:
#   strands-agents 1.62.0
#   a result with other keys: [{'text': '{"code": 200, "body": null}'}]
#   a result with status and content: status=200 content=[1, 2]
#   formatting it for Bedrock: TypeError: argument of type 'int' is not iterable
#   two tools of one name: 1 registered, it returns 'second', 0 warnings
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check strands-agents==1.62.0

cat > "$folder/finding.py" <<'PYTHON'
import asyncio
import logging
import sys
import warnings
from importlib.metadata import version

import boto3
from strands import Agent, tool
from strands.models import BedrockModel, Model

print("strands-agents", version("strands-agents"))


class OneCall(Model):
    """Calls the tool once, then ends."""

    calls = 0

    def update_config(self, **_):
        pass

    def get_config(self):
        return {"model_id": "offline"}

    def structured_output(self, *_, **__):
        raise NotImplementedError

    async def stream(self, messages, *_, **__):
        self.calls += 1
        self.seen = messages
        yield {"messageStart": {"role": "assistant"}}
        if self.calls == 1:
            yield {"contentBlockStart": {"start": {"toolUse": {"name": "fetch", "toolUseId": "1"}}}}
            yield {"contentBlockDelta": {"delta": {"toolUse": {"input": "{}"}}}}
        else:
            yield {"contentBlockStart": {"start": {}}}
            yield {"contentBlockDelta": {"delta": {"text": "Done."}}}
        yield {"contentBlockStop": {}}
        yield {"messageStop": {"stopReason": "tool_use" if self.calls == 1 else "end_turn"}}


def result_of(value):
    @tool
    def fetch() -> dict:
        """Fetch it."""
        return value

    model = OneCall()
    agent = Agent(model=model, tools=[fetch], callback_handler=None)
    try:
        asyncio.run(agent.invoke_async("Go"))
    except Exception as error:
        print("  the agent raised", type(error).__name__)
    return agent.messages


seen = []
usual = result_of({"code": 200, "body": None})[2]["content"][0]["toolResult"]["content"]
print("a result with other keys:", usual)
seen.append(usual == [{"text": '{"code": 200, "body": null}'}])

messages = result_of({"status": 200, "content": [1, 2]})
result = messages[2]["content"][0]["toolResult"]
print(f"a result with status and content: status={result['status']} content={result['content']}")
seen.append(result["status"] == 200 and result["content"] == [1, 2])

bedrock = BedrockModel(
    boto_session=boto3.Session("test", "test", region_name="us-east-1"), model_id="us.anthropic.claude-sonnet-4-6"
)
try:
    bedrock.format_request(messages[:3])
    seen.append(False)
except TypeError as error:
    print(f"formatting it for Bedrock: TypeError: {error}")
    seen.append(True)


@tool(name="same")
def first() -> str:
    """First."""
    return "first"


@tool(name="same")
def second() -> str:
    """Second."""
    return "second"


class Counting(logging.Handler):
    count = 0

    def emit(self, record):
        Counting.count += record.levelno >= logging.WARNING


logging.getLogger().addHandler(Counting())
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    registry = Agent(model=OneCall(), tools=[first, second], callback_handler=None).tool_registry.registry
kept, told = registry["same"](), len(caught) + Counting.count
print(f"two tools of one name: {len(registry)} registered, it returns {kept!r}, {told} warnings")
seen.append((len(registry), kept, told) == (1, "second", 0))

if not all(seen):
    sys.exit("the behaviour has changed")
PYTHON
"$folder/venv/bin/python" "$folder/finding.py"
