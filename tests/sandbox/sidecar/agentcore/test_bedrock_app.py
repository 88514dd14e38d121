"""An agent as AWS's own SDK has them, unmodified: `app.run()` and nothing else."""

from collections.abc import Callable
from pathlib import Path

from tests.sandbox.sidecar.stage import Stage, new_id

AGENT = """
import asyncio, os
from bedrock_agentcore import BedrockAgentCoreApp

app = BedrockAgentCoreApp()

@app.async_task
async def work(until):
    while not os.path.exists(until):
        await asyncio.sleep(0.01)

tasks = []

@app.entrypoint
async def invoke(payload, context):
    if "until" in payload:
        tasks.append(asyncio.create_task(work(payload["until"])))
        return {"accepted": context.session_id}
    return {"pid": os.getpid(), "parent": os.getppid(), "running": len([task for task in tasks if not task.done()])}

app.run()
"""

STREAM = """
from bedrock_agentcore import BedrockAgentCoreApp
app = BedrockAgentCoreApp()

@app.entrypoint
async def invoke(payload):
    for number in range(3):
        yield {"number": number}
    if payload.get("fail"):
        raise ValueError("broken in the middle")

if __name__ == "__main__":
    app.run()
"""

LIFE = {"lifecycleConfiguration": {"idleRuntimeSessionTimeout": 60, "maxLifetime": 28_800}}


def test_work_in_the_background_keeps_a_session_alive_and_free_for_others(
    stage: Stage, tmp_path: Path, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    runtime = stage.runtime({"main.py": AGENT}, {"session_time_scale": 0.01}, LIFE, site=True)
    session, until = new_id(), tmp_path / "until"

    accepted = runtime.invoke({"until": str(until)}, session)

    assert accepted == {"accepted": session}
    assert runtime.invoke({}, session)["running"] == 1
    eventually(lambda: runtime.sessions()[0]["status"] == "HealthyBusy")
    until.touch()
    eventually(lambda: runtime.sessions() == [])
    assert "it was idle for 0.6 s" in stage.log()


def test_a_generators_events_and_its_error_arrive_as_server_sent_events(stage: Stage) -> None:
    runtime = stage.runtime({"main.py": STREAM}, site=True)

    answer = runtime.client.invoke_agent_runtime(
        agentRuntimeArn=runtime.arn, runtimeSessionId=new_id(), payload=b'{"fail": true}'
    )
    lines = [line for line in answer["response"].iter_lines() if line]

    assert answer["contentType"].startswith("text/event-stream")
    assert lines[:3] == [b'data: {"number": 0}', b'data: {"number": 1}', b'data: {"number": 2}']
    assert b"broken in the middle" in lines[3]
    assert len(lines) == 4
