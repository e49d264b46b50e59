"""Checks of ``yinlu doctor`` that ask servers: Redis, the database, Qdrant, models."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import aiohttp
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine

from bot_app.doctor_state import Check, same, unreachable
from bot_app.knowledge_api import read_token
from bot_app.knowledge_remote import open_remote
from bot_app.settings import ROLES, Model, Settings
from bot_app.stored_files import files_of
from bot_core.clock import SystemClock
from bot_core.errors import YinluError
from bot_core.identity import Words
from bot_ledger import sqlite_url
from bot_ledger.engines import is_sqlite, read_url
from bot_ledger.migrate import HEAD
from bot_queue.connection import make_pool, server_version

SECONDS = 5.0
OLDEST_REDIS = (7, 0)
FAILURES = (OSError, TimeoutError, aiohttp.ClientError, RedisError, SQLAlchemyError, YinluError)

REDIS = Words("Redis", "Redis")
DATABASE = Words("数据库", "database")
QDRANT = Words("Qdrant", "Qdrant")
BUCKET = Words("存储桶", "bucket")
KNOWLEDGE = Words("文档服务", "documents' keeper")


async def redis(settings: Settings) -> Check:
    """Is YINLU_REDIS_URL reached, and new enough?"""
    assert settings.redis_url is not None
    todo = Words("检查 YINLU_REDIS_URL 和该服务器。", "Check YINLU_REDIS_URL and that server.")
    client: Redis | None = None
    try:
        async with asyncio.timeout(SECONDS):
            client = Redis(connection_pool=make_pool(settings.redis_url.get_secret_value()))
            version = await server_version(client)
    except FAILURES as error:
        return unreachable("redis", REDIS, error, todo)
    finally:
        if client is not None:
            await client.aclose()
    shown = ".".join(map(str, version))
    if version[:2] < OLDEST_REDIS:
        old = Words(f"版本 {shown} 太旧", f"version {shown} is too old")
        return Check(
            "redis", REDIS, "failed", old, Words("需要 7.0 以上。", "It takes 7.0 or newer."), reachable=True
        )
    return Check("redis", REDIS, "ok", Words(f"版本 {shown}", f"version {shown}"), reachable=True)


async def database(settings: Settings) -> Check:
    """Is the ledger reached, and are its tables up to date?"""
    url = settings.database_url.get_secret_value() if settings.database_url else sqlite_url(settings.data)
    configured = settings.database_url is not None
    todo = Words("检查 YINLU_DATABASE_URL 和该服务器。", "Check YINLU_DATABASE_URL and that server.")
    try:
        async with asyncio.timeout(SECONDS):
            revision = await _revision(url)
    except (*FAILURES, sqlite3.Error) as error:
        return unreachable("database", DATABASE, error, todo)
    if revision == HEAD:
        shown = Words(f"表结构 {revision},已是最新", f"tables {revision}, up to date")
        return Check("database", DATABASE, "ok", shown, configured=configured, reachable=True)
    first = Words("首次运行时建立", "made at the first run")
    later = Words(
        f"表结构 {revision},启动时更新到 {HEAD}", f"tables {revision}; the next start brings them to {HEAD}"
    )
    return Check(
        "database", DATABASE, "info", later if revision else first, configured=configured, reachable=True
    )


async def _revision(url: str) -> str | None:
    """Return the tables' revision; None where there are none."""
    parsed = read_url(url)
    if is_sqlite(parsed):
        return await asyncio.to_thread(_sqlite_revision, Path(str(parsed.database)))
    engine = create_async_engine(parsed)
    try:
        async with engine.connect() as connection:
            there = await connection.scalar(text("SELECT to_regclass('alembic_version')"))
            return await connection.scalar(text("SELECT version_num FROM alembic_version")) if there else None
    finally:
        await engine.dispose()


def _sqlite_revision(file: Path) -> str | None:
    if not file.exists():
        return None
    connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=SECONDS)
    try:
        there = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone() if there else None
        return str(row[0]) if row else None
    finally:
        connection.close()


