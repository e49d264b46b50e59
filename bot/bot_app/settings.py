"""Every setting: its name, kind, default and what it takes. ``python -m bot_app.settings`` prints docs/settings.md.

A setting ``port`` is ``YINLU_PORT`` in the environment and ``port`` in the TOML file; a model's ``[models.answer] url``
is ``YINLU_MODELS__ANSWER__URL``. ``load_settings`` is in ``bot_app.settings_load``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from bot_app.setting_kinds import (
    Amounts,
    CommunityName,
    DatabaseUrl,
    Folder,
    Host,
    Hosts,
    HttpUrl,
    Lanes,
    Language,
    Listen,
    Lower,
    Names,
    Numbers,
    Origins,
    Persons,
    RedisUrl,
    SecretUrl,
    Size,
    SocketUrl,
    Watches,
)
from bot_core.errors import SettingWrong

__all__ = ["ROLES", "Model", "Models", "SettingWrong", "Settings", "load_settings"]

LOOPBACK = ("127.0.0.1", "localhost", "::1")
HTTP = "an http:// or https:// address"
SECRET = "a secret"  # noqa: S105 - what it takes, in words
COUNT = "a whole number from 1"


def _is(default: object, what: str, takes: str, **bounds: Any) -> Any:  # noqa: ANN401
    """Declare a setting: its default, what it is, what it takes."""
    return Field(default, description=what, json_schema_extra={"takes": takes}, **bounds)


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, hide_input_in_errors=True)


class Model(_Section):
    """An endpoint for one role, OpenAI-compatible unless said otherwise; prices are per million tokens in ``currency``."""

    url: HttpUrl = _is(..., "the endpoint, up to and with /v1", HTTP)
    key: SecretStr | None = _is(None, "its key, where it needs one", SECRET)
    model: str = _is("", "the model's name there", "a name")
    provider: Annotated[Literal["openai", "anthropic"], Lower] = _is(
        "openai", "which API it speaks; anthropic takes the extra `anthropic`", "openai or anthropic"
    )
    price_in: float = _is(0.0, "price of a million tokens read", "a number from 0", ge=0)
    price_out: float = _is(0.0, "price of a million tokens written", "a number from 0", ge=0)


class Models(_Section):
    """The roles that a model can have; each is a table ``[models.<role>]``."""

    answer: Model | None = None
    rewrite: Model | None = None
    translate: Model | None = None
    vision: Model | None = None
    summary: Model | None = None
    judge: Model | None = None
    embed: Model | None = None
    rerank: Model | None = None
    moderate: Model | None = None
    image: Model | None = None
    transcribe: Model | None = None
    speak: Model | None = None


ROLES = tuple(Models.model_fields)


class Settings(_Section):
    """What was set, checked."""

    # --- where it runs
    data: Folder = _is(Path("./data"), "the data folder; one process owns it", "a folder")
    host: Host = _is(
        "127.0.0.1",
        "where the page listens; another than the loopback opens it to others",
        "an IP address or host name",
    )
    port: int = _is(8080, "the page's port; 0 takes any free one", "a number from 0 to 65535", ge=0, le=65535)
    allowed_hosts: Hosts = _is(
        (), "further names the page is reached by", "host names, separated by commas; * for all"
    )
    allowed_origins: Origins = _is(
        (), "pages of other hosts that may connect", "origins like https://example.org, separated by commas"
    )
    behind_proxy: bool = _is(
        False, "a reverse proxy of yours stands before it: believe its X-Forwarded-For", "true or false"
    )
    community: CommunityName = _is(
        "auto",
        "which community the page and commands use; auto: `default` once it has documents, else `sample`",
        "auto, or a name of a-z, 0-9, - and _",
    )
    watch: Watches = _is(
        (),
        "folders whose documents are kept in step while the house runs, each for `default` or the named community",
        "folders, or FOLDER=COMMUNITY, separated by commas",
    )
    extensions: Names = _is(
        (),
        "modules of your own that add handlers, platforms or a maker (docs/extending.md)",
        "modules, separated by commas",
    )
    locale: Language = _is(None, "language of the command line; auto: by LANG", "zh, en or auto")

    # --- engines
    redis_url: RedisUrl | None = _is(
        None,
        "a Redis >= 7 or Valkey instead of the embedded one",
        "a redis://, rediss://, unix:// or sentinel:// address",
    )
    qdrant_url: HttpUrl | None = _is(None, "a Qdrant server instead of the embedded engine", HTTP)
    qdrant_key: SecretStr | None = _is(None, "its key", SECRET)
    knowledge_url: HttpUrl | None = _is(
        None, "the `yinlu knowledge` that keeps the documents, instead of an index of one's own", HTTP
    )
    knowledge_listen: Listen = _is(
        "127.0.0.1:8090", "where `yinlu knowledge` is asked", "an address and a port like 0.0.0.0:8090"
    )
    knowledge_token: SecretStr | None = _is(
        None, "what `yinlu knowledge` and those who ask it know each other by", "16 characters or more"
    )
    database_url: DatabaseUrl | None = _is(
        None, "PostgreSQL instead of SQLite", "a postgresql:// or sqlite:// address"
    )
    s3_url: SecretUrl | None = _is(
        None,
        "a bucket instead of the data folder for files (extra `s3`): https://KEY:SECRET@HOST/BUCKET/PREFIX, s3://KEY:SECRET@BUCKET/PREFIX?region=...",
        "an https://, http:// or s3:// address",
    )
    journal_fsync: Annotated[Literal["everysec", "always"], Lower] = _is(
        "everysec",
        "how often the embedded Valkey's log reaches the disk: a power cut can cost the last second, or nothing",
        "everysec or always",
    )
    valkey_memory: Size = _is(
        "512MB", "the most memory the embedded Valkey takes", "a size from 16MB like 512MB", ge=16 * 1024**2
    )
    embedding: Annotated[Literal["full", "fast", "hash"], Lower] = _is(
        "full",
        "how passages are embedded: full (two models), fast (one; less memory), hash (none; for trying things out)",
        "full, fast or hash",
    )

    # --- bounds
    question_characters: int = _is(2000, "longest question", "a number from 10 to 20000", ge=10, le=20000)
    words_per_minute: int = _is(20, "messages of one person in a minute", COUNT, ge=1)
    presses_per_minute: int = _is(60, "button presses of one person in a minute", COUNT, ge=1)
    document_bytes: Size = _is("50MB", "largest document", "a size like 50MB")
    documents: int = _is(100_000, "most documents of one community", COUNT, ge=1)
    upload_bytes: Size = _is("20MB", "largest picture or file a member sends in a chat", "a size like 20MB")
    connections: int = _is(1000, "most WebSockets at once", COUNT, ge=1)
    connections_per_address: int = _is(64, "most WebSockets of one address", COUNT, ge=1)
    workers: int = _is(
        1,
        "local worker processes that make pictures; 0 where others work",
        "a number from 0 to 64",
        ge=0,
        le=64,
    )
    jobs_per_prompt: int = _is(
        10,
        "most jobs that one prompt's permutations and repeats make",
        "a number from 1 to 100",
        ge=1,
        le=100,
    )
    picture_maker: Annotated[
        Literal["auto", "collage", "openai", "comfyui", "a1111", "diffusers", "extension"], Lower
    ] = _is(
        "auto",
        "what draws; auto: the endpoint of [models.image] where one is set, else the built-in maker",
        "auto, collage, openai, comfyui, a1111, diffusers or extension",
    )
    studio_waiting: Numbers = _is(
        (10, 20, 50),
        "picture jobs that may wait: of a member, a helper, an admin",
        "three numbers from 1, separated by commas",
        min_length=3,
        max_length=3,
    )
    studio_open: Numbers = _is(
        (13, 25, 60),
        "picture jobs that may wait or be made: of a member, a helper, an admin",
        "three numbers from 1, separated by commas",
        min_length=3,
        max_length=3,
    )
    studio_pictures_a_day: Numbers = _is(
        (400, 1000, 0),
        "pictures of one day (UTC): of a member, a helper, an admin; 0 is no bound",
        "three numbers from 0, separated by commas",
        min_length=3,
        max_length=3,
    )
    studio_ask_from: int = _is(
        2, "a prompt that makes so many jobs is asked about before they are queued", "a number from 2", ge=2
    )
    studio_profile: str = _is(
        "", "how workers batch pictures, as `make bench-studio` measured it on their machine", "a file"
    )
    picture_options: str = _is(
        "", "the maker's own options (docs/pictures.md)", 'a JSON object like {"steps": 8}'
    )
    picture_folder: str = _is(
        "", "a diffusion model's folder, or OWNER/NAME@COMMIT", "a folder or a pinned revision"
    )
    c2pa_certificate: str = _is(
        "", "signs pictures with Content Credentials: the certificate chain", "a PEM file; the extra `c2pa`"
    )
    c2pa_key: SecretStr | None = _is(None, "the private key of that certificate, in PEM", SECRET)
    gallery_shared: bool = _is(True, "members may look at each other's pictures in /gallery", "true or false")
    metrics_token: SecretStr | None = _is(
        None, "opens /metrics to others than this machine, as a bearer token", SECRET
    )
    otlp_url: HttpUrl | None = _is(
        None,
        "sends traces to an OpenTelemetry collector; the extra `otel`",
        "an address up to and with /v1/traces",
    )
    fast_budget: Amounts = _is(
        (0.0, 0.0, 0.0),
        "what may be spent in the fast lane per month, in cost units: by a member, a helper, an admin; 0 is no bound",
        "a number from 0 for all, or three separated by commas",
        min_length=3,
        max_length=3,
    )
    studio_lanes: Lanes = _is(
        ("fast", "fast", "fast"),
        "who may draw in the fast lane: a member, a helper, an admin; with relax all they make is relaxed",
        "three of fast and relax, separated by commas",
    )
    moderation_closed: bool = _is(
        True, "refuse what moderation can't judge because it fails", "true or false"
    )

    # --- secrets and logs
    signing_keys: SecretStr | None = _is(
        None,
        "keys of buttons and sessions, the first signs; by default made and kept in the data folder",
        "ID:SECRET pairs separated by commas, ids 0 to 255, secrets of 32 or more hexadecimal digits",
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], Lower] = _is(
        "info", "the least that is logged", "debug, info, warning or error"
    )
    log_format: Annotated[Literal["auto", "text", "json"], Lower] = _is(
        "auto", "auto: text on a terminal, else json", "auto, text or json"
    )

    # --- models and platforms
    models: Models = Models()
    answer_cache: int = _is(
        2000,
        "answers kept in memory for questions that are asked again; 0 keeps none",
        "a number from 0",
        ge=0,
        le=1_000_000,
    )
    currency: str = _is("USD", "of the models' prices", "a name like USD or CNY", min_length=1, max_length=8)
    admins: Persons = _is(
        (),
        "who is an admin everywhere, besides a platform's own admins",
        "persons like discord:123, separated by commas",
    )
    voice: bool = _is(True, "hear and speak, where the extra `voice` is installed", "true or false")
    hearing: str = _is(
        "", "another Whisper model than the packaged one: its CTranslate2 folder", "a folder, or nothing"
    )
    recording_minutes: int = _is(
        180, "longest recording of /transcribe and /summarize", "a number from 1 to 600", ge=1, le=600
    )
    voice_samples: str = _is(
        "",
        "where samples of members' own voices are kept for the Coqui server of [models.speak]; empty: no cloning",
        "a folder, the server's --samples",
    )
    keep_recordings: bool = _is(
        False, "keep what members said; else it is deleted soon after it was heard", "true or false"
    )
    audio_label: Annotated[Literal["", "spoken", "rhythm"], Lower] = _is(
        "",
        "how generated speech says that it is: a spoken word, a rhythm, or not at all",
        "spoken, rhythm or nothing",
    )
    label_answers: bool = _is(
        True, "a line under what a program wrote, on the chat platforms", "true or false"
    )
    discord_token: SecretStr | None = _is(None, "the bot's token", SECRET)
    discord_api_url: HttpUrl | None = _is(None, "another address of Discord's API", HTTP)
    discord_gateway_url: SocketUrl | None = _is(
        None, "another address of Discord's gateway", "a ws:// or wss:// address"
    )
    discord_helper_role: str = _is(
        "", "the role that answers what the documents don't", "a role's name or id"
    )
    discord_welcome: str = _is(
        "", "where newcomers are greeted; empty: the server's system channel", "a channel's name or id"
    )
    discord_members: bool = _is(
        True,
        "ask Discord for the Server Members intent, without which newcomers are not greeted",
        "true or false",
    )
    discord_shards: Numbers = _is((), "the shards of this process; empty: all", "numbers like 0-3 or 0,2")
    discord_shard_count: int = _is(
        0, "how many shards there are in all; 0 asks Discord", "a number from 0", ge=0, le=100_000
    )
    telegram_token: SecretStr | None = _is(None, "the bot's token", SECRET)
    telegram_api_url: HttpUrl | None = _is(None, "another address of Telegram's API", HTTP)
    telegram_file_url: HttpUrl | None = _is(None, "another address of Telegram's files", HTTP)
    telegram_webhook_url: HttpUrl | None = _is(None, "where Telegram reaches us; without it we ask", HTTP)
    telegram_webhook_secret: SecretStr | None = _is(
        None, "what Telegram sends along; by default derived from the token", SECRET
    )
    telegram_helpers: Names = _is(
        (), "who answers what the documents don't", "user ids or @names, separated by commas"
    )
    douyin_app_id: str | None = _is(None, "the mini program's id", "an id")
    douyin_secret: SecretStr | None = _is(None, "the mini program's secret", SECRET)
    douyin_api_url: HttpUrl | None = _is(None, "another address of Douyin's API", HTTP)
    douyin_open_url: HttpUrl | None = _is(None, "another address of Douyin's open platform", HTTP)
    douyin_sandbox: bool = _is(False, "talk to Douyin's sandbox; it checks no pictures", "true or false")
    douyin_label: bool = _is(
        True, "a visible label under generated words in the mini program", "true or false"
    )
    douyin_pictures_template: str = _is(
        "", "the subscription message that says: your pictures are ready", "a template's id"
    )
    douyin_answers_template: str = _is(
        "", "the subscription message that says: your question was answered", "a template's id"
    )
    douyin_template_field: str = _is("thing1", "the templates' field for our sentence", "a field's name")
    douyin_record_days: int = _is(
        186, "days that records of what was generated are kept", "a whole number from 186", ge=186, le=3660
    )

    @property
    def open_to_others(self) -> bool:
        """Return whether the page listens beyond the loopback."""
        return self.host not in LOOPBACK and not self.host.startswith("127.")

    def secrets(self) -> list[str]:
        """Return every secret that is set, passwords within addresses too, for redaction."""
        found: list[str] = []
        sections: list[BaseModel] = [self, *(model for _, model in self.models if model is not None)]
        for section in sections:
            for _, value in section:
                if isinstance(value, SecretStr):
                    found += _parts(value.get_secret_value())
        return [secret for secret in found if secret]


def _parts(secret: str) -> list[str]:
    if "://" in secret:
        parts = urlsplit(secret)
        asked = [value for name, value in parse_qsl(parts.query) if "password" in name]
        return [secret, unquote(parts.password or ""), parts.password or "", *asked, *map(quote, asked)]
    return [secret, *(pair.partition(":")[2] for pair in secret.split(",") if ":" in pair)]


def load_settings(**given: object) -> Settings:
    """Read settings: what the command line gave wins, then the environment, then the file. Raises SettingWrong."""
    from bot_app.settings_load import load  # which needs this module's classes

    return load(given)


if __name__ == "__main__":
    from bot_app.settings_table import settings_table

    sys.stdout.write(settings_table())
