import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from rich.console import Console

from cli.runs.renderer import RunRenderer

SQL = "SELECT treat, avg(re78) AS mean FROM nsw GROUP BY treat"
TABLE = '{"columns": ["treat", "mean"], "rows": [[0, 4554.801126], [1, 6349.143530]], "row_count": 2}'


@dataclass(frozen=True)
class Shown:
    type: str
    data: Mapping[str, Any] = field(default_factory=dict)
    at: str = "2025-11-21T09:00:00.000Z"


def answer_events() -> list[Shown]:
    return [
        Shown("RUN_ACCEPTED", {"question": "?", "agent": "data_analyst", "session_id": "s"}),
        Shown("AGENT_INVOCATION_STARTED"),
        Shown("TEXT", {"text": "Let me look"}),
        Shown("TEXT", {"text": " at it."}),
        Shown("TOOL_CALL", {"tool_use_id": "t", "name": "run_sql", "input": {"sql": SQL}}),
        Shown("TOOL_RESULT", {"tool_use_id": "t", "name": "run_sql", "status": "success", "content": TABLE}),
        Shown("TEXT", {"text": "\nThe effect was [bold]$1,794[/bold]."}),
        Shown("USAGE", {"input_tokens": 1}),
        Shown("RUN_SUCCEEDED", {"stop_reason": "end_turn"}),
    ]


def rendered(events: list[Shown], terminal: bool = False, width: int = 100) -> str:
    console = Console(
        file=io.StringIO(), force_terminal=terminal, width=width, color_system="standard" if terminal else None
    )
    renderer = RunRenderer(console)
    for event in events:
        renderer.show(event)
    renderer.close()
    output = console.file
    assert isinstance(output, io.StringIO)
    return output.getvalue()


def test_text_is_joined_and_ends_its_line_before_a_tool_call() -> None:
    lines = rendered(answer_events()).splitlines()
    assert lines[0] == "Let me look at it."
    assert lines[1] == "> run_sql"
    assert lines[2].strip() == SQL


def test_a_tool_result_is_shown_as_a_table() -> None:
    text = rendered(answer_events())
    assert any(line.split() == ["0", "4554.8011"] for line in text.splitlines())
    assert any(line.split() == ["1", "6349.1435"] for line in text.splitlines())


def test_square_brackets_of_the_model_are_text() -> None:
    assert rendered(answer_events()).endswith("The effect was [bold]$1,794[/bold].\n")


def test_without_a_terminal_there_are_no_control_codes() -> None:
    assert "\x1b" not in rendered(answer_events())


def test_on_a_terminal_the_spinner_is_gone_when_text_comes() -> None:
    text = rendered(answer_events(), terminal=True)
    assert "waiting for the first token" in text
    assert "\x1b[?25h" in text.partition("Let me look at it.")[0], "the cursor is shown again"


def test_the_models_control_characters_do_not_reach_the_terminal() -> None:
    text = rendered([Shown("TEXT", {"text": "a\x1b]0;title\x07b\x9b31mc\r\n"})], terminal=True)
    assert text == "a]0;titleb31mc\n\n"


@pytest.mark.parametrize("spaces", ["  indented\n\n  code  ", "trailing \n"])
def test_white_space_inside_the_answer_is_kept(spaces: str) -> None:
    assert rendered([Shown("TEXT", {"text": f"x{spaces}"}), Shown("TEXT", {"text": "y"})]) == f"x{spaces}y\n"


def test_a_failed_tool_is_named_as_failed() -> None:
    text = rendered([Shown("TOOL_RESULT", {"name": "run_sql", "status": "error", "content": "no table 'x'"})])
    assert [line.strip() for line in text.splitlines()] == ["the tool failed:", "no table 'x'"]


def test_results_of_parallel_tools_are_distinguished() -> None:
    calls = [Shown("TOOL_CALL", {"tool_use_id": name, "name": name}) for name in ("one", "two")]
    results = [Shown("TOOL_RESULT", {"tool_use_id": name, "content": f"of {name}"}) for name in ("two", "one")]
    later = [Shown("TOOL_CALL", {"tool_use_id": "three", "name": "three"})]
    later += [Shown("TOOL_RESULT", {"tool_use_id": "three", "content": "of three"})]
    assert [line.strip() for line in rendered([*calls, *results, *later]).splitlines()] == [
        "> one",
        "> two",
        "two:",
        "of two",
        "one:",
        "of one",
        "> three",
        "of three",
    ]


