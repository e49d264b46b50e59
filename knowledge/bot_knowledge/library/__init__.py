"""The library: a community's documents, kept in step with files, folders, uploads and web pages."""

from bot_knowledge.library.documents import DocumentLibrary
from bot_knowledge.library.reading import READING

__all__ = ["READING", "DocumentLibrary"]
