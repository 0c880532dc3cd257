"""Files: which belong to the project, which module each of them is, and which may say something about workflows."""

from steplint.files.content import Words, content_hash, mentions
from steplint.files.globs import covers
from steplint.files.listing import SourceFile, discover, look
from steplint.files.modules import ModuleIndex, module_name, packages_of

__all__ = [
    "ModuleIndex",
    "SourceFile",
    "Words",
    "content_hash",
    "covers",
    "discover",
    "look",
    "mentions",
    "module_name",
    "packages_of",
]