async def qdrant(settings: Settings) -> Check:
    """Is YINLU_QDRANT_URL reached?"""
    assert settings.qdrant_url is not None
    headers = {"api-key": settings.qdrant_key.get_secret_value()} if settings.qdrant_key else {}
    todo = Words("检查 YINLU_QDRANT_URL、YINLU_QDRANT_KEY。", "Check YINLU_QDRANT_URL and YINLU_QDRANT_KEY.")
    try:
        status, _ = await _get(f"{settings.qdrant_url}/collections", headers)
    except FAILURES as error:
        return unreachable("qdrant", QDRANT, error, todo)
    if status != 200:
        return Check("qdrant", QDRANT, "failed", same(f"HTTP {status}"), todo, reachable=True)
    return Check("qdrant", QDRANT, "ok", same(settings.qdrant_url), reachable=True)


async def knowledge(settings: Settings) -> Check:
    """Is YINLU_KNOWLEDGE_URL reached, and does it take our token?"""
    assert settings.knowledge_url is not None
    todo = Words(
        "检查 YINLU_KNOWLEDGE_URL 和那里的 yinlu knowledge；两边的 YINLU_KNOWLEDGE_TOKEN 要相同。",
        "Check YINLU_KNOWLEDGE_URL and the yinlu knowledge there; YINLU_KNOWLEDGE_TOKEN must be the same on both sides.",
    )
    try:
        async with (
            asyncio.timeout(SECONDS),
            open_remote(settings.knowledge_url, read_token(settings), SystemClock()) as remote,
        ):
            found = await remote.asking.result("communities", {}, patience=0.0)
    except FAILURES as error:
        return unreachable("knowledge", KNOWLEDGE, error, todo)
    shown = Words(
        f"{settings.knowledge_url},{len(found)} 个社区", f"{settings.knowledge_url}, {len(found)} communities"
    )
    return Check("knowledge", KNOWLEDGE, "ok", shown, reachable=True)


async def files(settings: Settings) -> Check:
    """Can something be put into the bucket of YINLU_S3_URL, and read back?"""
    todo = Words(
        "检查 YINLU_S3_URL：地址、存储桶、密钥及其权限(写、读、删)。",
        "Check YINLU_S3_URL: address, bucket, key and its rights (to write, read and delete).",
    )
    try:
        async with asyncio.timeout(SECONDS * 4):
            bucket = files_of(settings)
            put = await bucket.put(b"yinlu doctor", "text/plain")
            await bucket.read(put.key)
            await bucket.delete(put.key)
    except FAILURES as error:
        return unreachable("files", BUCKET, error, todo)
    return Check("files", BUCKET, "ok", Words("可写可读", "can be written and read"), reachable=True)


async def models(settings: Settings) -> list[Check]:
    """Is every model's endpoint reached, and does it take the key?"""
    roles = [(role, getattr(settings.models, role)) for role in ROLES]
    configured = [(role, model) for role, model in roles if model is not None]
    if not configured:
        none = Words(
            "未配置：答案由文档原文摘录而成", "not configured: answers are quotes from the documents"
        )
        how = Words(
            "可选：设置 YINLU_MODELS__ANSWER__URL 等。", "Optional: set YINLU_MODELS__ANSWER__URL and so on."
        )
        return [Check("models", Words("模型", "models"), "info", none, how, configured=False)]
    return list(await asyncio.gather(*(_model(role, model) for role, model in configured)))


async def _model(role: str, model: Model) -> Check:
    id, name = f"model.{role}", Words(f"模型 {role}", f"model {role}")
    headers = {"Authorization": f"Bearer {model.key.get_secret_value()}"} if model.key else {}
    todo = Words(f"检查 [models.{role}] 的 url 和 key。", f"Check url and key of [models.{role}].")
    try:
        status, body = await _get(f"{model.url}/models", headers)
    except FAILURES as error:
        return unreachable(id, name, error, todo)
    if status in (401, 403):
        return Check(id, name, "failed", Words("密钥被拒绝", "the key is refused"), todo, reachable=True)
    known = (
        [str(entry.get("id")) for entry in body.get("data", []) if isinstance(entry, dict)] if body else []
    )
    if known and model.model and model.model not in known:
        missing = Words(f"那里没有模型 {model.model}", f"no model {model.model} there")
        return Check(id, name, "warning", missing, todo, reachable=True)
    return Check(id, name, "ok", same(f"{model.url} {model.model}".strip()), reachable=True)


async def _get(url: str, headers: dict[str, str]) -> tuple[int, dict[str, list[object]]]:
    """Return status and JSON object (empty for anything else) of a GET."""
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.get(url, headers=headers) as response,
    ):
        try:
            body = await response.json(content_type=None)
        except ValueError:
            body = None
        return response.status, body if isinstance(body, dict) else {}
