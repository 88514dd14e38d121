"""Limits of messages, ids and steps: what one end may send is what the other end accepts."""

from typing import Final

MAX_QUESTION_BYTES: Final = 16_384
"""Of a question in UTF-8: with escapes it fits into one 32 KB WebSocket frame (API Gateway's quota)."""

MAX_FRAME_BYTES: Final = 32_768
"""Of a WebSocket frame; API Gateway closes the socket with 1009 above it."""

MAX_SEQ: Final = 9_999_999_999
"""Of an event's number: the journal's event keys hold ten digits."""

MAX_SESSION_ID_LENGTH: Final = 100
"""AgentCore's reply cannot name a longer session (botocore 1.44, `InvokeAgentRuntimeResponse`)."""

MAX_AGENT_LENGTH: Final = 128
MAX_PIPELINE_LENGTH: Final = 128
MAX_FILE_NAME_LENGTH: Final = 200
"""Characters of the name of a run's file, folders included."""

MAX_QUESTIONS: Final = 10
"""Questions that a run asks at once, and answers that are given ahead of time."""

MAX_PROMPT_CHARS: Final = 4_000
"""Of a question's text to a user."""

MAX_SCHEMA_BYTES: Final = 8_192
"""Of the JSON schema of an answer."""

MAX_QUERY_BODY_BYTES: Final = 131_072
"""Of the body of a request that waits for its answer: a question whose every character is escaped, and metadata."""

MAX_METADATA: Final = 20
"""Names in the metadata of a run's trace."""

MAX_METADATA_NAME_LENGTH: Final = 64
MAX_METADATA_CHARS: Final = 200
"""Of one of its values: Langfuse drops longer ones."""

MAX_ANSWER_BYTES: Final = 16_384
"""Of an answer as JSON: with escapes it fits into one 32 KB WebSocket frame."""

MAX_QUESTION_SECONDS: Final = 7 * 86_400
"""The longest that a question may wait for its answer."""

MAX_PAUSES: Final = 50
"""Times that one run may stop for questions: each costs a worker's start, and an agent might ask without end."""

IF_BUSY: Final = ("reject", "queue", "steer")
"""What may happen to a question whose session has an active run; the first is the default."""

MAX_STREAM_BODY_BYTES: Final = 1_048_576
"""Of the body of a request to the streaming endpoint: a question and ten answers ahead of time, whose every character
may be escaped."""

MAX_RUNS: Final = 50
"""Runs in one list."""

MIN_RUNTIME_SESSION_ID_LENGTH: Final = 33
"""AgentCore accepts no shorter id for a session; a run id has 36 characters."""

MAX_STEPS: Final = 99
"""Steps of a run: their number has two digits in the keys of outputs."""

MAX_STEP_SECONDS: Final = 28_800
"""Eight hours: no session of AgentCore lives longer."""

SHOWN_LENGTH: Final = 60
"""Characters of a given value that a message repeats."""
