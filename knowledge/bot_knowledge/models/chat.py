"""Chat models over langchain: OpenAI-compatible endpoints, and others by extra.

The libraries take a second and some 90 MB to import, so that happens in a thread at the first use (or in ``warm``): a house
without a model never pays for it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bot_core.errors import MissingExtra, ModelFailed
from bot_core.identity import Words
from bot_core.ports.knowledge import ChatChunk, ChatTurn
from bot_knowledge.models.endpoints import ChatEndpoint
from bot_knowledge.models.failures import ODD, detail, wait_or_give_up

log = logging.getLogger(__name__)
ENDED = frozenset(("stop", "length", "end_turn", "max_tokens", "stop_sequence", "eos", "function_call"))
CUT = frozenset(("length", "max_tokens"))


@dataclass(frozen=True, slots=True)
class _Loaded:
    """The langchain model, what its library raises, and how its tracing is kept off."""

    chat: Any
    errors: tuple[type[Exception], ...]
    untraced: Any


@dataclass(slots=True)
class _Seen:
    """What a stream told besides its words."""

    prompt: int = 0
    completion: int = 0
    finish: str = ""


class LangChainChat:
    """The ChatModel port over a langchain chat model; one pool of connections for its life."""

    def __init__(self, endpoint: ChatEndpoint) -> None:
        self._endpoint = endpoint
        self._loading = asyncio.Lock()
        self._loaded: _Loaded | None = None
        self._client: Any = None

    @property
    def name(self) -> str:
        """Return the model's name for the ledger."""
        return self._endpoint.model

    async def warm(self) -> None:
        """Import the libraries now. Raises MissingExtra."""
        await self._load()

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()

    async def stream(
        self, turns: Sequence[ChatTurn], options: Mapping[str, object] | None = None
    ) -> AsyncGenerator[ChatChunk, None]:
        """Yield the model's words, at last the usage. Raises ModelFailed.

        Tries again while nothing was said yet. Closing the iterator (or cancelling who reads it) closes the request.
        """
        patience = self._endpoint.patience
        ends = time.monotonic() + patience.total
        for attempt in range(patience.retries + 1):
            said = False
            loaded = await self._load()
            try:
                async with aclosing(self._once(loaded, turns, dict(options or {}), ends)) as chunks:
                    async for chunk in chunks:
                        said = True
                        yield chunk
                return
            except loaded.errors as error:  # ModelFailed is none of them
                if said:
                    raise self._failed(detail(error)) from None
                left = ends - time.monotonic()
                await wait_or_give_up(self._endpoint.role, self.name, error, attempt, patience.retries, left)
                log.info("model asked again", extra={"role": self._endpoint.role, "why": detail(error)})

    async def _once(
        self, loaded: _Loaded, turns: Sequence[ChatTurn], options: dict[str, object], ends: float
    ) -> AsyncGenerator[ChatChunk, None]:
        """Make one request and yield its words."""
        seen = _Seen()
        patience = self._endpoint.patience
        messages = [(turn.role, turn.text) for turn in turns]
        async with aclosing(loaded.chat.astream(messages, **options)) as pieces:
            wait = patience.first
            while True:
                try:
                    with loaded.untraced(enabled=False):
                        async with asyncio.timeout(min(wait, max(0.0, ends - time.monotonic()))):
                            piece = await anext(pieces)
                except StopAsyncIteration:
                    break
                except TimeoutError:
                    raise self._failed(f"nothing came for {min(wait, patience.total):g} s") from None
                wait = patience.between
                text = _note(piece, seen)
                if text:
                    yield ChatChunk(text)
        if seen.finish not in ENDED:
            raise self._failed(f"the stream ended early ({seen.finish or 'without a reason'})")
        yield ChatChunk("", seen.prompt, seen.completion, done=True, cut=seen.finish in CUT)

    async def _load(self) -> _Loaded:
        async with self._loading:
            if self._loaded is None:
                self._loaded = await asyncio.to_thread(self._import)
            return self._loaded

    def _import(self) -> _Loaded:
        from langsmith import tracing_context

        endpoint = self._endpoint
        # None of the libraries' own retries: ours know how much time is left.
        common = {"model": endpoint.model, "max_retries": 0, "timeout": endpoint.patience.total}
        if endpoint.provider == "anthropic":
            chat, errors = _anthropic(endpoint, common)
        else:
            chat, errors, self._client = _openai(endpoint, common)
        return _Loaded(chat, (*ODD, *errors), tracing_context)

    def _failed(self, why: str) -> ModelFailed:
        return ModelFailed(self._endpoint.role, self.name, why)


def _openai(endpoint: ChatEndpoint, common: dict[str, Any]) -> tuple[Any, tuple[type[Exception], ...], Any]:
    import openai
    from langchain_core.exceptions import LangChainException
    from langchain_openai import ChatOpenAI
    from pydantic import SecretStr

    client = openai.DefaultAsyncHttpxClient(timeout=endpoint.patience.total)
    chat = ChatOpenAI(
        **common,
        base_url=endpoint.url or "https://api.openai.com/v1",
        api_key=SecretStr(
            endpoint.key or "none"
        ),  # servers of one's own ask for none; the client insists on something
        stream_usage=True,
        use_responses_api=False,
        stream_chunk_timeout=None,
        http_async_client=client,
        extra_body=dict(endpoint.extra) or None,
    )
    return chat, (openai.OpenAIError, LangChainException, _transport_error(openai)), client


def _transport_error(openai: Any) -> type[Exception]:  # noqa: ANN401 - a module
    """Return the root of what the client's own HTTP library raises while a stream is read."""
    library = __import__(openai.DefaultAsyncHttpxClient.__mro__[1].__module__.partition(".")[0])
    error: type[Exception] = library.HTTPError
    return error


def _anthropic(endpoint: ChatEndpoint, common: dict[str, Any]) -> tuple[Any, tuple[type[Exception], ...]]:
    try:
        import anthropic
        from langchain_anthropic import ChatAnthropic
    except ImportError:
        raise MissingExtra("anthropic", Words("使用 Anthropic 的模型", "Using Anthropic's models")) from None
    from langchain_core.exceptions import LangChainException
    from pydantic import SecretStr

    more: dict[str, Any] = {
        "api_key": SecretStr(endpoint.key or "none"),
        "model_kwargs": dict(endpoint.extra),
    }
    if endpoint.url:
        more["base_url"] = endpoint.url.removesuffix("/v1")  # its client adds it itself
    chat = ChatAnthropic(**common, **more)
    return chat, (anthropic.AnthropicError, LangChainException, _transport_error(anthropic))


def _note(piece: Any, seen: _Seen) -> str:  # noqa: ANN401 - langchain's message chunk
    """Note usage and the reason of the end; return the words."""
    usage = getattr(piece, "usage_metadata", None)
    if usage:
        seen.prompt = max(seen.prompt, int(usage.get("input_tokens") or 0))
        seen.completion = max(seen.completion, int(usage.get("output_tokens") or 0))
    told = getattr(piece, "response_metadata", None) or {}
    seen.finish = str(told.get("finish_reason") or told.get("stop_reason") or seen.finish)
    text = piece.text
    return str(text() if callable(text) and not isinstance(text, str) else text)


@asynccontextmanager
async def open_chat(endpoint: ChatEndpoint) -> AsyncIterator[LangChainChat]:
    """Hold a chat model open; nothing is imported or connected before its first use."""
    chat = LangChainChat(endpoint)
    try:
        yield chat
    finally:
        await chat.close()
