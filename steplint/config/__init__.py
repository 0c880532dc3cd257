"""Configuration: `[tool.steplint]` and `steplint.toml` become `Settings`; what is not understood is an error."""

from steplint.config.describe import Option, Value, describe, effective, schema
from steplint.config.load import Loaded, load, repository_root
from steplint.config.problems import ConfigError, nearest
from steplint.config.settings import Settings

__all__ = [
    "ConfigError",
    "Loaded",
    "Option",
    "Settings",
    "Value",
    "describe",
    "effective",
    "load",
    "nearest",
    "repository_root",
    "schema",
]
