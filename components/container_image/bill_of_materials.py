"""The bill of materials of an image: the Python distributions in it, as a CycloneDX document."""

import json
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Final
from uuid import UUID, uuid5

FILE_NAME: Final = "bill-of-materials.cdx.json"
_NAMESPACE: Final = UUID("5d5c8c0e-6f0b-4b57-9a51-1d3f8c7f2b60")


def bill_of_materials(name: str, trees: Sequence[Path]) -> str:
    """The document as text, the same for the same distributions. `trees` are folders of installed distributions."""
    # Only an image that is built needs the library.
    from cyclonedx.model.bom import Bom  # noqa: PLC0415
    from cyclonedx.model.component import Component, ComponentType  # noqa: PLC0415
    from cyclonedx.output import make_outputter  # noqa: PLC0415
    from cyclonedx.schema import OutputFormat, SchemaVersion  # noqa: PLC0415
    from packageurl import PackageURL  # noqa: PLC0415

    found = sorted({(each, version) for tree in trees for each, version in _distributions(tree)})
    parts = [
        Component(
            type=ComponentType.LIBRARY,
            name=each,
            version=version,
            bom_ref=f"{each}=={version}",
            purl=PackageURL("pypi", name=each, version=version),
        )
        for each, version in found
    ]
    bom = Bom(components=parts)
    bom.metadata.component = Component(type=ComponentType.CONTAINER, name=name, bom_ref=name)
    bom.register_dependency(bom.metadata.component, parts)
    text = make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=2)
    return _reproducible(text, name, found)


def _reproducible(text: str, name: str, found: Sequence[tuple[str, str]]) -> str:
    """Without the time, and with a serial number of its content: otherwise each build would be a new image."""
    document = json.loads(text)
    document["metadata"].pop("timestamp", None)
    listed = "\n".join(f"{each}=={version}" for each, version in found)
    document["serialNumber"] = uuid5(_NAMESPACE, f"{name}\n{listed}").urn
    return json.dumps(document, indent=2) + "\n"


def _distributions(tree: Path) -> Iterator[tuple[str, str]]:
    for distribution in metadata.distributions(path=[str(tree)]):
        yield distribution.metadata["Name"].lower().replace("_", "-"), distribution.version
