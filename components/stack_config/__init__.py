"""The stack's configuration: read from Pulumi's config, validated as a whole, and given out as one typed object."""

from components.stack_config.react_settings import TaskWiring
from components.stack_config.reader import SettingsError
from components.stack_config.settings import Settings

__all__ = ["Settings", "SettingsError", "TaskWiring"]
