"""Words to phonemes of Kokoro's alphabet, Chinese and English, and phonemes to mouth shapes.

::

    Phonemes()               a Reading to one string of phonemes; loads its lexicon when first asked
    visemes(phonemes, durations, rate)    mouth shapes with times
"""

from bot_media.speech.sounds.phonemes import VOCABULARY, Phonemes
from bot_media.speech.sounds.visemes import visemes

__all__ = ["VOCABULARY", "Phonemes", "visemes"]
