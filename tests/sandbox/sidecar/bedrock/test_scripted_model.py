"""The scripted model in conversation with a real Strands agent whose tools compute for real."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from strands import Agent, tool

Analyst = Callable[..., Agent]
EFFECT = "What was the average effect of the training programme on 1978 earnings?"


def _calls(agent: Agent) -> list[str]:
    return [
        block["toolUse"]["name"] for message in agent.messages for block in message["content"] if "toolUse" in block
    ]


ANSWERS = {
    EFFECT: ["1,794 dollars", "185 men", "6,349 dollars", "260 men", "4,555 dollars"],
    "Did the training programme raise the men's earnings in 1978?": ["1,794 dollars"],
    "How many men were trained, and how many are in the control group?": ["185 men", "260 are", "445 in all"],
    "Were the two groups balanced before the training?": [
        "| 1 | 185 | 25.82 | 10.35 |",
        "71% of the trained",
        "83% of",
    ],
    "How old were the men on average, and how long had they gone to school?": ["25.4 years", "10.2 years", "17 to 55"],
    "How do the trained men compare with the men of the survey in cps?": [
        "\N{MINUS SIGN}8,498 dollars",
        "14,847",
        "15,992 men",
    ],
    "What share of the men earned nothing in 1978?": ["24.3 %", "35.4 %", "first query failed"],
    "Which tables are there?": ["| cps |", "| nsw |"],
    "What columns does the table nsw have?": ["| re78 | DOUBLE |"],
    "Tell me about the data set at length.": ["1,794 dollars", "15,992 men", "14,847 dollars", "60,308 dollars"],
}


@pytest.mark.parametrize(("question", "expected"), ANSWERS.items())
def test_answers_carry_the_figures_that_the_tools_computed(
    question: str, expected: list[str], sidecar: Callable[..., str], analyst: Analyst
) -> None:
    answer = str(analyst(sidecar())(question))

    assert [part for part in expected if part not in answer] == []
    assert "{" not in answer


def test_the_model_says_what_it_will_do_before_it_calls_a_tool(sidecar: Callable[..., str], analyst: Analyst) -> None:
    agent = analyst(sidecar())

    agent(EFFECT)

    first, second = agent.messages[1]["content"]
    assert first["text"].startswith("I will compare the mean 1978 earnings")
    assert "AVG(re78) FILTER (treat = 1)" in second["toolUse"]["input"]["query"]


def test_two_tools_of_one_turn_go_out_together(sidecar: Callable[..., str], analyst: Analyst) -> None:
    agent = analyst(sidecar())

    agent("Were the two groups balanced before the training?")

    assert [block["toolUse"]["name"] for block in agent.messages[1]["content"][1:]] == ["describe_table", "run_sql"]


def test_the_model_recovers_from_a_query_that_failed(sidecar: Callable[..., str], analyst: Analyst) -> None:
    agent = analyst(sidecar())

    agent("What share of the men earned nothing in 1978?")

    results = [
        block["toolResult"] for message in agent.messages for block in message["content"] if "toolResult" in block
    ]
    assert _calls(agent) == ["run_sql", "describe_table", "run_sql"]
    assert [result["status"] for result in results] == ["error", "success", "success"]


def test_a_follow_up_uses_the_figures_of_the_answer_before(sidecar: Callable[..., str], analyst: Analyst) -> None:
    agent = analyst(sidecar())
    agent(EFFECT)

    answer = str(agent("And in percent of the control group?"))

    assert "39.4 %" in answer
    assert "1794.342" in agent.messages[-3]["content"][1]["toolUse"]["input"]["query"]


def test_a_follow_up_reads_the_answer_before_where_only_texts_were_kept(
    sidecar: Callable[..., str], analyst: Analyst
) -> None:
    earlier = analyst(sidecar())
    spoken = str(earlier(EFFECT))
    agent = analyst(sidecar())
    kept: list[Any] = [
        {"role": "user", "content": [{"text": EFFECT}]},
        {"role": "assistant", "content": [{"text": spoken}]},
    ]
    agent.messages.extend(kept)

    assert "39.4 %" in str(agent("And in percent of the control group?"))


def test_a_follow_up_without_anything_before_asks_for_it(sidecar: Callable[..., str], analyst: Analyst) -> None:
    answer = str(analyst(sidecar())("And in percent of the control group?"))

    assert "Please ask first" in answer
    assert "%" not in answer


def test_questions_about_the_conversation_are_answered_from_it(sidecar: Callable[..., str], analyst: Analyst) -> None:
    agent = analyst(sidecar())
    agent("Which tables are there?")
    agent(EFFECT)

    assert "Which tables are there?" in str(agent("What was my first question?"))
    earlier = str(agent("What did I ask before?"))
    assert f"1. Which tables are there?\n2. {EFFECT}\n3. What was my first question?" in earlier


def test_without_history_the_model_says_that_nothing_was_asked(sidecar: Callable[..., str], analyst: Analyst) -> None:
    answer = str(analyst(sidecar())("What did I ask before?"))

    assert answer.strip() == "You have not asked anything before in this conversation."


@pytest.mark.parametrize(
    "question",
    [
        "What is the meaning of life?",
        "What was the average effect of the moon on 1978 earnings?",
        "What was the average effect of the training programme on marriage?",
        "What was the effect of the training programme on 1975 earnings?",
        "What was the effect of the training programme on the earnings of black men?",
        "What is the average age of the moon?",
        "earnings",
    ],
)
def test_a_question_that_no_scenario_knows_gets_no_figure_but_a_way_on(
    question: str, sidecar: Callable[..., str], analyst: Analyst
) -> None:
    agent = analyst(sidecar())

    answer = str(agent(question))

    assert "scripted model, not a language model" in answer
    assert f"- {EFFECT}" in answer
    assert "longrun up --model-url" in answer
    assert "deploy" in answer
    assert _calls(agent) == []
    assert re.findall(r"\d{3}", answer.replace("1978", "")) == []


def test_a_missing_tool_is_said_and_no_figure_is_made_up(sidecar: Callable[..., str], analyst: Analyst) -> None:
    answer = str(analyst(sidecar(), tools=[])(EFFECT))

    assert "it needs the tool run_sql, and this agent offers none" in answer
    assert "1,794" not in answer


def test_a_failing_tool_is_said_with_its_reason(sidecar: Callable[..., str], analyst: Analyst) -> None:
    @tool
    def run_sql(query: str) -> str:
        """Fails."""
        raise RuntimeError(f"the bucket is gone ({len(query) > 0})")

    answer = str(analyst(sidecar(), tools=[run_sql])(EFFECT))

    assert "the tool run_sql failed" in answer
    assert "the bucket is gone (True)" in answer
    assert "none was computed" in answer


def test_a_result_without_the_value_is_said_instead_of_a_figure(sidecar: Callable[..., str], analyst: Analyst) -> None:
    @tool
    def run_sql(query: str) -> str:
        """Gives another column."""
        return '{"columns": ["other"], "rows": [[5]], "row_count": ' + str(len(query) and 1) + "}"

    answer = str(analyst(sidecar(), tools=[run_sql])(EFFECT))

    assert "lacks what my answer needs (effect)" in answer


def test_any_tool_can_be_called_by_name_as_an_mcp_tool_is(sidecar: Callable[..., str], analyst: Analyst) -> None:
    @tool
    def weather_at(city: str, days: int) -> str:
        """Stands for a tool of an MCP server."""
        return f"Rain in {city} for {days} days."

    agent = analyst(sidecar(), tools=[weather_at])

    answer = str(agent('Please call the tool weather_at with {"city": "Bonn", "days": 3}'))

    assert "Rain in Bonn for 3 days." in answer
    assert "this agent offers weather_at" in str(agent('Call the tool absent with {"x": 1}'))


def test_the_same_conversation_gets_the_same_reply_and_a_longer_one_other_tool_use_ids(
    sidecar: Callable[..., str], analyst: Analyst
) -> None:
    url = sidecar()
    agent, again = analyst(url), analyst(url)
    agent(EFFECT)
    again(EFFECT)

    assert [message["content"] for message in agent.messages] == [message["content"] for message in again.messages]
    agent(EFFECT)
    ids = re.findall(r"tooluse_\w+", str([message for message in agent.messages if message["role"] == "assistant"]))
    assert len(ids) == len(set(ids)) == 2


def test_the_long_answer_has_more_than_four_hundred_tokens(sidecar: Callable[..., str], analyst: Analyst) -> None:
    result = analyst(sidecar())("Tell me about the data set at length.")

    assert result.metrics.accumulated_usage["outputTokens"] > 400


def test_what_an_agent_before_has_found_is_no_part_of_the_question(
    sidecar: Callable[..., str], analyst: Analyst
) -> None:
    answer = str(analyst(sidecar())(f"{EFFECT}\n\nWhat the agent explorer found:\nThe survey cps has 1975 and women."))

    assert "1,794 dollars" in answer
