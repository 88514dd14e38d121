"""The stack's configuration: read from Pulumi's config, validated as a whole, and given out as one typed object; what
the program builds from it, and what it exports."""

from components.stack_config import outputs
from components.stack_config.packages import build_packages
from components.stack_config.react_settings import TaskWiring
from components.stack_config.reader import SettingsError
from components.stack_config.settings import Settings

__all__ = ["Settings", "SettingsError", "TaskWiring", "build_packages", "outputs"]
