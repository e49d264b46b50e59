"""Coqui in an environment of its own: a VITS with random weights is loaded, served, and reached like any other service."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import numpy as np
import pytest
from yinlu_testing import small_vits

from bot_core.errors import BadInput, ModelFailed
from bot_media.speech import coqui_server
from bot_media.speech.follow import voice_message
from bot_media.speech.openai_speech import OpenAISynthesizer

ROOT = Path(__file__).parents[2]
HOME = Path(os.environ.get("COQUI_HOME", ROOT / "deploy/coqui/.venv"))
PYTHON = HOME / "bin/python"
coqui = pytest.mark.skipif(
    not PYTHON.exists(),
    reason="coqui-tts is not installed: make coqui sets it up in deploy/coqui/.venv, or COQUI_HOME",
)


@asynccontextmanager
async def served(model):
    """Serve a model by Coqui's interpreter; yield its address."""
    command = (
        str(PYTHON),
        str(coqui_server.__file__),
        "--model",
        str(model),
        "--name",
        "vits",
        "--port",
        "0",
    )
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(120):
            line = (await process.stdout.readline()).decode()
        assert line.startswith("ready on "), line
        yield f"http://127.0.0.1:{line.split()[-1]}/v1"
    finally:
        process.terminate()
        await process.wait()


@coqui
@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_vits_of_ours_is_loaded_and_speaks(tmp_path):
    """Random weights say noise, of a sensible length, in the model's rate, and a voice message can be made of it."""
    made = await asyncio.create_subprocess_exec(
        str(PYTHON),
        "-E",
        "-P",
        str(small_vits.__file__),
        str(tmp_path / "model"),
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert await made.wait() == 0
    async with served(tmp_path / "model") as base, aiohttp.ClientSession() as session:
        speaks = OpenAISynthesizer(session, base, response_format="wav")
        assert [voice.id for voice in await speaks.voices()] == ["vits"]
        (chunk,) = [chunk async for chunk in speaks.speak("Hello there, this is a test.", "vits")]
        samples = np.frombuffer(chunk.samples, "<i2")
        assert chunk.rate == 22_050 and samples.std() > 10
        assert 0.3 < len(samples) / chunk.rate < 20
        message = await voice_message(speaks, "One sentence. And another.", "vits")
        assert message.file.data.startswith(b"OggS")
        with pytest.raises((BadInput, ModelFailed)):
            [chunk async for chunk in speaks.speak("Hi.", "nobody")]


async def test_one_command_says_what_it_takes():
    """Without a model the script says how it is used; nothing is installed."""
    process = await asyncio.create_subprocess_exec(
        "sh", str(ROOT / "deploy/coqui/run.sh"), stderr=asyncio.subprocess.PIPE
    )
    _, told = await process.communicate()
    assert process.returncode == 2 and b"MODEL" in told
