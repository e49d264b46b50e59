"""Voice messages are deleted soon after they were heard, whatever restarts."""

from __future__ import annotations

import pytest
from yinlu_testing.core import event

from bot_app.heard_recordings import HeardRecordings
from bot_core.errors import BadInput, NotFound
from bot_core.events import Spoke
from bot_handlers.voice.hearing import HearHandler
from bot_media import MemoryFiles, ScriptedTranscriber


async def test_what_was_heard_goes_after_a_while(tmp_path):
    """Not at once, since it may be sent on or handled again; another process on the same folder deletes it as well."""
    files = MemoryFiles()
    ref = await files.put(b"a recording", "audio/ogg")
    await HeardRecordings(files, tmp_path / "heard").heard(ref.key)
    assert await HeardRecordings(files, tmp_path / "heard").sweep() == 0
    assert await files.read(ref.key)
    assert await HeardRecordings(files, tmp_path / "heard", after=-1.0).sweep() == 1
    with pytest.raises(NotFound):
        await files.read(ref.key)
    assert await HeardRecordings(files, tmp_path / "heard", after=-1.0).sweep() == 0


async def test_what_was_not_heard_is_not_noted(tmp_path):
    """A message that fails is noted by nobody: when the event is handled again, its recording is there."""
    files, noted = MemoryFiles(), []

    async def heard(key):
        noted.append(key)

    handler = HearHandler(ScriptedTranscriber(), files, None, None, heard=heard)
    ref = await files.put(b"not audio", "text/plain")

    class Talk:
        """A conversation that shows nothing."""

        async def stage(self, name):
            """Nothing."""

    with pytest.raises(BadInput):
        await handler(event(Spoke(ref, 1.0)), Talk())
    assert noted == []
