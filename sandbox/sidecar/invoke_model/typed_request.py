"""The types of a request in a body of InvokeModel, which no client validates before it sends it."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from sandbox.sidecar.bedrock.conversation import Conversation, parse_conversation
from sandbox.sidecar.bedrock.errors import invalid

_WRONG_TYPE: Final = "Invalid type for parameter "


def conversation_of(model_id: str, converse: Mapping[str, Any]) -> Conversation:
    """Returns the conversation of a request in Converse's form. Raises ValidationException for values of other types
    than Converse's, as a client of Converse does."""
    from botocore.validate import ParamValidator  # noqa: PLC0415  slow to import, and few sandboxes need it

    report = ParamValidator().validate(converse, _input_shape()).generate_report()
    wrong = [line.removeprefix(_WRONG_TYPE) for line in report.splitlines() if line.startswith(_WRONG_TYPE)]
    if wrong:
        raise invalid(f"Malformed input request: {'; '.join(wrong)}")
    return parse_conversation(model_id, converse)


@cache
def _input_shape() -> Any:  # noqa: ANN401  botocore's
    from botocore.loaders import create_loader  # noqa: PLC0415  as above
    from botocore.model import ServiceModel  # noqa: PLC0415

    described: dict[str, Any] = create_loader().load_service_model("bedrock-runtime", "service-2")
    return ServiceModel(described).operation_model("Converse").input_shape
