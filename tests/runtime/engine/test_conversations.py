import json
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strands.types.content import Message, Messages

from runtime.engine.conversations import ConversationStore, anchored, completed
from runtime.process.conversation_files import STOPPED_TEXT, ConversationConflictError
from tests.runtime.stage import MemoryBucket


def is_valid(messages: Messages) -> bool:
    """Roles alternate from user to assistant, no message is empty, and every tool call has its result after it."""
    if not messages or messages[-1]["role"] != "assistant" or tool_uses(messages[-1]):
        return False
    expected = ("user", "assistant")
    for index, message in enumerate(messages):
        if message["role"] != expected[index % 2] or not message["content"]:
            return False
        if tool_uses(message) and not tool_uses(message) <= tool_results(messages[index + 1]):
            return False
    return True


def tool_uses(message: Message) -> set[str]:
    return {block["toolUse"]["toolUseId"] for block in message["content"] if "toolUse" in block}


def tool_results(message: Message) -> set[str]:
    return {block["toolResult"]["toolUseId"] for block in message["content"] if "toolResult" in block}


def user(text: str) -> Any:  # noqa: ANN401  a message as Strands types it
    return {"role": "user", "content": [{"text": text}]}


def assistant(text: str) -> Any:  # noqa: ANN401  as above
    return {"role": "assistant", "content": [{"text": text}]}


CALL: Any = {"role": "assistant", "content": [{"toolUse": {"toolUseId": "t1", "name": "run_sql", "input": {}}}]}
RESULT: Any = {"role": "user", "content": [{"toolResult": {"toolUseId": "t1", "status": "success", "content": []}}]}


@pytest.fixture
def bucket() -> MemoryBucket:
    return MemoryBucket()


@pytest.fixture
def store(bucket: MemoryBucket) -> ConversationStore:
    return ConversationStore("payloads", cast(Any, bucket))


def test_a_session_that_was_never_stored_is_empty(store: ConversationStore) -> None:
    conversation = store.load("jo", "s1")

    assert conversation.messages == []
    assert conversation.version is None


def test_what_is_saved_is_loaded_bytes_too(store: ConversationStore, bucket: MemoryBucket) -> None:
    picture: Any = {"role": "user", "content": [{"image": {"format": "png", "source": {"bytes": b"\x89PNG"}}}]}

    store.save("jo", "s1", [picture, assistant("A cat.")], None)

    assert store.load("jo", "s1").messages == [picture, assistant("A cat.")]
    (key,) = bucket.objects
    assert key.startswith("sessions/")
    assert json.loads(bucket.objects[key])


def test_what_one_owner_said_is_not_told_another_who_takes_the_same_session_id(store: ConversationStore) -> None:
    store.save("jo", "s1", [user("my salary"), assistant("noted")], None)

    assert store.load("eve", "s1").messages == []


def test_a_newer_version_is_not_overwritten(store: ConversationStore) -> None:
    store.save("jo", "s1", [user("a"), assistant("b")], None)
    read = store.load("jo", "s1")
    store.save("jo", "s1", [user("c"), assistant("d")], read.version)

    with pytest.raises(ConversationConflictError):
        store.save("jo", "s1", [user("e"), assistant("f")], read.version)
    with pytest.raises(ConversationConflictError):
        store.save("jo", "s1", [user("e"), assistant("f")], None)

    assert store.load("jo", "s1").messages == [user("c"), assistant("d")]


@pytest.mark.parametrize(
    "messages",
    [[user("a"), assistant("b")], [user("a"), CALL, RESULT, assistant("b")]],
)
def test_a_whole_conversation_is_valid(messages: Any) -> None:  # noqa: ANN401
    assert is_valid(messages)


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [user("a")],
        [user("a"), CALL],
        [user("a"), CALL, user("b"), assistant("c")],
        [user("a"), user("b"), assistant("c")],
        [assistant("a")],
    ],
)
def test_a_conversation_that_a_model_would_refuse_is_not_valid(messages: Any) -> None:  # noqa: ANN401
    assert not is_valid(messages)


