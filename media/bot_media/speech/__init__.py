"""Speech to text and text to speech.

::

    opened_whisper(folder, *, model="", threads=0, ...)      Transcriber: faster-whisper, the packaged base model by default
    OpenAITranscriber(session, base, key="", *, model=...)   Transcriber: an OpenAI-compatible service
    opened_kokoro(folder, *, threads=0)                      Synthesizer: Kokoro-82M, Chinese and English voices
    OpenAISynthesizer(session, base, key="", *, model=...)   Synthesizer: an OpenAI-compatible service (also coqui_server)
    AzureSynthesizer(session, base, key, ...)                Synthesizer: SSML with voice, style, role
    CachedSynthesizer(synthesizer, *, room=32_000_000)       remembers what was said lately
    speaking(synthesizer, voice), followed(...)              speech that follows a text while it is written
    voice_message(synthesizer, text, voice, ...)             a whole answer as OGG/Opus

Each is imported from its own module: nothing here loads a model or an optional package by itself.
"""
