"""Audio containers: read in a process of their own, written with a label.

::

    sniff(audio, media_type)     which container these bytes are; BadInput for what is none
    AudioReader(bounds)          bytes of any container -> Pcm, 16 kHz mono, in a bounded process
    to_opus, to_mp3, to_m4a, to_wav     Pcm -> a file, with the AIGC tag where the container carries one
    waveform(pcm)                the 256 amplitudes Discord draws beside a voice message
    rhythm(rate)                 the audible label: short-long short-short
"""

from bot_media.audio.containers import Container, sniff
from bot_media.audio.decode import AudioReader, Bounds
from bot_media.audio.encode import AudioFile, to_m4a, to_mp3, to_opus, to_wav
from bot_media.audio.labels import aigc_tag, rhythm
from bot_media.audio.pcm import Pcm, waveform

__all__ = [
    "AudioFile",
    "AudioReader",
    "Bounds",
    "Container",
    "Pcm",
    "aigc_tag",
    "rhythm",
    "sniff",
    "to_m4a",
    "to_mp3",
    "to_opus",
    "to_wav",
    "waveform",
]
