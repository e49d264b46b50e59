"""Pictures, speech and files.

::

    FolderFiles(path: Path)          the Files port in a folder; made without touching the disk
    MemoryFiles()                    its twin

    FlatImages(*, seconds: float = 0.0, steps: int = 4)          twin of ImageModel: one flat colour per seed
    ScriptedTranscriber(said: Mapping[bytes, Heard] | None = None)   twin of Transcriber: knows what it was told
    ToneSynthesizer(*, rate: int = 16_000)                       twin of Synthesizer: a tone per sentence

The twins make no pictures, hear nothing and say nothing: they are for tests of what surrounds them.
"""

from bot_media.files import FolderFiles, MemoryFiles
from bot_media.images.twin import FlatImages
from bot_media.speech.twins import ScriptedTranscriber, ToneSynthesizer

__all__ = ["FlatImages", "FolderFiles", "MemoryFiles", "ScriptedTranscriber", "ToneSynthesizer"]
