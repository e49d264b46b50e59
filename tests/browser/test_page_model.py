"""A language model's answer on the page: it is read while it is written, word by word."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect
from yinlu_testing.aimock import KEY, running_aimock
from yinlu_testing.browser import browser  # noqa: F401
from yinlu_testing.house import RunningHouse, yinlu
from yinlu_testing.visitor import visiting

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
FACTS = (
    "Membership costs thirty-one euro a year.",
    "It is paid in March.",
    "Members get a berth for one small boat.",
    "The harbour office opens at nine.",
)
PAGE = f"# Harbour\n\n## Membership\n\n{' '.join(FACTS)}\n"
SAID = "ANSWER: yes\n" + " ".join(f"{fact} [1]" for fact in FACTS)
PATIENCE = 30_000  # ms


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHouse]:
    """A house whose model takes a quarter of a second for every eight characters."""
    folder = tmp_path_factory.mktemp("model")
    with running_aimock() as model:
        model.says("membership fee", SAID, latency=250, chunkSize=8)
        (folder / "docs").mkdir()
        (folder / "docs" / "harbour.md").write_text(PAGE)
        config = written(folder, model.url)
        more = {"YINLU_EMBEDDING": "hash", "YINLU_CONFIG": config}
        assert yinlu("ingest", str(folder / "docs"), "--data", str(folder / "data"), **more).returncode == 0
        with RunningHouse(folder / "data", folder / "log", **more) as running:
            yield running


def written(folder: Path, url: str) -> str:
    """Write a settings file that names the model."""
    (folder / "key").write_text(f"{KEY}\n")
    file = folder / "yinlu.toml"
    file.write_text(f'[models.answer]\nurl = "{url}"\nkey_file = "{folder / "key"}"\nmodel = "small"\n')
    return str(file)


async def test_a_models_answer_is_read_while_it_is_written(browser, house):  # noqa: F811
    """Sentence by sentence, each once it is found in its source; the model's own marker is never seen."""
    async with visiting(browser, "en") as visitor:
        await visitor.opens(house.url)
        await visitor.question.fill("How much is the membership fee?")
        await visitor.question.press("Enter")
        lengths: list[int] = []
        prose = visitor.answer.locator(".prose")
        await expect(prose).not_to_be_empty(timeout=PATIENCE)
        while await visitor.answer.get_attribute("aria-busy") == "true":
            lengths.append(len(await prose.inner_text()))
            if (shots := os.environ.get("STUDIO_SHOTS")) and len(lengths) % 8 == 1:
                await visitor.page.screenshot(path=f"{shots}/model-{len(lengths) // 8}.png")
            await visitor.page.wait_for_timeout(50)
        await visitor.is_answered()
        await expect(prose).to_contain_text("Membership costs thirty-one euro a year.")
        assert "ANSWER" not in await prose.inner_text()
        assert len(set(lengths)) >= 3, lengths
        await expect(visitor.source(1)).to_be_visible()
        assert visitor.troubles == []
