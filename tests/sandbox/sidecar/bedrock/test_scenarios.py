"""Scenario files: the shipped ones hang together, and a wrong one is rejected by name."""

import re
from pathlib import Path

import pytest

from sandbox.sidecar.bedrock.scenarios import Scenario, load_scenarios
from sandbox.sidecar.settings import SCENARIO_FOLDER, SettingsError

SHIPPED = load_scenarios(SCENARIO_FOLDER)

HEAD = '[[scenario]]\nname = "a"\nquestion = "Q?"\nanswer = "A"\n'
MATCH = '[scenario.match]\nwords = ["one"]\n'

WRONG = {
    "not TOML": ("[[scenario", "cannot be read"),
    "unknown table": ("[[scenarios]]", "unknown key 'scenarios'; known are scenario"),
    "unknown key": (HEAD + 'anwser = "x"\n' + MATCH, "unknown key 'anwser'; known are name, question"),
    "no answer": ('[[scenario]]\nname = "a"\nquestion = "Q?"\n' + MATCH, "'answer' must be given as a string"),
    "no match": (HEAD, "scenario a, match: a table is needed"),
    "match of everything": (HEAD + "[scenario.match]\n", "or every question would match"),
    "wrong regex": (HEAD + '[scenario.match]\nregex = "("\n', "the regex '(' is invalid"),
    "words as a text": (HEAD + '[scenario.match]\nwords = "one"\n', "'words' must be a list of strings"),
    "turn without call": (HEAD + MATCH + '[[scenario.turn]]\nsay = "x"\n', "turn 1: a turn calls at least one tool"),
    "call without tool": (HEAD + MATCH + "[[scenario.turn]]\n[[scenario.turn.call]]\n", "call 1: 'tool' must be given"),
    "listed as a text": (HEAD + 'listed = "no"\n' + MATCH, "'listed' must be true or false"),
}


DATA_ANALYST = frozenset({"list_tables", "describe_table", "run_sql"})
ESTIMATES = {"difference_in_means", "regression_adjustment", "inverse_probability_weighting", "doubly_robust"}
EXPLORER = frozenset({"list_tables", "profile_table", "balance_table", "plot_distribution"})
ESTIMATOR = frozenset({"list_tables", *ESTIMATES})
REPORTER = frozenset({"list_results", "read_result", "write_report"})
CAUSAL_ANALYST = EXPLORER | ESTIMATOR
DOCUMENT_SEARCHER = frozenset({"list_documents", "read_document", "search_documents"})
AGENTS = (DATA_ANALYST, EXPLORER, ESTIMATOR, REPORTER, CAUSAL_ANALYST)
STUDY_ANALYST = DATA_ANALYST | (CAUSAL_ANALYST - {"list_tables"}) | {"ask_user"}


def played(question: str, offered: frozenset[str]) -> str:
    """The scenario that an agent with these tools plays."""
    fitting = [scenario for scenario in SHIPPED if scenario.match.found(question) is not None]
    return next(scenario.name for scenario in fitting if scenario.tools <= offered)


@pytest.mark.parametrize("scenario", SHIPPED, ids=lambda scenario: scenario.name)
def test_each_listed_question_is_answered_by_its_own_scenario(scenario: Scenario) -> None:
    able = next(offered for offered in (*AGENTS, STUDY_ANALYST, DOCUMENT_SEARCHER) if scenario.tools <= offered)

    assert played(scenario.question, able) == scenario.name


@pytest.mark.parametrize(
    "question",
    [
        "Did the training programme raise earnings?",
        "What is the causal effect of the programme on earnings?",
        "Compare the experiment with the survey",
        "How much did the job-training program increase the men's income?",
    ],
)
def test_an_effect_is_found_by_each_agent_with_its_own_tools(question: str) -> None:
    assert [played(question, offered) for offered in AGENTS[1:]] == [
        "explore-effect",
        "estimate-effect",
        "report-effect",
        "causal-analyst-effect",
    ]
    assert played(question, DATA_ANALYST) in {"average-effect", "survey-comparison"}


def test_no_scenario_of_the_analysis_holds_a_figure() -> None:
    text = (SCENARIO_FOLDER / "analysis.toml").read_text()

    assert not re.findall(r"(?<![\d.,:}{_])\d{3,}", re.sub(r"re7[458]|\b19(?:7\d)\b", "", text))


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("How much did the training programme increase earnings?", "average-effect"),
        ("what was the impact of the PROGRAM on income in 1978", "average-effect"),
        ("How many treated men are there?", "group-sizes"),
        ("Are treatment and control group comparable at baseline?", "baseline-balance"),
        ("What's the mean age of the men in nsw?", "age-and-school"),
        ("Compare the trained men's earnings with the survey, please.", "survey-comparison"),
        ("How large is that relative to the controls?", "effect-in-percent"),
        ("What have I asked so far?", "earlier-questions"),
        ("Please describe the data in detail", "report"),
        ('Use the tool `echo` with {"text": "hi"}', "named-tool"),
    ],
)
def test_a_paraphrase_finds_the_same_scenario(question: str, name: str) -> None:
    assert played(question, DATA_ANALYST) == name


@pytest.mark.parametrize(("content", "message"), WRONG.values(), ids=list(WRONG))
def test_a_wrong_file_is_rejected_with_its_name_and_the_place(content: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(content)

    with pytest.raises(SettingsError) as rejected:
        load_scenarios(tmp_path)

    assert str(file) in str(rejected.value)
    assert message in str(rejected.value)


def test_a_folder_without_scenarios_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"has no \*\.toml file"):
        load_scenarios(tmp_path)


def test_every_question_that_the_documentation_asks_the_example_agent_has_a_scenario() -> None:
    root = SCENARIO_FOLDER.parents[1]
    pages = (root / "README.md", *(root / "docs").glob("*.md"))
    asked = [
        question
        for page in pages
        for question in re.findall(r'longrun ask (?:--stack \S+ )?"([^"…]+)"', page.read_text())
    ]

    assert "How many men took part in the experiment?" in asked
    assert not [question for question in asked if all(entry.match.found(question) is None for entry in SHIPPED)]


def test_the_example_of_the_readme_is_a_scenario(tmp_path: Path) -> None:
    readme = (SCENARIO_FOLDER / "README.md").read_text()
    (tmp_path / "example.toml").write_text(readme.split("```toml")[1].split("```")[0])

    (scenario,) = load_scenarios(tmp_path)

    assert scenario.match.found("How old were the men of table nsw?") == {"table": "nsw"}
    assert scenario.turns[0].calls[0].tool == "run_sql"
