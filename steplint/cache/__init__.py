"""The cache: summaries by content, whole results by digest, hashes by file status; any trouble means "no cache"."""

from steplint.cache.cache import Cache, Seen, Stated
from steplint.cache.folder import clear

__all__ = ["Cache", "Seen", "Stated", "clear"]