def test_a_terminal_shows_which_tool_is_still_at_work() -> None:
    calls = [Shown("TOOL_CALL", {"tool_use_id": name, "name": name}) for name in ("one", "two")]
    shown = rendered([*calls, Shown("TOOL_RESULT", {"tool_use_id": "two", "content": "x"})], terminal=True)
    assert "one is running" in shown.partition("two:")[2]


def test_an_object_that_is_no_table_is_shown_as_its_values() -> None:
    content = {
        "kind": "estimate",
        "estimate": 1794.34240427,
        "notes": [],
        "file": None,
        "more": {"a": 1},
        "b": "x" * 999,
    }
    text = rendered([Shown("TOOL_RESULT", {"content": json.dumps(content)})])
    assert "".join(text.split()) == f'kind:estimate;estimate:1794.3424;more:{{"a":1}};b:{"x" * 160}...'


def test_a_table_that_is_too_wide_loses_columns_and_no_number_is_broken() -> None:
    columns = ["variable", *(f"mean_{number}" for number in range(9))]
    content = json.dumps({"columns": columns, "rows": [["nodegree", *(14016.8003 for _ in range(9))]], "table": "nsw"})
    lines = rendered([Shown("TOOL_RESULT", {"content": content})], width=60).splitlines()
    assert lines[0].split() == columns[:4]
    assert lines[2].split() == ["nodegree", *["14016.8003"] * 3]
    assert " ".join(" ".join(lines[3:]).split()) == f"columns not shown: {', '.join(columns[4:])}; table: nsw"


def test_a_long_text_of_a_table_is_folded_next_to_its_numbers() -> None:
    content = json.dumps({"columns": ["name", "estimate"], "rows": [["a/" + "x" * 90, 1794.3424]]})
    lines = rendered([Shown("TOOL_RESULT", {"content": content})], width=60).splitlines()
    assert lines[2].split()[-1] == "1794.3424"
    assert "".join(line.split()[0] for line in lines[2:]) == "a/" + "x" * 90


def test_a_long_result_shows_how_many_rows_it_left_out() -> None:
    rows = ", ".join(f"[{number}]" for number in range(40))
    text = rendered([Shown("TOOL_RESULT", {"status": "success", "content": f'{{"columns": ["n"], "rows": [{rows}]}}'})])
    assert "28 more rows not shown" in text


def test_a_long_plain_result_is_cut_to_its_first_lines() -> None:
    content = "\n".join(f"line {number}" for number in range(40))
    text = rendered([Shown("TOOL_RESULT", {"status": "success", "content": content})])
    assert "line 11" in text
    assert "line 12" not in text
    assert "28 more lines" in text


def test_an_event_type_from_the_future_is_passed_over() -> None:
    assert rendered([Shown("SOMETHING_NEW", {"text": "x"})]) == ""


def test_a_note_between_tokens_stands_on_its_own_line() -> None:
    console = Console(file=io.StringIO(), width=80)
    renderer = RunRenderer(console)
    renderer.show(Shown("TEXT", {"text": "half"}))
    renderer.note("connection lost, reconnecting")
    renderer.show(Shown("TEXT", {"text": " whole"}))
    renderer.close()
    output = console.file
    assert isinstance(output, io.StringIO)
    assert output.getvalue() == "half\n- connection lost, reconnecting\n whole\n"


