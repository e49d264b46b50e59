"""The mini program's own connection code, in Node, against the Douyin server on real sockets."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from yinlu_testing.douyin_house import DouyinHouse

TALK = Path(__file__).parents[1] / "miniprogram" / "talk.js"


async def test_it_logs_in_asks_loses_the_line_resumes_votes_and_logs_in_again():
    """No word is lost or doubled over a cut line, a question asked meanwhile is answered once, an ended session is renewed."""
    async with DouyinHouse().up() as house:
        codes = [house.platform.code("alice"), house.platform.code("alice")]
        node = await asyncio.create_subprocess_exec(
            "node",
            str(TALK),
            house.url,
            *codes,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert node.stdout is not None
        async with asyncio.timeout(60):
            first = await node.stdout.readline()
            assert first.strip() == b"CUT", (await node.stderr.read()).decode()
            house.answerer.go.set()
            line = await node.stdout.readline()
            await node.wait()
        assert line, (await node.stderr.read()).decode()
        told = json.loads(line)
    assert told["slow"]["text"].startswith("The ferry leaves at 07:45 [1].")
    assert told["slow"]["sources"][0]["quoted"] == "The ferry leaves at 07:45 from pier four."
    assert told["slow"]["vote"] == "up"
    assert told["meanwhile"]["text"].startswith("The ferry leaves at 07:45 [1].")
    assert told["later"]["outcome"] == "answered"
    asked = [question.text for question in house.answerer.asked]
    assert sorted(asked) == sorted({*asked}) and len(asked) == 3
    assert told["sockets"] >= 3
