"""Sessions from their start to their end: what starts them, what ends them, and how many there may be."""

import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.harness import is_alive, wait_until
from tests.sandbox.sidecar.stage import NOWHERE, PLAIN, REGION, SERVE, Runtime, Stage, new_id

TELLS_ALL = """
def handle(event, request):
    return 200, {
        "environment": dict(os.environ), "cwd": os.getcwd(), "path": sys.path, "argv": sys.argv, "name": __name__,
        "file": __file__, "input": sys.stdin.read(), "home": os.listdir(os.environ["HOME"]), "exit": callable(exit),
    }
"""

BUSY = "\nPING = 'HealthyBusy'\n"

WITH_CHILD = """
import subprocess
def handle(event, request):
    return 200, {"child": subprocess.Popen(["sleep", "1000"]).pid}
"""

DEAF = """
import signal
signal.signal(signal.SIGTERM, lambda *_: print("not now", flush=True))
"""

HEEDS = """
import signal
def leave(*_):
    print("leaving in good order", flush=True)
    os._exit(0)
signal.signal(signal.SIGTERM, leave)
"""


def failure(runtime: Runtime, session: str | None = None) -> tuple[str, str]:
    """Error and message of an invocation that fails."""
    with pytest.raises(ClientError) as caught:
        runtime.invoke({}, session)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import absent_module", "ended with exit code 1 before it served port 8080; its last log line: "
         "ModuleNotFoundError: No module named 'absent_module'"),
        ("def broken(", "its last log line: SyntaxError: '(' was never closed"),
        ("raise ValueError('broken')", "its last log line: ValueError: broken"),
        ("import sys; sys.exit(3)", "ended with exit code 3 before it served port 8080."),
        ("print('done')", "ended with exit code 0 before it served port 8080; its last log line: done"),
        ("import os; os.kill(os.getpid(), 9)", "was ended by SIGKILL before it served port 8080."),
    ],
    ids=["import", "syntax", "exception", "exit", "end", "signal"],
)  # fmt: skip
def test_an_artifact_that_does_not_start_reports_how_it_ended_and_its_last_line(
    stage: Stage, source: str, message: str
) -> None:
    runtime = stage.runtime({"main.py": source})

    error, reported = failure(runtime)

    assert error == "RuntimeClientError"
    assert reported.startswith(
        "An error occurred when starting the runtime: main.py of agent runtime agent_0-abcdefghij "
    )
    assert message in reported
    wait_until(lambda: runtime.sessions() == [], "the end of what is left")


def test_a_traceback_shows_the_artifacts_own_frames_only(stage: Stage) -> None:
    runtime = stage.runtime({"main.py": "def go():\n    raise ValueError('broken')\ngo()\n"})

    failure(runtime)

    wait_until(lambda: "ValueError: broken" in stage.log(), "the traceback")
    frames = [line for line in stage.log().splitlines() if line.strip().startswith("File ")]
    assert len(frames) == 2
    assert all("main.py" in frame for frame in frames)


@pytest.mark.parametrize(
    ("entry_point", "message"),
    [
        (["absent.py"], "the entry point 'absent.py' of agent runtime agent_0-abcdefghij is not a Python file in"),
        (["../other/main.py"], "the entry point '../other/main.py' of agent runtime"),
        (["serve"], "the entry point 'serve' of agent runtime"),
        (["opentelemetry-instrument", "main.py"], "its package has no bin/opentelemetry-instrument"),
    ],
    ids=["missing", "outside", "no-script", "wrapper"],
)  # fmt: skip
def test_an_entry_point_that_is_not_in_the_package_is_rejected(
    stage: Stage, entry_point: list[str], message: str
) -> None:
    runtime = stage.runtime({"main.py": PLAIN + SERVE}, described={"code": {"entryPoint": entry_point}})

    error, reported = failure(runtime)

    assert error == "RuntimeClientError"
    assert message in reported


def test_a_console_script_of_the_package_starts_the_script(stage: Stage) -> None:
    wrapper = "import os, sys\nos.environ['WRAPPED'] = 'yes'\nos.execv(sys.argv[1], sys.argv[1:])\n"
    runtime = stage.runtime(
        {"main.py": PLAIN + TELLS_ALL + SERVE, "bin/wrap": wrapper},
        described={"code": {"entryPoint": ["wrap", "main.py"]}},
    )

    reported = runtime.invoke({})

    assert (reported["environment"]["WRAPPED"], reported["argv"]) == ("yes", ["main.py"])


