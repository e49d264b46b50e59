"""The answer cache at work: which key a question has, and whether what is kept may still be read."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot_core.answers import Answer, Question, Usage
from bot_core.ports.knowledge import Embedder, KnowledgeStore
from bot_knowledge.cache import AnswerCache, Key, key_of
from bot_knowledge.manifest import Manifest
from bot_knowledge.ranking.snapshot import Snapshot
from bot_knowledge.text.language import language_of, simplified
from bot_knowledge.writing.authors import Authors


@dataclass(frozen=True, slots=True)
class KeptAnswers:
    """Finds and keeps answers to questions that stand alone; ``embedder`` is the fast one."""

    cache: AnswerCache
    embedder: Embedder
    store: KnowledgeStore
    manifest: Manifest
    authors: Authors

    def key(self, question: Question, snapshot: Snapshot) -> Key | None:
        """Return what a kept answer must fit, taken before the search; None where the question leans on a talk."""
        if question.history or not self.cache.size:
            return None
        prompt = self.authors.book.get(question.community, "answer", language_of(question.text)).version
        revision = self.manifest.revision(question.community)
        return key_of(question, snapshot.version, revision, f"{self.authors.signature}|{prompt}")

    async def find(self, key: Key | None, question: Question, text: str) -> Answer | None:
        """Return a kept answer under this question's id, None where there is none that all may still be read of."""
        if key is None or question.fresh:
            return None
        found = self.cache.exact(key, text)
        if found is None:
            found = self.cache.alike_to(key, text, await self.embedder.query(simplified(text)))
        if found is None or not await self._readable(question, found):
            return None
        return replace(found, id=question.id, usage=Usage(), timings_ms={})

    async def keep(self, key: Key | None, text: str, answer: Answer) -> None:
        """Keep an answer; one that a model failed at is made anew next time."""
        if key is None or (self.authors.model and answer.model not in (self.authors.model, "extractive")):
            return
        self.cache.keep(key, text, await self.embedder.query(simplified(text)), answer)

    async def _readable(self, question: Question, answer: Answer) -> bool:
        """Say whether the asker may read every passage that the answer shows, right now."""
        ids = {citation.passage_id for citation in answer.citations}
        ids |= {retrieved.passage_id for retrieved in answer.retrieved}
        items = await self.store.indexed(question.community, sorted(ids), question.audience)
        return len(items) == len(ids)
