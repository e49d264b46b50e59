"""The application: command line, settings, logging, owner, embedded engines, composition.

The seam between the command line and ``compose`` (fixed; extend, don't replace)::

    load_settings(**given) -> Settings                bot_app.settings; raises SettingWrong. ``given``: data, host, port ...
    own(data, kind="run") -> AbstractContextManager[Owner]  bot_app.owner; raises OwnerRunning. Owner(data, pid, kind)
    open_house(settings, owner, *, serve: bool) -> AbstractAsyncContextManager[House]          bot_app.compose
    House.operations: Mapping[str, Operation]         what ``bot_app.control.serving`` and ``bot_app.reach.reach`` call
    House.urls: Sequence[str]                         where the page listens; empty when it does not serve
    await House.run_until(stop: asyncio.Event)        stands until ``stop``; leaving the context drains
    Operation = Callable[[Mapping[str, object]], AsyncIterator[dict[str, object]]]
        yields {"progress": {...}} as it goes and {"result": ...} last; raises YinluError
    embedded_valkey(settings) -> AbstractAsyncContextManager[str]    bot_app.engine_valkey: the URL (unix://...)
    open_secrets(settings) -> Secrets                 bot_app.secrets_store: .signer (Signer), .sessions (bytes)

What ``Settings`` holds (docs/settings.md has every name, default and bound; secrets are SecretStr or None)::

    data: Path (absolute)   host   port   community ("auto" or a name)   locale (Locale or None)
    redis_url  database_url  s3_url: SecretStr | None      qdrant_url: str | None      qdrant_key: SecretStr | None
    journal_fsync ("everysec" | "always")   valkey_memory: int (bytes)
    embedding ("full" | "fast" | "hash")
    allowed_hosts, allowed_origins: tuple[str, ...]   behind_proxy: bool
    question_characters   words_per_minute   presses_per_minute   document_bytes   documents   upload_bytes
    connections   connections_per_address   moderation_closed: bool
    signing_keys: SecretStr | None   log_level   log_format
    discord_token, telegram_token, telegram_webhook_secret, douyin_secret: SecretStr | None
    discord_api_url, discord_gateway_url, telegram_api_url, telegram_file_url, telegram_webhook_url,
    douyin_app_id, douyin_api_url, douyin_open_url: str | None
    models.<role>: Model(url, key, model, price_in, price_out)      currency

The owner starts the house like this (``bot_app.cli_run``)::

    with own(settings.data) as owner:
        async with open_house(settings, owner, serve=True) as house, serving(settings.data, house.operations):
            await house.run_until(stop)
"""