@pytest.mark.parametrize(
    ("stopped", "kept"),
    [
        ([user("a"), assistant("Cancelled by user")], [user("a"), assistant("so far")]),
        ([user("a"), CALL, RESULT], [user("a"), CALL, RESULT, assistant("so far")]),
        ([user("a")], [user("a"), assistant("so far")]),
    ],
)
def test_a_stopped_conversation_ends_with_what_was_really_said(stopped: Any, kept: Any) -> None:  # noqa: ANN401
    assert completed(stopped, "so far") == kept
    assert is_valid(completed(stopped, "so far"))


def test_a_conversation_stopped_before_a_word_says_so() -> None:
    assert completed([user("a")], "") == [user("a"), assistant(STOPPED_TEXT)]


def test_a_history_that_begins_in_the_middle_of_a_run_gets_its_question_back() -> None:
    cut = [CALL, RESULT, assistant("b")]

    assert not is_valid(cut)
    assert anchored(cut, "a") == [user("a"), CALL, RESULT, assistant("b")]
    assert is_valid(anchored(cut, "a"))
    assert anchored([user("a"), assistant("b")], "c") == [user("a"), assistant("b")]
    assert anchored([], "a") == []


def block(kind: str, name: str) -> dict[str, Any]:
    blocks: dict[str, dict[str, Any]] = {
        "text": {"text": name},
        "blank": {"text": " "},
        "reasoning": {"reasoningContent": {"reasoningText": {"text": name}}},
        "toolUse": {"toolUse": {"toolUseId": name, "name": "look", "input": {}}},
        "toolResult": {"toolResult": {"toolUseId": name, "status": "success", "content": [{"text": "seen"}]}},
    }
    return blocks[kind]


KINDS = {"user": ["text", "blank", "toolResult"], "assistant": ["text", "blank", "reasoning", "toolUse"]}


def messages_of(role: str) -> st.SearchStrategy[Any]:
    blocks = st.builds(block, st.sampled_from(KINDS[role]), st.sampled_from(["a", "b", "c"]))
    return st.builds(lambda content: {"role": role, "content": content}, st.lists(blocks, max_size=4))


@given(
    st.lists(st.one_of(messages_of("user"), messages_of("assistant")), max_size=8), st.sampled_from(["", " ", "so far"])
)
def test_any_history_is_completed_to_one_that_a_model_takes(history: Any, said: str) -> None:  # noqa: ANN401
    whole = completed(history, said)

    assert not whole or is_valid(whole)
    for message in whole:
        assert any(part.keys() - {"reasoningContent"} for part in message["content"])
        assert all(part["text"].strip() for part in message["content"] if "text" in part)
    assert completed(whole) == whole
    texts = [part for message in history[:-1] for part in message["content"] if part.get("text", "").strip()]
    assert [part for part in texts if not any(part in message["content"] for message in whole)] == []


def test_results_of_other_calls_are_left_out_and_missing_ones_are_errors() -> None:
    stray: Any = {"role": "user", "content": [{"toolResult": {"toolUseId": "t9", "status": "success", "content": []}}]}

    whole = completed([user("a"), CALL, stray, user("b"), assistant("c")])

    assert [message["role"] for message in whole] == ["user", "assistant", "user", "assistant"]
    result, text = whole[2]["content"]
    assert (result["toolResult"]["toolUseId"], result["toolResult"]["status"]) == ("t1", "error")
    assert text == {"text": "b"}


def test_what_is_saved_and_loaded_is_always_valid(store: ConversationStore) -> None:
    store.save("jo", "s1", [user("a"), {"role": "assistant", "content": []}], None)

    assert store.load("jo", "s1").messages == [user("a"), assistant(STOPPED_TEXT)]