def test_an_agent_without_health_check_is_rejected_at_once(stage: Stage) -> None:
    runtime = stage.runtime({"main.py": PLAIN.replace("/ping", "/health") + SERVE})

    assert failure(runtime)[1] == (
        "Runtime health check failed: GET /ping is answered 404 by agent runtime agent_0-abcdefghij; "
        "serve it on port 8080."
    )


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "import time\nprint('still loading')\ntime.sleep(1000)",
            "no server listens on port 8080; its last log line: still",
        ),
        (PLAIN + SERVE.replace("8080", "8765"), "no server listens on port 8080"),
    ],
    ids=["slow", "other-port"],
)
def test_an_agent_that_is_not_ready_in_time_is_ended(stage: Stage, source: str, message: str) -> None:
    runtime = stage.runtime({"main.py": source}, {"session_start_seconds": 1})

    reported = failure(runtime)[1]

    assert reported.startswith(
        "Runtime initialization time exceeded. Please make sure that initialization completes in 1s:"
    )
    assert message in reported
    wait_until(lambda: runtime.sessions() == [], "its end")


def test_a_session_finds_what_aws_gives_it_and_nothing_of_this_machine(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy")
    monkeypatch.setenv("SECRET", "mine")
    runtime = stage.runtime(
        {"main.py": PLAIN + TELLS_ALL + SERVE}, described={"environmentVariables": {"WORD": "given", "TZ": "CET"}}
    )

    reported = runtime.invoke({})

    tree = str(stage.folder / "trees" / "agent_0-abcdefghij")
    folder = Path(reported["environment"]["HOME"]).parent
    assert reported["environment"] == {
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": NOWHERE,
        "AWS_REGION": REGION,
        "HOME": str(folder / "home"),
        "LANG": "C.UTF-8",
        "PATH": "/usr/bin:/bin",
        "PWD": tree,
        "PYTHONPATH": tree,
        "TMPDIR": str(folder / "tmp"),
        "TZ": "CET",
        "WORD": "given",
    }
    assert (reported["cwd"], reported["path"][0], reported["file"]) == (tree, tree, f"{tree}/main.py")
    assert not [path for path in reported["path"] if "site-packages" in path or path == str(Path.cwd())]
    assert (reported["argv"], reported["name"], reported["input"], reported["home"], reported["exit"]) == (
        ["main.py"],
        "__main__",
        "",
        [],
        True,
    )


def test_a_stopped_session_gets_sigterm_and_its_id_a_new_process(stage: Stage) -> None:
    runtime = stage.runtime({"main.py": PLAIN + HEEDS + SERVE})
    session = new_id()
    before = runtime.invoke({}, session)

    answer = runtime.stop(session)

    wait_until(lambda: not is_alive(before["pid"]), "its end")
    assert (answer["statusCode"], answer["runtimeSessionId"]) == (200, session)
    assert runtime.invoke({}, session)["pid"] != before["pid"]
    wait_until(lambda: "leaving in good order" in stage.log(), "its last line")
    assert "sandbox: the session is stopped: StopRuntimeSession" in stage.log()


def test_a_session_that_does_not_heed_sigterm_is_killed(stage: Stage) -> None:
    runtime = stage.runtime({"main.py": PLAIN + DEAF + SERVE}, {"session_stop_seconds": 0.3})
    session = new_id()
    pid = runtime.invoke({}, session)["pid"]

    runtime.stop(session)

    assert runtime.sessions()[0]["status"] == "Ending"
    wait_until(lambda: not is_alive(pid), "its end")
    wait_until(lambda: "not now" in stage.log(), "what it said to SIGTERM")


def test_a_session_that_is_not_there_cannot_be_stopped(stage: Stage) -> None:
    runtime = stage.runtime({"main.py": PLAIN + SERVE})
    session = new_id()
    runtime.invoke({}, session, qualifier="live")

    with pytest.raises(ClientError, match="does not exist on endpoint DEFAULT; it runs on endpoint live") as caught:
        runtime.stop(session)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    runtime.stop(session, qualifier="live")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        runtime.stop(session, qualifier="live")


def test_an_idle_session_ends_and_a_busy_one_lives_for_its_maximum(stage: Stage) -> None:
    life = {"lifecycleConfiguration": {"idleRuntimeSessionTimeout": 60, "maxLifetime": 300}}
    scale = {"session_time_scale": 0.005}
    idle = stage.runtime({"main.py": PLAIN + SERVE}, scale, life)
    idle_pid = idle.invoke({})["pid"]
    wait_until(lambda: not is_alive(idle_pid), "the end of the idle session")
    busy = stage.runtime({"main.py": PLAIN + BUSY + SERVE}, scale, life)
    busy_pid = busy.invoke({})["pid"]
    wait_until(lambda: not is_alive(busy_pid), "the end of the busy session")

    wait_until(lambda: "it has reached its maximum lifetime of 1.5 s" in stage.log(), "the reason")
    assert stage.log().count("it was idle for 0.3 s") == 1


def test_a_busy_agents_status_is_listed(stage: Stage, eventually: Callable[[Callable[[], bool]], None]) -> None:
    life = {"idleRuntimeSessionTimeout": 60, "maxLifetime": 28_800}
    runtime = stage.runtime(
        {"main.py": PLAIN + BUSY + SERVE}, {"session_time_scale": 0.005}, {"lifecycleConfiguration": life}
    )
    session = new_id()
    pid = runtime.invoke({}, session)["pid"]

    eventually(lambda: runtime.sessions()[0]["status"] == "HealthyBusy")

    (listed,) = runtime.sessions()
    assert (listed["runtime"], listed["session_id"], listed["pid"], listed["protocol"], listed["endpoint"]) == (
        "agent_0-abcdefghij",
        session,
        pid,
        "HTTP",
        "DEFAULT",
    )
    assert listed["started_at"]
    assert listed["rss_bytes"] is None or listed["rss_bytes"] > 1_000_000


def test_a_killed_session_takes_along_what_it_has_started(stage: Stage) -> None:
    runtime = stage.runtime({"main.py": PLAIN + WITH_CHILD + SERVE})
    session = new_id()
    child = runtime.invoke({}, session)["child"]

    assert runtime.kill(session).status_code == 200

    wait_until(lambda: not is_alive(child), "the end of its child")
    wait_until(lambda: "sandbox: the session's process was ended by SIGKILL" in stage.log(), "its final_state")
    assert runtime.kill(session).status_code == 404


def test_no_more_sessions_live_than_may(stage: Stage) -> None:
    runtime = stage.runtime({"main.py": PLAIN + SERVE}, {"max_sessions": 2})
    first = new_id()
    for session in (first, new_id()):
        runtime.invoke({}, session)

    error, message = failure(runtime)

    assert error == "ServiceQuotaExceededException"
    assert "2 sessions are running, as many as the sandbox allows" in message
    runtime.stop(first)
    wait_until(lambda: len(runtime.sessions()) == 1, "the end of the first")
    runtime.invoke({})


def test_a_session_that_waits_too_long_for_the_start_of_others_is_throttled_and_starts_later(
    stage: Stage, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    gate.touch()
    waits = f"while os.path.exists({str(gate)!r}):\n    time.sleep(0.02)\n"
    runtime = stage.runtime({"main.py": PLAIN + waits + SERVE}, {"session_queue_seconds": 0.2})
    starting, late = [new_id() for _ in range(os.cpu_count() or 1)], new_id()

    with ThreadPoolExecutor(len(starting)) as pool:
        answers = [pool.submit(runtime.invoke, {}, session) for session in starting]
        wait_until(lambda: len(runtime.sessions()) == len(starting), "the first starts")
        error, message = failure(runtime, late)
        gate.unlink()
        pids = {answer.result()["pid"] for answer in answers}

    assert error == "ThrottlingException"
    assert "Other sessions have been starting for 0.2 s" in message
    assert runtime.invoke({}, late)["pid"] not in pids


def test_fifty_sessions_at_once_all_answer(stage: Stage) -> None:
    runtime = stage.runtime({"main.py": PLAIN + SERVE}, {"session_queue_seconds": 600})

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda number: runtime.invoke({"n": number}), range(50)))

    assert [answer["event"]["n"] for answer in answers] == list(range(50))
    assert len({answer["pid"] for answer in answers}) == 50 == len(runtime.sessions())


def test_a_session_runs_under_the_interpreter_of_its_version(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interpreter = tmp_path / "python3.76"
    described = f'if [ "$1" = -I ]; then echo 3.76 {interpreter}; exit; fi'
    interpreter.write_text(f'#!/bin/sh\n{described}\nMARK=other exec {sys.executable} "$@"\n')
    interpreter.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    source = PLAIN + "\ndef handle(event, request):\n    return 200, os.environ.get('MARK')\n" + SERVE

    other = stage.runtime({"main.py": source}, described={"code": {"runtime": "PYTHON_3_76"}})
    missing = stage.runtime({"main.py": source}, described={"code": {"runtime": "PYTHON_3_77"}})

    assert other.invoke({}) == "other"
    assert not other.sessions()[0]["forked"]
    assert "this machine runs PYTHON_" in failure(missing)[1]
