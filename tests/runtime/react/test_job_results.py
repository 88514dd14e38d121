import json

import pytest

from runtime.react.job_results import MAX_RESULT_CHARS, result_event, stored_result, task_failure


@pytest.mark.parametrize(
    ("error", "cause", "message"),
    [
        ("States.HeartbeatTimeout", "", "failed: it sent no heartbeat any more: its process was killed or hangs."),
        ("States.Timeout", "", "failed: it did not end in its time."),
        ("TaskExited", "exit code 3: no memory", "failed: TaskExited (exit code 3: no memory)."),
        (
            "States.TaskFailed",
            json.dumps({"errorMessage": "x", "stackTrace": ["File"]}),
            "failed: its task failed (x).",
        ),
        ("", "", "failed: for an unknown reason."),
    ],
)
def test_a_failed_tool_is_explained_without_a_stack(error: str, cause: str, message: str) -> None:
    assert task_failure("profile_table", error, cause) == f"The tool profile_table {message}"


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        ({"status": "success", "content": [{"text": "1"}]}, ("success", [{"text": "1"}])),
        ({"status": "error", "content": []}, ("error", [])),
        ({"content": [{"text": "1"}]}, ("error", [{"text": "1"}])),
        ({"rows": 2}, ("success", [{"text": '{"rows": 2}'}])),
        ("plain", ("success", [{"text": "plain"}])),
        (None, ("success", [{"text": "null"}])),
    ],
)
def test_a_stored_result_is_strands_form_or_any_json(stored: object, read: tuple[str, list[object]]) -> None:
    assert stored_result(stored) == read


def test_the_event_of_a_result_has_its_text_and_says_when_it_is_cut() -> None:
    content: list[dict[str, object]] = [{"text": "a"}, {"json": {"n": 1}}, {"image": {"format": "png"}}]

    assert result_event("t", "success", content) == {
        "tool_use_id": "t",
        "status": "success",
        "content": 'a\n{"n": 1}\n[image]',
    }
    cut = result_event("t", "success", [{"text": "x" * (MAX_RESULT_CHARS + 1)}])
    assert (len(cut["content"]), cut["truncated"]) == (MAX_RESULT_CHARS, True)
