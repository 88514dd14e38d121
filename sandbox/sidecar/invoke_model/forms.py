"""Chooses the body form of InvokeModel: by the model's name, and by the body where the id does not tell the model."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from sandbox.sidecar.bedrock.conversation import Conversation
from sandbox.sidecar.bedrock.errors import invalid
from sandbox.sidecar.bedrock.replies import StreamEvent
from sandbox.sidecar.invoke_model.claude import Claude
from sandbox.sidecar.invoke_model.model_names import full_name
from sandbox.sidecar.invoke_model.nova import Nova

_CLAUDE = re.compile(r"anthropic\.claude")
_NOVA = re.compile(r"amazon\.nova-(?!canvas|reel|sonic|.*sonic|.*embeddings)")
_OWN_ID = re.compile(r"[a-z0-9]{4,}")
"""An id that the account has made, for example of an application inference profile: it does not name a model."""


class FormStream(Protocol):
    """Converts the events of one answer to chunks."""

    def feed(self, event: StreamEvent) -> Iterator[dict[str, Any]]: ...


class Form(Protocol):
    """One family's form of bodies."""

    def conversation(self, body: Mapping[str, Any]) -> Conversation: ...

    def answer(self, events: list[StreamEvent]) -> dict[str, Any]: ...

    def stream(self, conversation: Conversation) -> FormStream: ...


def form_of(model_id: str, body: Mapping[str, Any]) -> Form:
    """Raises ValidationException for a family whose form the sandbox does not know."""
    name = full_name(model_id)
    if _CLAUDE.match(name):
        return Claude(model_id)
    if _NOVA.match(name):
        return Nova(model_id)
    if model_id.startswith("arn:") and _OWN_ID.fullmatch(name):
        return Claude(model_id) if "anthropic_version" in body else Nova(model_id)
    raise invalid(
        f"The sandbox knows InvokeModel's body forms of Anthropic's Claude and of Amazon Nova, and not that of {name}. "
        "Use Converse or ConverseStream, whose form is the same for all models, or run the request on AWS."
    )
