"""The knowledge room: documents in, grounded answers out.

How it is wired (all that other rooms need)::

    from bot_knowledge import KnowledgeOptions, open_knowledge

    async with open_knowledge(data / "knowledge", KnowledgeOptions()) as knowledge:
        knowledge.library    # Library: ingest, documents, forget, communities
        knowledge.answerer   # Answerer: answer, examples
        knowledge.store      # KnowledgeStore
        await knowledge.drop("community")          # everything of a community
        task_group.create_task(knowledge.run_background())  # until cancelled: the slow embedding of what waits
        waiting = await knowledge.waiting()        # {community: documents whose better embedding is not there yet}

- ``open_knowledge(folder: Path, options: KnowledgeOptions = KnowledgeOptions())`` is an async context manager. One process
  at a time may hold a folder (the owner's lock sees to that). Nothing is loaded before it is entered; models load in their
  own threads, so entering takes well under a second. Leaving it waits for the passages in hand and closes the engine.
- ``knowledge.library.ingest(community, paths, audience, base)`` is the port's. It ends when both embeddings are there;
  ``ingest(..., finish=False)`` ends as soon as the fast one is, and ``run_background`` does the rest. In both cases
  questions are answered from the fast embedding and the words as soon as it is written.
- ``library.add(community, name, data, audience, url=, title=)`` takes bytes (source ``uploads/NAME``, or the name itself where
  it has a folder, like ``curated/7f.md``); ``library.visit(community, urls, audience)`` reads pages, sitemaps and feeds
  through ``KnowledgeOptions.fetcher``; ``library.refresh(...)`` reads what changed below a folder; ``knowledge.watch(
  [Watched(folder, community, base)])`` does that until cancelled. All of them yield IngestProgress (with rate and seconds
  left) and the IngestResult last.
- ``library.show``, ``failures``, ``forget``, ``set_audience`` (sources at or below a path, later ones too), ``reindex`` (a new
  generation beside the old one, switched at once; ``run_background`` does it by itself where the embedders changed).
- ``knowledge.library.set_examples(community, {"zh": [...], "en": [...]})`` keeps the example questions of a community;
  without any, ``answerer.examples`` takes headings that are questions.
- Samples: ``bot_knowledge.samples`` has ``handbook() -> Sample(folder, paths, name_zh, name_en, examples)``;
  ingest ``sample.paths``, then ``set_examples``.
- Evaluation: ``bot_knowledge.evaluate`` has ``read_questions(path)``, ``async evaluate(answerer, community, questions,
  progress=None) -> Evaluation`` and ``async evaluate_passages(read_passages(p), read_queries(q), options, progress=None) ->
  PassagesEvaluation``; both results have ``rows`` (the lines of results.jsonl), ``summary`` (plain JSON) and ``table()``
  (rows of text to print).

``KnowledgeOptions`` (all with defaults): ``embedding`` "full" | "fast" | "hash" (hash: no models, for tests), ``qdrant_url``
and ``qdrant_key`` (a server instead of the embedded engine), ``max_file_bytes``, ``max_files``, ``question_characters``,
``clock``, ``reranker`` (port, optional), ``threads`` of the better embedding (1).
"""

from __future__ import annotations

from bot_knowledge.options import KnowledgeOptions
from bot_knowledge.room import Knowledge, open_knowledge

__all__ = ["Knowledge", "KnowledgeOptions", "open_knowledge"]
