"""The part of SARIF 2.1.0 that is written, as structs."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

Level = Literal["error", "warning", "note"]


class _Object(Struct, frozen=True, rename="camel", omit_defaults=True):
    """Base: names in camel case, members that have their default are left out."""


class Message(_Object, frozen=True):
    """Text with embedded links."""

    text: str
    markdown: str = ""


class Region(_Object, frozen=True):
    """Lines and columns from 1, in code points; the end is exclusive."""

    start_line: int
    start_column: int
    end_line: int
    end_column: int


class ArtifactLocation(_Object, frozen=True):
    """A relative URI and the name of its base."""

    uri: str
    uri_base_id: str = ""


class PhysicalLocation(_Object, frozen=True):
    """A region of a file."""

    artifact_location: ArtifactLocation
    region: Region


class Location(_Object, frozen=True):
    """A place; ``id`` is what links in messages refer to."""

    physical_location: PhysicalLocation
    id: int = -1
    message: Message | None = None


class ThreadFlowLocation(_Object, frozen=True):
    """One frame of a trace."""

    location: Location


class ThreadFlow(_Object, frozen=True):
    """One trace."""

    locations: tuple[ThreadFlowLocation, ...]


class CodeFlow(_Object, frozen=True):
    """The traces of a result."""

    thread_flows: tuple[ThreadFlow, ...]


class Content(_Object, frozen=True):
    """Text that is inserted."""

    text: str


class Replacement(_Object, frozen=True):
    """A region that is replaced."""

    deleted_region: Region
    inserted_content: Content


class ArtifactChange(_Object, frozen=True):
    """The edits of one file."""

    artifact_location: ArtifactLocation
    replacements: tuple[Replacement, ...]


class FixObject(_Object, frozen=True):
    """Edits that belong together."""

    description: Message
    artifact_changes: tuple[ArtifactChange, ...]


class SuppressionObject(_Object, frozen=True):
    """Why a result counts no more."""

    kind: Literal["inSource", "external"]
    justification: str = ""


class Result(_Object, frozen=True):
    """One finding."""

    rule_id: str
    rule_index: int
    level: Level
    message: Message
    locations: tuple[Location, ...]
    partial_fingerprints: dict[str, str]
    related_locations: tuple[Location, ...] = ()
    code_flows: tuple[CodeFlow, ...] = ()
    fixes: tuple[FixObject, ...] = ()
    suppressions: tuple[SuppressionObject, ...] = ()
    properties: dict[str, str] = {}


class Configuration(_Object, frozen=True):
    """Default level of a rule."""

    level: Level


class RuleProperties(_Object, frozen=True):
    """Members that GitHub reads."""

    tags: tuple[str, ...]


class ReportingDescriptor(_Object, frozen=True):
    """A rule."""

    id: str
    name: str
    short_description: Message
    full_description: Message
    help: Message
    default_configuration: Configuration
    properties: RuleProperties
    help_uri: str = ""


class ToolComponent(_Object, frozen=True):
    """The program."""

    name: str
    version: str
    rules: tuple[ReportingDescriptor, ...]


class Tool(_Object, frozen=True):
    """The program and its parts."""

    driver: ToolComponent


class Notification(_Object, frozen=True):
    """Something that the run has to say about itself."""

    level: Level
    message: Message


class Invocation(_Object, frozen=True):
    """How the run went."""

    execution_successful: bool
    exit_code: int
    tool_execution_notifications: tuple[Notification, ...] = ()
    end_time_utc: str = ""


class AutomationDetails(_Object, frozen=True):
    """Which analysis this is, among several of one commit."""

    id: str


class BaseLocation(_Object, frozen=True):
    """What relative URIs are relative to."""

    description: Message


class Run(_Object, frozen=True):
    """One run of the program."""

    tool: Tool
    automation_details: AutomationDetails
    column_kind: str
    original_uri_base_ids: dict[str, BaseLocation]
    invocations: tuple[Invocation, ...]
    results: tuple[Result, ...]


class Log(_Object, frozen=True):
    """The file."""

    schema: str = field(name="$schema")
    version: str
    runs: tuple[Run, ...]
