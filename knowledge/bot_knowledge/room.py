"""The room's composition: names every concrete class, and gives them their lifetime."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot_core.ports.knowledge import Glossary
from bot_knowledge.answering.guide import Guide
from bot_knowledge.answering.quotes import Quoter
from bot_knowledge.embedding.signals import Signals, open_signals
from bot_knowledge.formats import opened_decoder
from bot_knowledge.glossary.kept import KeptGlossary
from bot_knowledge.library import DocumentLibrary
from bot_knowledge.manifest import Manifest
from bot_knowledge.options import KnowledgeOptions
from bot_knowledge.ranking.candidates import Finder
from bot_knowledge.ranking.snapshot import Snapshots
from bot_knowledge.store.generations import Generations
from bot_knowledge.store.kept import KeptStore
from bot_knowledge.watch import Watched, watch
from bot_knowledge.weights import learned
from bot_knowledge.writing.authors import gathered


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What other rooms use."""

    library: DocumentLibrary
    answerer: Guide
    store: KeptStore
    manifest: Manifest
    signals: Signals
    glossary: Glossary

    async def drop(self, community: str) -> None:
        """Remove everything of a community."""
        await self.library.drop(community)

    async def run_background(self) -> None:
        """Give waiting documents the better embedding, until cancelled."""
        await self.library.improve_all()

    async def watch(self, folders: Sequence[Watched]) -> None:
        """Keep the index in step with folders, until cancelled. Raises MissingExtra."""
        await watch(self.library, folders)

    async def waiting(self) -> dict[str, int]:
        """Return by community how many documents wait for the better embedding."""
        return {community: len(ids) for community, ids in (await self.manifest.waiting()).items()}

    def held(self) -> AbstractAsyncContextManager[None]:
        """Keep the index still for as long as the context lasts, so that its folder can be copied."""
        return self.store.held()

    async def warm(self) -> None:
        """Load the models now, so that the first question need not wait for them."""
        await self.signals.fast.warm()
        if self.signals.better is not None:
            await self.signals.better.warm()


@asynccontextmanager
async def open_knowledge(folder: Path, options: KnowledgeOptions | None = None) -> AsyncIterator[Knowledge]:
    """Open the knowledge in ``folder``; the models load at their first use."""
    options = options or KnowledgeOptions()
    async with AsyncExitStack() as stack:
        signals = open_signals(options)
        stack.callback(signals.close)
        store = open_store(folder, signals, options)
        stack.push_async_callback(store.close)
        manifest = Manifest(folder / "manifest.sqlite3")
        stack.push_async_callback(manifest.close)
        await manifest.open()
        better = signals.better.name if signals.better is not None else None
        snapshots = Snapshots(store, manifest, signals.fast.name, better)
        finder = Finder(store, manifest, signals)
        authors = gathered(options.writing, signals.fast, options.clock, options.old_after_days)
        guide = Guide(
            finder, snapshots, manifest, Quoter(signals.tokens, signals.fast), learned(), options, authors
        )
        decoder = await stack.enter_async_context(opened_decoder(options.decoding))
        library = DocumentLibrary(store, manifest, signals, options, decoder)
        yield Knowledge(library, guide, store, manifest, signals, KeptGlossary(manifest))


def open_store(folder: Path, signals: Signals, options: KnowledgeOptions) -> Generations:
    """Return the generations of the embedded engine, or of the server where the options name one."""

    def engine(vectors: Mapping[str, int]) -> KeptStore:
        if options.qdrant_url:
            from bot_knowledge.store.server import ServerStore  # its import takes a second

            return ServerStore(options.qdrant_url, vectors, options.qdrant_key)
        from bot_knowledge.store.edge import EdgeStore

        return EdgeStore(folder, vectors)

    store = Generations(folder, signals.dimensions, engine)
    store.open()
    return store
