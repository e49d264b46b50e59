"""The language models and the reranker that the settings name, for the knowledge room."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from bot_app.settings import Model, Settings
from bot_core.ports.knowledge import Reranker
from bot_knowledge.models.chat import open_chat
from bot_knowledge.models.endpoints import ChatEndpoint, Patience, Priced
from bot_knowledge.models.rerank import open_reranker
from bot_knowledge.writing.options import WritingOptions

PROMPTS = "prompts"  # in the data folder: COMMUNITY/answer.zh.md and the like
SHORT = Patience(first=6.0, between=4.0, total=12.0, retries=1)  # for what an asker waits on before any word


@dataclass(frozen=True, slots=True)
class ModelParts:
    """What the knowledge room takes."""

    writing: WritingOptions
    reranker: Reranker | None


@asynccontextmanager
async def open_models(settings: Settings) -> AsyncIterator[ModelParts]:
    """Hold the models open; nothing is imported or connected before the first question."""
    models = settings.models
    async with AsyncExitStack() as stack:

        async def chat(role: str, model: Model | None, patience: Patience) -> Priced | None:
            if model is None:
                return None
            endpoint = ChatEndpoint(
                role, model.model, address(model), secret(model), provider=model.provider, patience=patience
            )
            opened = await stack.enter_async_context(open_chat(endpoint))
            return Priced(opened, model.price_in, model.price_out)

        folder = settings.data / PROMPTS
        writing = WritingOptions(
            answer=await chat("answer", models.answer, Patience()),
            rewrite=await chat("rewrite", models.rewrite, SHORT),
            judge=await chat("judge", models.judge, SHORT),
            prompts=folder if folder.is_dir() else None,
        )
        reranker: Reranker | None = None
        if models.rerank is not None:
            given = models.rerank
            reranker = await stack.enter_async_context(
                open_reranker(address(given), secret(given), given.model)
            )
        yield ModelParts(writing, reranker)


def address(model: Model) -> str:
    """Return the endpoint as clients want it, without a slash at its end."""
    return str(model.url).rstrip("/")


def secret(model: Model) -> str:
    """Return the key, '' where there is none."""
    return model.key.get_secret_value() if model.key is not None else ""
