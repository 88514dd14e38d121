"""The generator of the map: what it reads of the SDK and of botocore, and the file it writes."""

import gzip
import json
from pathlib import Path

import pytest

from policies.cloudformation.mapping import ResourceMap
from policies.generation.map.generate import main, packed
from policies.generation.map.operations import read_operations
from policies.generation.map.overlay import Overlay, TypeOverlay, read_overlay
from policies.generation.map.schemas import Schema, Schemas
from policies.generation.map.sdk import Slot, read_sdk
from policies.generation.map.types import TypeMatcher


@pytest.mark.parametrize(
    ("name", "slot"),
    [
        ("visibilityTimeoutSeconds", Slot("integer")),
        ("fifoQueue", Slot("boolean")),
        ("policy", Slot("string")),
        ("tags", Slot("string", "map")),
    ],
)
def test_inputs_of_the_sdk_are_read_by_their_wire_names(name: str, slot: Slot) -> None:
    sdk = read_sdk({"sqs"})

    assert sdk.shapes[sdk.resources["aws:sqs/queue:Queue"]][name] == slot


def test_nested_inputs_are_shapes_and_what_must_be_given_is_reported() -> None:
    sdk = read_sdk({"kinesis"})
    stream = sdk.shapes[sdk.resources["aws:kinesis/stream:Stream"]]
    mode = sdk.shapes[stream["streamModeDetails"].leaf]

    assert mode["streamMode"] == Slot("string", required=True)


def test_operations_are_found_by_what_they_make() -> None:
    operations = read_operations()

    assert operations["sqs"]["queue"] == {"CreateQueue"}
    assert "PutRule" in operations["events"]["rule"]


def test_same_map_is_the_same_bytes() -> None:
    sdk = read_sdk({"sqs"})
    reviewed = {"aws:sqs/redrivePolicy:RedrivePolicy": TypeOverlay(type="AWS::SQS::Queue", of="queueUrl")}
    overlay = Overlay(services={}, synonyms={}, ignore={}, operations={}, references={}, types=reviewed)
    properties = {"DelaySeconds": {"type": "integer", "maximum": 900}, "RedrivePolicy": {"type": "object"}}
    schema = Schema("AWS::SQS::Queue", {"properties": properties})
    matcher = TypeMatcher(sdk, Schemas("", {schema.type: schema}), overlay)

    content = packed(matcher.matches(), overlay, "7", "2026-01-01")

    assert content == packed(matcher.matches(), overlay, "7", "2026-01-01")
    table = ResourceMap(json.loads(gzip.decompress(content)))
    assert (table.sdk, table.schemas) == ("7", "2026-01-01")
    assert table.types["aws:sqs/redrivePolicy:RedrivePolicy"].of == "queueUrl"


def test_generator_without_its_argument_says_how_it_is_called(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "python -m policies.generation.map.generate SCHEMAS" in capsys.readouterr().err


def test_overlay_that_names_properties_has_to_name_its_type(tmp_path: Path) -> None:
    wrong = tmp_path / "overlay.toml"
    common = "".join(f"[{name}]\n" for name in ("services", "synonyms", "ignore", "operations", "references"))
    wrong.write_text(f'{common}["aws:sqs/queue:Queue".properties]\nname = "QueueName"\n')

    with pytest.raises(ValueError, match="has to name its type too"):
        read_overlay(wrong)
