"""Limits of messages, ids and steps: what one end sends, the other end accepts."""

from typing import Final

MAX_QUESTION_BYTES: Final = 16_384
"""A question's limit in UTF-8 bytes: with escapes it fits one 32 KB WebSocket frame (aws-facts A2)."""

MAX_FRAME_BYTES: Final = 32_768
"""A WebSocket frame's limit; API Gateway closes the socket with 1009 above it."""
