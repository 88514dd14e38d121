import pytest

from contract.errors import MAX_MESSAGE_CHARS, ErrorCode, RunError, error_data


def test_an_error_in_a_journal_is_its_code_and_its_message() -> None:
    problem = RunError(ErrorCode.CONFLICT, "The session has an active run.", "run-1")

    assert problem.data == {"code": "CONFLICT", "error": "The session has an active run."}
    assert error_data(ErrorCode.CONFLICT, "The session has an active run.") == problem.data


@pytest.mark.parametrize("length", [MAX_MESSAGE_CHARS + 1, 481_705])
def test_a_long_message_loses_its_middle_and_keeps_what_to_do(length: int) -> None:
    message = "The agent asks " + "x" * (length - 36) + "; ask something else."

    cut = RunError(ErrorCode.TOOL_ERROR, message).data["error"]

    assert len(cut) == MAX_MESSAGE_CHARS
    assert cut.startswith("The agent asks x")
    assert " […] " in cut
    assert cut.endswith("x; ask something else.")
    assert error_data(ErrorCode.TOOL_ERROR, cut)["error"] == cut


def test_a_message_of_the_greatest_length_is_whole() -> None:
    message = "é" * MAX_MESSAGE_CHARS

    assert error_data(None, message) == {"error": message}
