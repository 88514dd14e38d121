"""A function's process against a Runtime API of the test's own."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.function_process import bootstrap
from sandbox.lifecycle.environments import ensure_environment
from sandbox.paths import REPOSITORY, home
from tests.sandbox.harness import silent
from tests.sandbox.runtime_api import RuntimeApi, serving_api

pytestmark = pytest.mark.sandbox

CALLS = 3


@pytest.fixture
def api() -> Iterator[RuntimeApi]:
    with serving_api() as made:
        yield made


@contextmanager
def serving(api: RuntimeApi, folder: Path, code: str) -> "Iterator[subprocess.Popen[str]]":
    """The process of a function with this code."""
    (folder / "app.py").write_text(code)
    python = ensure_environment("functions", REPOSITORY / "requirements" / "functions.txt", home(), silent)
    env = {"AWS_LAMBDA_RUNTIME_API": api.address, "AWS_LAMBDA_FUNCTION_NAME": "f", "_HANDLER": "app.handler"}
    process = subprocess.Popen(
        [str(python), "-P", bootstrap.__file__, str(folder)],
        env={**env, "PATH": os.environ["PATH"], "HOME": "/new.txt", "TMPDIR": str(folder.parent)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def test_each_call_has_a_connection_of_its_own_and_a_line_of_output(api: RuntimeApi, tmp_path: Path) -> None:
    with serving(api, tmp_path, "def handler(event, context): return [event, context.aws_request_id]") as process:
        for number in range(CALLS):
            api.events.put(number)
            assert api.answers.get(timeout=20) == ("response", [number, f"call-{number + 1}"])
        assert process.stdout
        lines = [json.loads(process.stdout.readline()) for _ in range(CALLS)]

    assert len(set(api.ports)) == len(api.ports)
    assert [(line["type"], line["requestId"], line["status"]) for line in lines] == [
        ("sandbox.call", f"call-{number + 1}", "success") for number in range(CALLS)
    ]


def test_an_error_is_posted_with_class_and_stack_and_the_next_call_is_served(api: RuntimeApi, tmp_path: Path) -> None:
    with serving(api, tmp_path, "def handler(event, context): return 1 / event"):
        api.events.put(0)
        kind, error = api.answers.get(timeout=20)
        api.events.put(1)

        assert (kind, error["errorType"]) == ("error", "ZeroDivisionError")
        assert "in handler" in "".join(error["stackTrace"])
        assert api.answers.get(timeout=20) == ("response", 1.0)


def test_code_that_cannot_be_imported_is_posted_as_an_error_of_the_start(api: RuntimeApi, tmp_path: Path) -> None:
    with serving(api, tmp_path, "import absent_module") as process:
        kind, error = api.answers.get(timeout=20)

        assert (kind, error["errorType"]) == ("error", "Runtime.ImportModuleError")
        assert process.wait(timeout=20) == 1


def test_it_ends_when_nobody_reads_what_it_prints_any_more(api: RuntimeApi, tmp_path: Path) -> None:
    with serving(api, tmp_path, "def handler(event, context): return 1") as process:
        api.events.put(0)
        api.answers.get(timeout=20)
        assert process.stdout

        process.stdout.close()

        assert process.wait(timeout=20) == 1


WRITES = """
import os, tempfile
def handler(event, context):
    path = os.path.expanduser(event)
    with open(path, "w") as file:
        file.write("x")
    return path
"""


@pytest.mark.parametrize("path", ["cache.json", "{folder}/new.txt", "~", "{prefix}/new.txt"])
def test_a_function_cannot_write_where_it_could_not_on_lambda(api: RuntimeApi, tmp_path: Path, path: str) -> None:
    folder = tmp_path / "package"
    folder.mkdir()
    prefix = ensure_environment("functions", REPOSITORY / "requirements" / "functions.txt", home(), silent).parents[1]
    with serving(api, folder, WRITES):
        api.events.put(path.format(folder=folder, prefix=prefix))
        kind, error = api.answers.get(timeout=20)

    assert (kind, error["errorType"]) == ("error", "OSError")
    assert "Read-only file system (on AWS Lambda, code can write to /tmp only)" in error["errorMessage"]
    assert [file.name for file in folder.iterdir()] == ["app.py"]


def test_a_function_can_write_to_its_temporary_folder(api: RuntimeApi, tmp_path: Path) -> None:
    folder = tmp_path / "package"
    folder.mkdir()
    with serving(api, folder, WRITES):
        api.events.put(str(tmp_path / "new.txt"))

        assert api.answers.get(timeout=20) == ("response", str(tmp_path / "new.txt"))


def test_code_that_writes_when_it_is_imported_fails_the_start(api: RuntimeApi, tmp_path: Path) -> None:
    with serving(api, tmp_path, "import os\nos.mkdir('cache')\ndef handler(event, context): return 1"):
        kind, error = api.answers.get(timeout=20)

        assert (kind, error["errorType"]) == ("error", "OSError")
        assert not (tmp_path / "cache").exists()
