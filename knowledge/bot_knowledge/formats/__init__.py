"""Formats that need decoding: PDF, Office, e-books, pictures, archives, exports of chats. All in a process of their own.

::

    async with opened_decoder(DecoderOptions()) as decoder:
        documents = await decoder.documents(data, "handbook.pdf")     # [(name within the file, Document)]

Plain formats (Markdown, text, HTML) are read in place by ``bot_knowledge.loaders``.
"""

from bot_knowledge.formats.decoder import Decoder, DecoderOptions, opened_decoder
from bot_knowledge.formats.sniff import Format, sniff

__all__ = ["Decoder", "DecoderOptions", "Format", "opened_decoder", "sniff"]
