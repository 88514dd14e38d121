from contract.errors import ErrorCode, RunError, error_data


def test_an_error_in_a_journal_is_its_code_and_its_message() -> None:
    problem = RunError(ErrorCode.CONFLICT, "The session has an active run.", "run-1")

    assert problem.data == {"code": "CONFLICT", "error": "The session has an active run."}
    assert error_data(ErrorCode.CONFLICT, "The session has an active run.") == problem.data
