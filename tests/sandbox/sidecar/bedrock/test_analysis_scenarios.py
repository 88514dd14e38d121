"""The agents of the analysis in turn, driven by the scripted model: real tools, real figures, a real report."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import boto3
import pytest
from starlette.applications import Starlette
from strands import Agent, ModelRetryStrategy
from strands.models import BedrockModel
from strands.tools.mcp import MCPClient

from agents import causal_analyst, estimator, explorer, reporter, study_analyst
from runtime.agent_context import AgentContext
from runtime.process.run_files import RunFiles
from tests.runtime.stage import MemoryBucket
from tests.tools.file_bucket import FileBucket
from tools.analysis.workspace import Workspace
from tools.data_bucket.files import DataFiles
from tools.data_bucket.tables import BucketTables
from tools.server.mcp_server import PATH, create_app

QUESTION = "Did the training programme raise earnings?"
DATA = Path(__file__).resolve().parents[4] / "data"

Analysis = Callable[[str], Mapping[str, str]]


@pytest.fixture
def files() -> RunFiles:
    return RunFiles("payloads", cast(Any, MemoryBucket()), "run")


@pytest.fixture
def context(
    sidecar: Callable[..., str], files: RunFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[AgentContext]:
    """A run's parts: the scripted model, the project's data, files in memory."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    data = FileBucket({path.name: path.read_bytes() for path in DATA.iterdir()})
    with ExitStack() as opened:
        session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
        model = BedrockModel(boto_session=session, model_id="us.anthropic.claude-sonnet-4-6", endpoint_url=sidecar())
        opened.callback(model.client.close)
        retries = ModelRetryStrategy(max_attempts=1)
        yield AgentContext("run", "run", model, [], [], retries, "data", cast(Any, data), files)


@pytest.fixture
def analyse(context: AgentContext) -> Analysis:
    """Asks explorer, estimator and reporter in turn, each with what the one before it said; gives what each said."""

    def ask(question: str) -> Mapping[str, str]:
        said: dict[str, str] = {}
        prompt = question
        for name, module in (("explorer", explorer), ("estimator", estimator), ("reporter", reporter)):
            said[name] = str(_made(module, context)(prompt)).strip()
            prompt = f"{question}\n\nWhat the agent {name} found:\n{said[name]}"
        return said

    return ask


def _made(module: ModuleType, context: AgentContext) -> Agent:
    agent: Agent = module.create_agent(context)
    agent.messages = []  # a step's conversation is its own
    return agent


def test_three_agents_in_turn_answer_with_the_published_figures(analyse: Analysis) -> None:
    said = analyse(QUESTION)

    assert "nodegree, where they are 0.30 standard deviations apart" in said["explorer"]
    assert "1,676 ± 677" in said["estimator"]
    assert "\N{MINUS SIGN}8,498 dollars" in said["estimator"]
    assert "66% of the rows have a propensity under 0.001" in said["estimator"]
    for figure in ("1,794 dollars", "1,676 ± 677", "\N{MINUS SIGN}8,498", "699 once adjusted", "report.md"):
        assert figure in said["reporter"]


def test_the_report_has_the_estimates_and_the_plots_and_no_figure_of_its_own(
    analyse: Analysis, files: RunFiles
) -> None:
    analyse(QUESTION)

    report = files.get("report.md").decode()
    assert f"Asked: {QUESTION}" in report
    for row in (
        "| controls of the experiment | difference in means | 1,794 | 671 | 476 to 3,113 |",
        "| controls of the experiment | regression adjustment | 1,676 | 677 | 346 to 3,006 |",
        "| men of the survey | difference in means | \N{MINUS SIGN}8,498 | 582 |",
        "| men of the survey | regression adjustment | 699 | 617 |",
        "| men of the survey | doubly robust | 1,274 | 645 |",
    ):
        assert row in report
    plots = re.findall(r"!\[[^\]]+\]\((plots/\S+\.png)\)", report)
    assert len(plots) == 2
    assert all(files.get(plot).startswith(b"\x89PNG") for plot in plots)
    assert "{" not in report


def test_every_estimate_and_balance_table_is_kept(analyse: Analysis, files: RunFiles) -> None:
    analyse(QUESTION)

    kept = [json.loads(files.get(name)) for name in files.list() if name.startswith("results/")]
    assert [result["kind"] for result in kept].count("estimate") == 8
    assert [result["kind"] for result in kept].count("balance") == 2


def test_the_writer_is_reported_of_no_figure_that_was_not_computed(context: AgentContext, analyse: Analysis) -> None:
    analyse(QUESTION)
    agent = _made(reporter, context)

    agent(QUESTION)

    results: list[Any] = [block for message in agent.messages for block in message["content"] if "toolResult" in block]
    assert json.loads(results[-1]["toolResult"]["content"][0]["text"])["figures_in_no_result"] == []


@pytest.mark.parametrize(
    "question", ["What is the causal effect of the programme on earnings?", "Compare the experiment with the survey"]
)
def test_the_question_may_be_put_otherwise(question: str, analyse: Analysis, files: RunFiles) -> None:
    assert "1,794 dollars" in analyse(question)["reporter"]
    assert "report.md" in files.list()


def test_a_reporter_without_results_says_what_failed_and_gives_no_figure(
    context: AgentContext, files: RunFiles
) -> None:
    said = str(_made(reporter, context)(QUESTION))

    assert "the tool read_result failed" in said
    assert files.list() == []


def test_the_causal_analyst_answers_with_the_tools_of_the_mcp_server(
    context: AgentContext, files: RunFiles, serve: Callable[[Starlette], str]
) -> None:
    tables = BucketTables(DataFiles(context.s3, context.data_bucket))
    url = serve(create_app(lambda _: Workspace(tables, files)))

    with MCPClient(url=f"{url}{PATH}") as client:
        said = str(_made(causal_analyst, replace(context, tools=client.list_tools_sync()))(QUESTION))

    for figure in ("1,794 dollars", "1,676 ± 677", "\N{MINUS SIGN}8,498 dollars raw, 699 adjusted", "1,274 ± 645"):
        assert figure in said
    assert "results/doubly_robust_treat_re78_nsw_vs_cps.json" in files.list()
    assert causal_analyst.MCP_SERVERS == ("analysis",)


@pytest.mark.parametrize(
    ("estimator_name", "figure"),
    [("regression_adjustment", "by 699 dollars"), ("doubly_robust", "by 1,274 dollars")],
)
def test_a_study_asks_which_estimator_to_use_and_estimates_with_it(
    context: AgentContext, estimator_name: str, figure: str
) -> None:
    agent = _made(study_analyst, context)

    asked = agent("Did the training programme raise earnings? Use the survey men as the comparison group.")
    (interrupt,) = asked.interrupts or ()
    assert (asked.stop_reason, estimator_name in str(interrupt.reason)) == ("interrupt", True)
    response: Any = {"interruptResponse": {"interruptId": interrupt.id, "response": estimator_name}}
    answer = str(agent([response]))

    assert f"With {estimator_name}, which you chose" in answer
    assert figure in answer
    assert "earned \N{MINUS SIGN}8,498 dollars compared with the 15,992 men of the survey" in answer
