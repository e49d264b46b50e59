"""Planted secrets appear 0 times in what is logged, whichever way they got there."""

import io
import json
import logging
from urllib.parse import quote

import pytest
import structlog

from bot_core.actions import Action, Press
from bot_core.identity import short_id
from bot_core.tokens import Signer
from bot_safety import Redactor

CONFIGURED = ['s3cr3t-value-öä"quote', "correct horse battery", "Zm9vYmFyYmF6"]
BUTTON = Signer({3: b"0123456789abcdef"}, 3).sign("harbour", Press(Action.VOTE_UP, short_id("a"), 0))
LOOKS = {
    "chat bot": "8123456789:AAHfiqksKZ8WmR2zSjiQ7_v4TMAKdiHm9T0",
    "gateway bot": "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs1",
    "mfa": "mfa.VkO_2G4Qv3T--NO--lWetW_tjND--TOKEN--QFTm6YGtzq9PH",
    "model key": "sk-proj-abcdefghijklmnop1234567890",
    "hub key": "hf_abcdefghijklmnopqrstuvwx",
    "code host": "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "cloud": "AKIAIOSFODNN7EXAMPLEXX",
    "web token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    "button": BUTTON,
    "another button": Signer({0: b"x" * 16}, 0).sign("c", Press(Action.REASON, "f" * 24, 255)),
}
CARRIED = {
    "header": ("Authorization: Bearer {}", "abcDEF123456-._~+/zz"),
    "basic": ("authorization=Basic {}", "dXNlcjpwYXNzd29yZA=="),
    "address": ("postgresql://yinlu:{}@db.example/yinlu", "p4ssw0rd!x"),
    "redis": ("redis://:{}@10.0.0.5:6379/0", "redispass99"),
    "query": ("GET https://api.example/x?a=1&access_token={}&b=2", "qwertyuiop12345"),
    "signature": ("https://bucket.example/f?X-Amz-Signature={}", "9f86d081884c7d65"),
    "json": ('{{"client_secret": "{}"}}', "abcdef0123456789"),
    "assignment": ("session_key={}", "tiihtNczf5v6AKRyjwEUhQ"),
    "webhook": ("https://discord.example/api/webhooks/1234/{}", "abcdefghijklmnopqrstuvwxyz012345"),
    "path": ("https://api.example/bot{}/getMe", "8123456789:AAHfiqksKZ8WmR2zSjiQ7_v4TMAKdiHm9T0"),
    "pem": ("-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----", "MIIEowIBAAKCAQEA7"),
}
SENTENCES = {**{name: ("it is {} here", value) for name, value in LOOKS.items()}, **CARRIED}


@pytest.fixture
def redactor():
    return Redactor(CONFIGURED)


@pytest.mark.parametrize("name", SENTENCES)
def test_what_looks_like_a_secret_is_hidden(redactor, name):
    """Tokens by their form, and values that stand where secrets stand."""
    form, secret = SENTENCES[name]
    said = redactor.text(form.format(secret))
    assert secret not in said
    assert "[hidden]" in said


@pytest.mark.parametrize("secret", CONFIGURED)
def test_configured_secrets_are_hidden_in_every_spelling(redactor, secret):
    """As they are, within JSON, within a URL, within a repr."""
    for spelled in (
        secret,
        json.dumps({"k": secret}),
        f"https://x/?q={quote(secret, safe='')}",
        repr([secret]),
    ):
        said = redactor.text(spelled)
        assert secret not in said
        assert json.dumps(secret)[1:-1] not in said
        assert quote(secret, safe="") not in said


@pytest.mark.parametrize(
    "text",
    [
        "answer 5f2b8c1d9e0a7b3c4d5e6f70 in 12.5 ms for web:3f9a",
        "key 2026-11-23T02:44:52+00:00 took 3:45, ratio 16:9",
        "https://lantern.example.org/rules?lang=zh&page=2#top",
        "a blake2b key: " + "ab12" * 16,
        "tokens: 120 prompt, 30 completion; token count 150",
        "SomeVeryLongCamelCaseClassNameThatIsNoSecretAtAll",
        "questions about the basic rules and the bearer of the lamp",
    ],
)
def test_ordinary_lines_stay_as_they_are(redactor, text):
    """Ids, times, hashes and addresses are what logs are for."""
    assert redactor.text(text) == text