def background_events() -> list[Shown]:
    """A run of two agents, whose second could not be called at once."""
    first, second = {"agent": "explorer", "step": 1}, {"agent": "reporter", "step": 2}
    return [
        Shown("RUN_ACCEPTED", {"question": "?", "agent": "analysis", "agents": ["explorer", "reporter"]}),
        Shown("AGENT_INVOCATION_STARTED", first | {"attempt": 1}),
        Shown("AGENT_INVOCATION_SUCCEEDED", first),
        Shown("AGENT_BACKGROUND_TASK_STARTED", first),
        Shown("TEXT", {"text": "I looked."}),
        Shown("AGENT_BACKGROUND_TASK_COMPLETED", first, "2025-11-21T09:00:02.100Z"),
        Shown("AGENT_INVOCATION_STARTED", second | {"attempt": 1}),
        Shown("AGENT_INVOCATION_FAILED", second | {"code": "THROTTLED", "error": "It is busy.", "retry": True}),
        Shown("AGENT_INVOCATION_STARTED", second | {"attempt": 2}),
        Shown("AGENT_BACKGROUND_TASK_STARTED", second, "2025-11-21T09:00:04.000Z"),
        Shown("TEXT", {"text": "It rose."}),
        Shown("AGENT_BACKGROUND_TASK_COMPLETED", second, "2025-11-21T09:00:04.250Z"),
        Shown("RUN_SUCCEEDED"),
    ]


def test_agents_of_a_pipeline_are_distinguished() -> None:
    assert rendered(background_events()).splitlines() == [
        "analysis: explorer → reporter",
        "* explorer started (1 of 2)",
        "I looked.",
        "* explorer finished after 2.1 s, hands off to reporter",
        "- reporter could not be called: It is busy; it is retried",
        "* reporter started (2 of 2)",
        "It rose.",
        "* reporter finished after 250 ms",
    ]


@pytest.mark.parametrize(
    ("seen", "waited_for"),
    [
        (1, "waiting for the workflow to call explorer"),
        (2, "calling explorer"),
        (4, "waiting for the first token"),
        (6, "waiting for the workflow to call reporter"),
        (8, "waiting for the workflow"),
        (12, "waiting for the end"),
    ],
)
def test_a_terminal_shows_what_a_background_run_waits_for(seen: int, waited_for: str) -> None:
    assert waited_for in rendered(background_events()[:seen], terminal=True)


def test_an_agent_that_stopped_in_mid_sentence_is_reported_on_a_separate_line() -> None:
    data = {"agent": "explorer\x1b[2J", "step": 1, "reason": "the run was cancelled"}
    assert rendered([Shown("TEXT", {"text": "half"}), Shown("AGENT_BACKGROUND_TASK_FAILED", data)]) == (
        "half\n* explorer[2J stopped\n"
    )


QUESTION = {
    "question_id": "q-0123456789",
    "text": "Which [estimator]?",
    "schema": {"type": "string", "enum": ["regression", "weighting"]},
    "default": "regression",
    "expires_at": "2026-12-01T09:00:00.000Z",
}


def test_a_question_shows_its_choices_default_and_expiry() -> None:
    lines = [line.strip() for line in rendered([Shown("QUESTION", QUESTION)]).splitlines()]
    assert lines == [
        "? Which [estimator]?",
        "answer with regression | weighting",
        "without an answer: regression",
        "until 2026-12-01 09:00 UTC",
    ]


@pytest.mark.parametrize(
    ("by", "line"),
    [
        ("user", "= answered: 3"),
        ("ahead", "= answered ahead of time: 3"),
        ("default", "= not answered in time, so the default counts: 3"),
    ],
)
def test_an_answer_shows_who_gave_it(by: str, line: str) -> None:
    answer = {"question_id": "q-0123456789", "answer": 3, "by": by}
    assert rendered([Shown("ANSWER", answer)]).splitlines() == [line]


def test_the_progress_of_a_tool_and_a_message_stand_between_the_texts() -> None:
    call = {"tool_use_id": "t1", "name": "eda", "input": {}}
    events = [
        Shown("TOOL_CALL", call),
        Shown("TOOL_PROGRESS", {"tool_use_id": "t1", "text": "read 722 rows\n\x1b[2Jfitted\n"}),
        Shown("MESSAGE", {"text": "Leave out age."}),
    ]
    lines = [line.strip() for line in rendered(events).splitlines()]
    assert lines == ["> eda", "read 722 rows", "[2Jfitted", "+ message to the agent: Leave out age."]
