import pytest

from client import RequestError
from client._background_request import BackgroundRequest
from contract.limits import MAX_QUESTION_BYTES

RUN_ID = "01926e3c-7c1a-7d00-8000-0123456789ab"


def test_a_question_of_the_largest_size_is_accepted() -> None:
    BackgroundRequest("é" * (MAX_QUESTION_BYTES // 2), RUN_ID).validate(())


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (BackgroundRequest(" \n", RUN_ID), "The question is empty"),
        (BackgroundRequest("é" * 8193, RUN_ID), "has 16386 bytes in UTF-8; the limit is 16384"),
        (BackgroundRequest("\ud800", RUN_ID), "half of a surrogate pair"),
        (BackgroundRequest("Why?", "nope"), '"nope" is not a UUID'),
        (BackgroundRequest("Why?", RUN_ID.upper()), "36 characters in lower case"),
        (BackgroundRequest("Why?", "x" * 200), "x... is not a UUID"),
        (BackgroundRequest("Why?", RUN_ID, "nobody"), "no pipeline 'nobody'; this deployment has analysis, haiku"),
    ],
)
def test_what_no_deployment_accepts_is_rejected_with_a_message(request_: BackgroundRequest, message: str) -> None:
    with pytest.raises(RequestError) as caught:
        request_.validate(("analysis", "haiku"))

    assert caught.value.code == "INVALID_REQUEST"
    assert message in caught.value.message


@pytest.mark.parametrize("pipelines", [(), ("analysis", "haiku")])
def test_a_pipeline_that_may_exist_is_asked_for(pipelines: tuple[str, ...]) -> None:
    BackgroundRequest("Why?", RUN_ID, "haiku").validate(pipelines)


def test_what_was_not_given_is_left_out_of_the_event() -> None:
    bare = BackgroundRequest("Why?", RUN_ID).detail(None, "00-a-b-01")
    full = BackgroundRequest("Why?", RUN_ID, "analysis").detail("jo", "00-a-b-01")

    assert bare == {"question": "Why?", "run_id": RUN_ID, "traceparent": "00-a-b-01"}
    assert full == bare | {"pipeline": "analysis", "owner": "jo"}
