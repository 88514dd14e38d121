"""The encoder against botocore's decoder: the one that clients use."""

import json
from typing import Any

from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from sandbox.sidecar.bedrock.eventstream import encode_event, encode_exception, encode_message

_NAMES = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=40)
_TEXTS = st.text(max_size=200)


def _decoded(data: bytes, piece: int = 4096) -> list[dict[str, Any]]:
    decoder = EventStreamBuffer()
    messages: list[dict[str, Any]] = []
    for start in range(0, len(data), piece):
        decoder.add_data(data[start : start + piece])
        messages += [message.to_response_dict() for message in decoder]
    return messages


@given(headers=st.dictionaries(_NAMES, _TEXTS, max_size=5), body=st.dictionaries(_TEXTS, _TEXTS, max_size=5))
def test_botocore_reads_back_any_headers_and_payload(headers: dict[str, str], body: dict[str, str]) -> None:
    (message,) = _decoded(encode_message(headers, body))

    assert message["headers"] == headers
    assert json.loads(message["body"]) == body


def test_messages_that_arrive_in_pieces_are_read_one_after_the_other() -> None:
    data = encode_event("messageStart", {"role": "assistant"}) + encode_exception("throttlingException", "Slow down.")
    messages = _decoded(data, piece=1)

    assert [message["headers"][":message-type"] for message in messages] == ["event", "exception"]
    assert messages[0]["headers"][":event-type"] == "messageStart"
    assert messages[1]["headers"][":exception-type"] == "throttlingException"
    assert json.loads(messages[1]["body"]) == {"message": "Slow down."}
