"""Settings that are objects of their own, one for each part that a stack may leave out."""

from pathlib import Path
from typing import TypedDict

from components.stack_config.react_settings import ReactSettings
from components.stack_config.reader import ConfigReader
from components.stack_config.stream_settings import StreamSettings
from components.stack_config.traced_settings import TracedSettings


class PartSettings(TypedDict):
    react: ReactSettings
    traced: TracedSettings
    stream: StreamSettings


def read_parts(reader: ConfigReader, region: str, root: Path) -> PartSettings:
    return {
        "react": ReactSettings.read(reader),
        "traced": TracedSettings.read(reader, region, root),
        "stream": StreamSettings.read(reader, region),
    }
