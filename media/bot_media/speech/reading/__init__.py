"""Written text as a person reads it aloud.

::

    sentences(text)          what is spoken one after another, from text in our Markdown
    SentenceStream()         the same for text that is still being written
    read_aloud(sentence)     marks, numbers, dates, money, units, links and emoji in words -> Reading
"""

from bot_media.speech.reading.aloud import Reading, Run, read_aloud
from bot_media.speech.reading.marks import unmarked
from bot_media.speech.reading.sentences import SentenceStream, sentences

__all__ = ["Reading", "Run", "SentenceStream", "read_aloud", "sentences", "unmarked"]
