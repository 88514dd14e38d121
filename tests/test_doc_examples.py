"""Python in README and docs: the program and the agent of the README run, and every import and argument exists."""

import ast
import importlib
import re
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from strands import Agent, ModelRetryStrategy

import agents
from components.agent_runtime import AgentRuntimeArgs
from components.packaging import BuiltPackage, PythonPackage
from runtime.agent_context import AgentContext
from runtime.engine.agent_modules import load_agent
from runtime.process.run_files import RunFiles
from tests.components.harness import Deployment, deploy
from tests.runtime.stage import Say, ScriptedModel

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```python\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)
BUILD = PythonPackage.build


def blocks(page: Path) -> Iterator[str]:
    for block in BLOCK.finditer(page.read_text()):
        yield block["text"]


def block_with(page: Path, text: str) -> str:
    (found,) = [block for block in blocks(page) if text in block]
    return found


@pytest.fixture
def deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """What the README's program registers. Its package is built from its sources, without the locked dependencies."""

    def build(package: PythonPackage, _home: Path) -> BuiltPackage:
        assert package.requirements is not None
        assert package.requirements.is_file()
        return BUILD(replace(package, requirements=None), tmp_path, lambda _: None)

    monkeypatch.setattr(PythonPackage, "build", build)
    monkeypatch.chdir(ROOT)
    program = compile(block_with(README, "StreamingLambda"), str(README), "exec")
    return deploy(lambda: exec(program, {}))  # noqa: S102  the README's own code


def test_program_of_the_readme_creates_its_components(deployed: Deployment) -> None:
    components = {resource.name: resource.type for resource in deployed.resources if not resource.custom}

    assert components["journal"] == "longrun:index:JournalTable"
    assert components["data"] == "longrun:index:DataBucket"
    assert components["chat"] == "longrun:index:StreamingLambda"
    assert deployed.outputs["stack"]["websocket_url"].startswith("wss://")
    assert deployed["chat-worker"].inputs["environment"]["variables"]["LONGRUN_AGENTS"] == "haiku"


def test_package_of_the_readme_holds_the_handler_of_every_function(deployed: Deployment, tmp_path: Path) -> None:
    (package,) = tmp_path.glob("packages/*/package.zip")
    files = set(zipfile.ZipFile(package).namelist())
    handlers = [
        resource.inputs["handler"] for resource in deployed.resources if resource.type == "aws:lambda/function:Function"
    ]

    assert len(handlers) == 3
    assert {f"{handler.rpartition('.')[0].replace('.', '/')}.py" for handler in handlers} <= files


def test_program_of_the_readme_has_ten_lines_after_its_imports() -> None:
    lines = [line for line in block_with(README, "StreamingLambda").splitlines() if line]

    assert len([line for line in lines if not line.startswith(("import ", "from "))]) == 10


def test_agent_of_the_readme_answers_in_eight_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = block_with(README, "# agents/haiku.py")
    (tmp_path / "haiku.py").write_text(source)
    monkeypatch.setattr(agents, "__path__", [*agents.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, "agents.haiku", raising=False)
    model = ScriptedModel([[Say(["An old silent pond."])]])
    context = AgentContext("run", "run", model, [], [], ModelRetryStrategy(), "", cast(Any, None), cast(RunFiles, None))

    agent = load_agent("haiku").create_agent(context)

    assert isinstance(agent, Agent)
    assert agent.system_prompt == "Answer in haiku."
    assert str(agent("Frogs?")).strip() == "An old silent pond."
    assert len(source.splitlines()) == 8


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_name_that_python_on_a_page_imports_exists(page: Path) -> None:
    missing = []
    for block in blocks(page):
        if block.startswith('"'):  # arguments alone
            continue
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    importlib.import_module(alias.name)
            if isinstance(node, ast.ImportFrom):
                module = importlib.import_module(str(node.module))
                missing += [f"{node.module}.{alias.name}" for alias in node.names if not hasattr(module, alias.name)]

    assert not missing


def test_network_arguments_on_the_page_about_background_runs_exist() -> None:
    block = block_with(ROOT / "docs" / "background.md", '"network_mode"')

    given = ast.literal_eval(f"{{{block}}}")

    assert set(given) <= AgentRuntimeArgs.__optional_keys__
    assert given["network_mode"] == "VPC"
