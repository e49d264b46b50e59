"""What every KnowledgeStore keeps to: the embedded engine, a server (the client's twin), and memory."""

from __future__ import annotations

import uuid

import pytest
from yinlu_testing.knowledge import indexed

from bot_core.ports.knowledge import SparseVector
from bot_knowledge.store.edge import EdgeStore
from bot_knowledge.store.memory import MemoryStore
from bot_knowledge.store.server import ServerStore

VECTORS = {"a": 3, "b": 2}
NOBODY = frozenset()


@pytest.fixture(params=["edge", "server", "memory"])
async def store(request, tmp_path):
    made = {
        "edge": lambda: EdgeStore(tmp_path, VECTORS),
        "server": lambda: ServerStore(":memory:", VECTORS),
        "memory": MemoryStore,
    }[request.param]()
    yield made
    await made.close()


def numbers(hits):
    return [hit.passage.position for hit in hits]


async def test_what_is_written_comes_back_whole(store):
    """A passage comes back with every field and vector, in the order of the document."""
    items = [indexed(2), indexed(1, audience=("mod", "staff"))]
    await store.upsert("c", items)
    back = await store.document("c", "d")
    assert [item.passage for item in back] == [items[1].passage, items[0].passage]
    assert list(back[0].vectors["a"]) == [1.0, 0.0, 0.0]
    assert back[0].sparse == SparseVector((1,), (1.0,))
    assert await store.count("c") == 2


async def test_an_id_that_exists_is_replaced(store):
    """Writing again replaces, vectors included."""
    await store.upsert("c", [indexed(1, text="old")])
    await store.upsert("c", [indexed(1, text="new", vector=(0, 1, 0))])
    (hit,) = await store.dense("c", "a", [0, 1, 0], NOBODY, 5)
    assert (hit.passage.text, round(hit.score, 3)) == ("new", 1.0)


async def test_nearest_first_and_limited(store):
    """Dense search returns the nearest first, at most as many as asked for."""
    await store.upsert("c", [indexed(n, vector=(1.0, n, 0.0)) for n in (3, 1, 2)])
    assert numbers(await store.dense("c", "a", [1, 0, 0], NOBODY, 2)) == [1, 2]


async def test_a_vector_that_is_not_there_is_not_found(store):
    """A passage without the better vector does not come up in its search."""
    await store.upsert("c", [indexed(1)])
    assert await store.dense("c", "b", [1, 0], NOBODY, 5) == []


async def test_terms_are_weighed(store):
    """Sparse search is the inner product; passages that share nothing do not come up."""
    await store.upsert(
        "c", [indexed(1, terms={5: 1.0}), indexed(2, terms={5: 1.0, 7: 2.0}), indexed(3, terms={9: 1.0})]
    )
    hits = await store.sparse("c", SparseVector((5, 7), (1.0, 1.0)), NOBODY, 5)
    assert [(hit.passage.position, round(hit.score, 3)) for hit in hits] == [(2, 3.0), (1, 1.0)]
    assert await store.sparse("c", SparseVector((), ()), NOBODY, 5) == []


async def test_language_limits_the_search(store):
    """A search of one language returns passages of that language alone."""
    await store.upsert("c", [indexed(1, language="zh"), indexed(2, language="en")])
    assert numbers(await store.dense("c", "a", [1, 0, 0], NOBODY, 5, "zh")) == [1]
    assert numbers(await store.sparse("c", SparseVector((1,), (1.0,)), NOBODY, 5, "en")) == [2]


async def test_audience_is_filtered_by_the_store(store):
    """Passages for certain roles reach only those who have one of them, in every kind of search."""
    await store.upsert(
        "c", [indexed(1), indexed(2, audience=("mod",)), indexed(3, audience=("mod", "staff"))]
    )
    for roles, seen in (
        ((), {1}),
        (("mod",), {1, 2, 3}),
        (("staff",), {1, 3}),
        (("*",), {1}),
        (("other",), {1}),
    ):
        roles = frozenset(roles)
        ids = [str(uuid.UUID(int=n)) for n in (1, 2, 3)]
        assert set(numbers(await store.dense("c", "a", [1, 0, 0], roles, 9))) == seen
        assert set(numbers(await store.sparse("c", SparseVector((1,), (1.0,)), roles, 9))) == seen
        assert {item.passage.position for item in await store.indexed("c", ids, roles)} == seen


async def test_communities_never_meet(store):
    """Nothing that is asked of one community returns, changes or removes what belongs to another."""
    await store.upsert("ours", [indexed(1)])
    await store.upsert("theirs", [indexed(2)])
    theirs = str(uuid.UUID(int=2))
    assert numbers(await store.dense("ours", "a", [1, 0, 0], NOBODY, 9)) == [1]
    assert numbers(await store.sparse("ours", SparseVector((1,), (1.0,)), NOBODY, 9)) == [1]
    assert await store.passages("ours", [theirs]) == []
    assert await store.indexed("ours", [theirs]) == []
    await store.delete("ours", ["d"])
    assert (await store.count("ours"), await store.count("theirs")) == (0, 1)
    await store.drop("ours")
    assert numbers(await store.dense("theirs", "a", [1, 0, 0], NOBODY, 9)) == [2]


async def test_an_unknown_community_is_empty(store):
    """Asking a community that was never written to finds nothing and makes nothing."""
    assert await store.count("nobody") == 0
    assert await store.dense("nobody", "a", [1, 0, 0], NOBODY, 9) == []
    await store.delete("nobody", ["d"])
    await store.settle("nobody")


async def test_deleting_takes_whole_documents(store):
    """Deleting removes all passages of the documents named and no others."""
    await store.upsert("c", [indexed(1), indexed(2), indexed(3, document="e")])
    await store.delete("c", ["d"])
    assert [item.passage.position for item in await store.document("c", "e")] == [3]
    assert await store.document("c", "d") == []


async def test_the_embedded_engine_reads_what_it_wrote(tmp_path):
    """A shard that is closed and opened again holds the same; a strange community name stays in its folder."""
    first = EdgeStore(tmp_path / "knowledge", VECTORS)
    await first.upsert("c", [indexed(1)])
    await first.upsert("../../escape", [indexed(2)])
    await first.close()
    second = EdgeStore(tmp_path / "knowledge", VECTORS)
    assert numbers(await second.dense("c", "a", [1, 0, 0], NOBODY, 9)) == [1]
    assert numbers(await second.dense("../../escape", "a", [1, 0, 0], NOBODY, 9)) == [2]
    await second.close()
    assert [path.name for path in tmp_path.iterdir()] == ["knowledge"]
