"""The image of the streaming endpoint, really built: what is in it, and how it starts, streams and executes runs."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from contract.events import EventType
from contract.run_ids import new_run_id
from runtime.journal import NewRun
from runtime.journal.writer import RunWriter
from tests.docker.base_image import PYTHON
from tests.docker.conftest import built_package
from tests.docker.deployed import AGENT, Deployed
from tests.docker.engine import Engine
from tests.docker.images import Images
from tests.docker.lambda_environment import LambdaEnvironment, RuntimeLoop
from tests.docker.streaming_stage import WORKSPACE, StreamingFunction, streaming_function
from tests.runtime.http.streaming.endpoint import messages

pytestmark = [pytest.mark.docker, pytest.mark.sandbox]

ARCHITECTURES = {"arm64": "arm64", "x86_64": "amd64"}
BILL = "/usr/share/longrun/bill-of-materials.cdx.json"
INSTALLED = """
import importlib.metadata, json
print(json.dumps(sorted([one.metadata["Name"].lower().replace("_", "-"), one.version]
    for one in importlib.metadata.distributions(path=["/var/task"]))))
"""
LAST = "the last of it"


@pytest.fixture(scope="module")
def image(images: Images) -> str:
    return images.built(built_package("streaming").ref)


@pytest.fixture(scope="module")
def function(
    engine: Engine, runtime: RuntimeLoop, image: str, deployed: Deployed, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StreamingFunction]:
    with streaming_function(engine, runtime, image, tmp_path_factory.mktemp("function"), deployed) as made:
        yield made


@pytest.fixture(scope="module")
def environment(function: StreamingFunction) -> Iterator[LambdaEnvironment]:
    with function.environment() as made:
        yield made


def test_the_image_is_for_this_cpu_and_starts_as_its_dockerfile_states(engine: Engine, image: str) -> None:
    found = engine.inspect(image)

    assert found["Architecture"] == ARCHITECTURES[built_package("streaming").ref["architecture"]]
    assert found["Config"]["Entrypoint"] == [PYTHON, "-m"]
    assert found["Config"]["Cmd"] == ["runtime.http.streaming.main"]
    assert found["Config"]["WorkingDir"] == "/var/task"


def test_the_checks_have_left_their_mark(engine: Engine, image: str) -> None:
    mark = engine.output(image, PYTHON, "-c", "print(open('/usr/share/longrun/verified').read())")

    assert "runtime.http.streaming.main can be imported in /var/task" in mark
    assert "/opt/extensions/lambda-adapter has its libraries" in mark


def test_the_bill_of_materials_names_all_that_is_installed(engine: Engine, image: str) -> None:
    bill = json.loads(engine.output(image, PYTHON, "-c", f"print(open({BILL!r}).read())"))
    installed = json.loads(engine.output(image, PYTHON, "-c", INSTALLED))

    assert [[part["name"], part["version"]] for part in bill["components"]] == installed
    assert "strands-agents" in [name for name, _ in installed]


def test_the_image_is_ready_and_healthy(environment: LambdaEnvironment) -> None:
    reply = environment.request("/healthz").rest()

    assert (reply.head["statusCode"], reply.json) == (200, {"status": "ok"})


def test_the_first_event_is_streamed_before_the_last_is_written(
    function: StreamingFunction, environment: LambdaEnvironment
) -> None:
    journal, run_id = function.journal, new_run_id()
    journal.accept(NewRun(run_id, run_id, f"workspace:{WORKSPACE}", AGENT, "Why?", None, time.time() + 900))
    writer = RunWriter(journal, journal.claim(run_id), 1)

    reply = environment.request(f"{function.path}?run_id={run_id}")
    reply.until(b"RUN_ACCEPTED")
    assert reply.head["headers"]["content-type"] == "text/event-stream"
    first = len(reply.body)
    writer.append(EventType.TEXT, {"text": LAST})
    reply.until(LAST.encode())
    writer.finish(EventType.RUN_SUCCEEDED, {"stop_reason": "end_turn"}, {})
    events = messages(reply.rest().body.decode())

    assert first < len(reply.body)
    assert (events[0].event, events[-1].event) == ("RUN_ACCEPTED", "RUN_SUCCEEDED")
    assert [event.id for event in events] == list(range(1, len(events) + 1))


def test_a_run_is_executed_by_another_environment_of_the_image(
    function: StreamingFunction, environment: LambdaEnvironment
) -> None:
    with function.environment() as worker, ThreadPoolExecutor() as threads:
        reply = environment.request(function.path, "POST", {"question": "What is the capital of France?"})
        run_id = reply.head["headers"]["longrun-run-id"]
        event = function.invocations.get(timeout=30)
        executed = threads.submit(worker.invoke, event)
        events = messages(reply.rest().body.decode())
        executed.result()

    assert event == {"run_id": run_id}
    assert "".join(one.data["data"]["text"] for one in events if one.event == "TEXT").startswith("Paris")
    assert events[-1].event == "RUN_SUCCEEDED"


def test_a_wrong_secret_learns_nothing(function: StreamingFunction, environment: LambdaEnvironment) -> None:
    wrong = environment.request(f"/api/streams/{WORKSPACE}/{AGENT}/wrong", "POST", {"question": "Why?"}).rest()
    unknown = environment.request(f"/api/streams/nobody/{AGENT}/{function.secret}", "POST", {"question": "Why?"}).rest()

    assert wrong.head["statusCode"] == 404
    assert wrong.body == unknown.body
    assert function.secret not in function.engine.run("logs", environment.container).output