def _everything(logger):
    """Log every secret in every way there is."""
    for form, secret in SENTENCES.values():
        logger.warning(form.format(secret).replace("%", "%%"))
        logger.warning("argument %s and %r", secret, {"token": secret})
        logger.warning(
            "extra",
            extra={
                "token": secret,
                "detail": form.format(secret),
                "deep": {"a": [secret, {"password": secret}]},
            },
        )
        _raise(logger, form.format(secret))
    for secret in CONFIGURED:
        logger.error("value %s", secret, extra={"body": secret.encode(), "pair": (1, secret), secret: 1})
        _raise(logger, secret)


def _raise(logger, text):
    try:
        try:
            raise ValueError(text)
        except ValueError as error:
            raise RuntimeError(f"again: {text}") from error
    except RuntimeError as error:
        logger.exception("failed", extra={"error": error}, stack_info=False)


def _secrets():
    bare = [secret for form, secret in SENTENCES.values() if form == "it is {} here"]
    return [*bare, *CONFIGURED, *(json.dumps(secret)[1:-1] for secret in CONFIGURED)]


def _count(written):
    return {secret: written.count(secret) for secret in _secrets() if secret in written}


class Everything(logging.Formatter):
    """Writes extras too, as JSON."""

    def format(self, record):
        extras = {k: v for k, v in vars(record).items() if k not in vars(logging.makeLogRecord({}))}
        return super().format(record) + " " + json.dumps(extras, default=repr, ensure_ascii=False)


@pytest.mark.parametrize("way", ["filter", "formatter"])
def test_the_standard_library_logs_none(redactor, way):
    """Messages, arguments, extras, exceptions and their causes: 0 planted secrets."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(Everything("%(levelname)s %(name)s %(message)s"))
    if way == "filter":
        handler.addFilter(redactor.filter)
    else:
        handler.setFormatter(redactor.formatter(handler.formatter))
    logger = logging.Logger("planted")
    logger.addHandler(handler)
    _everything(logger)
    assert len(written.getvalue()) > 10_000
    assert _count(written.getvalue()) == {}


@pytest.mark.parametrize(
    "renderer", [structlog.processors.JSONRenderer(), structlog.dev.ConsoleRenderer(colors=False)]
)
def test_structlog_logs_none(redactor, renderer):
    """Library and structlog records through one chain, in both renderings: 0 planted secrets."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    shared = [structlog.stdlib.ExtraAdder(), structlog.processors.format_exc_info]
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                redactor.processor,
                renderer,
            ],
        )
    )
    logger = logging.Logger("planted")
    logger.addHandler(handler)
    _everything(logger)
    ours = structlog.wrap_logger(
        logger, processors=[*shared[1:], structlog.stdlib.ProcessorFormatter.wrap_for_formatter]
    )
    for form, secret in SENTENCES.values():
        ours.warning("planted", detail=form.format(secret), token=secret, nested={"deep": [secret]})
    assert len(written.getvalue()) > 10_000
    assert _count(written.getvalue()) == {}


def test_a_secret_that_is_made_later_is_hidden_too(redactor):
    """Keys made at the first start are added when they exist; short words never blot out the log."""
    redactor.add("brand-new-key")
    redactor.add("ab")
    assert redactor.text("ab brand-new-key") == "ab [hidden]"
    assert Redactor().text("nothing to hide") == "nothing to hide"


def test_counts_under_a_secret_sounding_name_stay(redactor):
    """A number is no secret: token counts are measured."""
    event = redactor.processor(None, "info", {"event": "done", "token": 12, "api_key": "abc", "tokens": "12"})
    assert event == {"event": "done", "token": 12, "api_key": "[hidden]", "tokens": "12"}
