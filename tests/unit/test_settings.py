"""Settings: where they come from, what is refused, and that docs/settings.md tells the truth."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot_app.settings import ROLES, Settings, load_settings
from bot_app.settings_load import UnknownSetting, environment_name, known_settings, load
from bot_app.settings_table import settings_table
from bot_core.errors import SettingWrong, StartRefused
from bot_core.identity import Locale

ROOT = Path(__file__).resolve().parents[2]
SECRET = "5f1a-very-secret-9c3e"


@pytest.fixture(autouse=True)
def somewhere_else(tmp_path, monkeypatch):
    """No yinlu.toml of the working folder gets in."""
    monkeypatch.chdir(tmp_path)


def test_without_anything_everything_is_safe_and_embedded():
    """No setting is needed: loopback, embedded engines, data in the working folder."""
    settings = load({}, {})
    assert (settings.host, settings.port) == ("127.0.0.1", 8080)
    assert settings.data == Path.cwd() / "data"
    assert settings.redis_url is settings.qdrant_url is settings.database_url is None
    assert settings.community == "auto"
    assert settings.locale is None
    assert not settings.open_to_others


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(tmp_path):
    """--port, then YINLU_PORT, then yinlu.toml."""
    (tmp_path / "yinlu.toml").write_text('port = 1\nhost = "localhost"\ncommunity = "harbour"\n')
    environ = {"YINLU_PORT": "2", "YINLU_HOST": "127.0.0.2"}
    settings = load({"port": 3}, environ)
    assert (settings.port, settings.host, settings.community) == (3, "127.0.0.2", "harbour")


def test_the_file_is_found_by_name_then_here_then_in_the_data_folder(tmp_path):
    """YINLU_CONFIG, else ./yinlu.toml, else <data>/yinlu.toml."""
    data = tmp_path / "elsewhere"
    data.mkdir()
    (data / "yinlu.toml").write_text("port = 3")
    assert load({"data": data}, {}).port == 3
    (tmp_path / "yinlu.toml").write_text("port = 2")
    assert load({"data": data}, {}).port == 2
    (tmp_path / "my.toml").write_text("port = 1")
    assert load({"data": data}, {"YINLU_CONFIG": str(tmp_path / "my.toml")}).port == 1
    with pytest.raises(SettingWrong, match=r"YINLU_CONFIG.*exists"):
        load({}, {"YINLU_CONFIG": "missing.toml"})


def test_a_data_folder_in_the_file_is_meant_from_where_the_file_is(tmp_path):
    """A relative folder does not depend on where the command was started."""
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/yinlu.toml").write_text('data = "../store"')
    settings = load({}, {"YINLU_CONFIG": str(tmp_path / "conf/yinlu.toml")})
    assert settings.data.resolve() == tmp_path / "store"


def test_models_are_tables_and_nested_variables(tmp_path):
    """[models.answer] url = ... is YINLU_MODELS__ANSWER__URL."""
    (tmp_path / "yinlu.toml").write_text('[models.answer]\nurl = "http://127.0.0.1:9/v1/"\nmodel = "small"\n')
    environ = {"YINLU_MODELS__ANSWER__KEY": SECRET, "YINLU_MODELS__JUDGE__URL": "https://example.org/v1"}
    models = load({}, environ).models
    assert models.answer is not None
    assert models.judge is not None
    assert models.answer.key is not None
    assert (models.answer.url, models.answer.model) == ("http://127.0.0.1:9/v1", "small")
    assert models.answer.key.get_secret_value() == SECRET
    assert models.speak is None
    assert {"answer", "rerank", "speak", "transcribe"} <= set(ROLES)


def test_a_model_without_an_address_is_refused():
    """A key alone is no endpoint; the sentence names the missing setting."""
    with pytest.raises(SettingWrong, match="YINLU_MODELS__ANSWER__URL"):
        load({}, {"YINLU_MODELS__ANSWER__KEY": SECRET})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("YINLU_PORT", "abc"),
        ("YINLU_PORT", "70000"),
        ("YINLU_HOST", "http://x"),
        ("YINLU_COMMUNITY", "Großes Haus"),
        ("YINLU_LOCALE", "fr"),
        ("YINLU_REDIS_URL", "http://host"),
        ("YINLU_REDIS_URL", "redis://host:port"),
        ("YINLU_QDRANT_URL", "qdrant"),
        ("YINLU_DATABASE_URL", "mysql://host/db"),
        ("YINLU_JOURNAL_FSYNC", "never"),
        ("YINLU_VALKEY_MEMORY", "1MB"),
        ("YINLU_DOCUMENT_BYTES", "much"),
        ("YINLU_QUESTION_CHARACTERS", "3"),
        ("YINLU_WORDS_PER_MINUTE", "0"),
        ("YINLU_LOG_LEVEL", "chatty"),
        ("YINLU_ALLOWED_ORIGINS", "example.org"),
        ("YINLU_ALLOWED_HOSTS", "a b"),
        ("YINLU_BEHIND_PROXY", "maybe"),
        ("YINLU_DISCORD_GATEWAY_URL", "https://x"),
        ("YINLU_MODELS__ANSWER__URL", "localhost:8000"),
        ("YINLU_MODELS__ANSWER__PRICE_IN", "-1"),
    ],
)
def test_a_wrong_value_is_refused_with_its_name_and_what_it_takes(name, value):
    """One sentence, in both languages, that names the setting as it was written."""
    environ = {"YINLU_MODELS__ANSWER__URL": "http://x"} if "PRICE" in name else {}
    with pytest.raises(SettingWrong) as raised:
        load({}, {**environ, name: value})
    assert raised.value.name == name
    assert name in raised.value.words.zh
    assert name in raised.value.words.en
    assert raised.value.takes in raised.value.words.en


def test_a_wrong_value_in_the_file_names_the_file(tmp_path):
    """`port in /path/yinlu.toml`, so that one knows where to look."""
    (tmp_path / "yinlu.toml").write_text('port = "x"')
    with pytest.raises(SettingWrong, match=r"port in .*yinlu\.toml.*'x'"):
        load({}, {})
    (tmp_path / "yinlu.toml").write_text("models = 3")
    with pytest.raises(SettingWrong, match="models"):
        load({}, {})
    (tmp_path / "yinlu.toml").write_text("port = ")
    with pytest.raises(StartRefused) as raised:
        load({}, {})
    assert "not valid TOML" in raised.value.words.en


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("YINLU_PRT", "YINLU_PORT"),
        ("YINLU_REDISURL", "YINLU_REDIS_URL"),
        ("YINLU_MODELS__ANSER__URL", "YINLU_MODELS__ANSWER__URL"),
        ("YINLU_DISCORD_TOKEN_FIL", "YINLU_DISCORD_TOKEN_FILE"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(name, near):
    """A typo is found at the start, not in a week."""
    with pytest.raises(UnknownSetting, match=near):
        load({}, {name: SECRET})


def test_an_unknown_key_of_the_file_is_refused_with_the_nearest(tmp_path):
    """The same for the file."""
    (tmp_path / "yinlu.toml").write_text("[models.answer]\nurl='http://x'\nmodle='small'")
    with pytest.raises(UnknownSetting, match=r"models\.answer\.model\?"):
        load({}, {})


def test_a_secret_can_stand_in_a_file(tmp_path):
    """YINLU_..._FILE and ..._file read it, whitespace around it dropped."""
    (tmp_path / "token").write_text(f"{SECRET}\n")
    settings = load({}, {"YINLU_DISCORD_TOKEN_FILE": str(tmp_path / "token")})
    assert settings.discord_token is not None
    assert settings.discord_token.get_secret_value() == SECRET
    (tmp_path / "yinlu.toml").write_text('telegram_token_file = "token"')
    settings = load({}, {})
    assert settings.telegram_token is not None
    assert settings.telegram_token.get_secret_value() == SECRET
    with pytest.raises(SettingWrong, match=r"DISCORD_TOKEN_FILE.*file"):
        load({}, {"YINLU_DISCORD_TOKEN_FILE": str(tmp_path / "missing")})
    with pytest.raises(SettingWrong, match="nothing where"):
        load({}, {"YINLU_DISCORD_TOKEN": "x", "YINLU_DISCORD_TOKEN_FILE": str(tmp_path / "token")})
    with pytest.raises(UnknownSetting):
        load({}, {"YINLU_PORT_FILE": str(tmp_path / "token")})


def test_a_secret_that_others_can_read_is_told(tmp_path, caplog):
    """The file is named, never what is in it; one that is ours alone, or the group's, is no matter."""
    file = tmp_path / "token"
    file.write_text(SECRET)
    for mode, told in ((0o600, 0), (0o640, 0), (0o644, 1), (0o602, 1)):
        caplog.clear()
        file.chmod(mode)
        assert load({}, {"YINLU_DISCORD_TOKEN_FILE": str(file)}).discord_token.get_secret_value() == SECRET
        assert len(caplog.records) == told, oct(mode)
        assert SECRET not in caplog.text
    assert str(file) in caplog.text


def test_no_refusal_and_no_representation_shows_a_secret():
    """A secret's wrong value is not printed, nor is one within an address."""
    for name in ("YINLU_REDIS_URL", "YINLU_DATABASE_URL", "YINLU_QDRANT_URL", "YINLU_S3_URL"):
        with pytest.raises(SettingWrong) as raised:
            load({}, {name: f"nothing://user:{SECRET}@host/"})
        assert (
            SECRET not in f"{raised.value} {raised.value.words} {raised.value!r} {raised.value.__cause__!r}"
        )
    settings = load({}, {"YINLU_REDIS_URL": f"redis://:{SECRET}@host/0", "YINLU_QDRANT_KEY": SECRET})
    assert SECRET not in f"{settings!r} {settings} {settings.model_dump()}"


def test_every_secret_is_known_to_the_redaction():
    """Also a password within an address, and each signing key."""
    settings = load(
        {},
        {
            "YINLU_DATABASE_URL": "postgresql://u:pa%2Fss-word@host/db",
            "YINLU_MODELS__JUDGE__URL": "http://x",
            "YINLU_MODELS__JUDGE__KEY": "judge-key",
            "YINLU_SIGNING_KEYS": "2:00112233445566778899aabbccddeeff,1:ffeeddccbbaa99887766554433221100",
        },
    )
    assert {"pa/ss-word", "pa%2Fss-word", "judge-key", "ffeeddccbbaa99887766554433221100"} <= set(
        settings.secrets()
    )


def test_lists_sizes_languages_and_empty_values():
    """Commas, units, language tags; an empty variable is as good as none."""
    settings = load(
        {},
        {
            "YINLU_ALLOWED_HOSTS": "a.example, b.example ,",
            "YINLU_ALLOWED_ORIGINS": "https://a.example",
            "YINLU_DOCUMENT_BYTES": "1.5MB",
            "YINLU_VALKEY_MEMORY": "1g",
            "YINLU_LOCALE": "zh-CN",
            "YINLU_LOG_LEVEL": "DEBUG",
            "YINLU_REDIS_URL": "",
            "YINLU_HOST": "0.0.0.0",
        },
    )
    assert settings.allowed_hosts == ("a.example", "b.example")
    assert settings.allowed_origins == ("https://a.example",)
    assert (settings.document_bytes, settings.valkey_memory) == (1572864, 1024**3)
    assert settings.locale is Locale.ZH
    assert settings.log_level == "debug"
    assert settings.redis_url is None
    assert settings.open_to_others


def test_load_settings_reads_this_environment(monkeypatch):
    """What the command line uses."""
    monkeypatch.setenv("YINLU_PORT", "4")
    assert load_settings(data="x", host=None).port == 4


def test_every_fixed_name_is_a_setting():
    """The names that stand in docs and deployments for good."""
    names = {environment_name(keys) for keys in known_settings()}
    fixed = """DATA HOST PORT REDIS_URL QDRANT_URL DATABASE_URL S3_URL DISCORD_TOKEN DISCORD_API_URL DISCORD_GATEWAY_URL
        TELEGRAM_TOKEN TELEGRAM_API_URL TELEGRAM_FILE_URL TELEGRAM_WEBHOOK_URL TELEGRAM_WEBHOOK_SECRET DOUYIN_APP_ID
        DOUYIN_SECRET DOUYIN_API_URL DOUYIN_OPEN_URL"""
    assert {f"YINLU_{name}" for name in fixed.split()} <= names
    roles = "answer rewrite translate vision summary judge embed rerank moderate image transcribe speak"
    assert {
        f"YINLU_MODELS__{role.upper()}__{part}" for role in roles.split() for part in ("URL", "KEY", "MODEL")
    } <= names


def test_the_page_of_settings_is_what_the_settings_say():
    """docs/settings.md is made by `python -m bot_app.settings`."""
    assert (ROOT / "docs/settings.md").read_text() == settings_table()
    assert all(
        field.description
        for field in Settings.model_fields.values()
        if field is not Settings.model_fields["models"]
    )


def test_the_page_of_settings_is_printed_by_the_module():
    """The way to make it again."""
    printed = subprocess.run(
        [sys.executable, "-m", "bot_app.settings"], capture_output=True, text=True, check=True
    )
    assert printed.stdout == settings_table()


SENTINELS = "sentinel://:p%40ss@10.0.0.1:26379,redis-1:26379,10.0.0.3/yinlu"


def test_several_sentinels_are_one_address():
    """Each host is looked at by itself; the secret among them is redacted."""
    settings = load({}, {"YINLU_REDIS_URL": SENTINELS})
    assert settings.redis_url.get_secret_value() == SENTINELS
    assert "p@ss" in settings.secrets()
    for wrong in ("sentinel://", "sentinel://a:b/yinlu", "sentinel://a:1,/yinlu", "sentinel://a:70000/yinlu"):
        with pytest.raises(SettingWrong, match="YINLU_REDIS_URL"):
            load({}, {"YINLU_REDIS_URL": wrong})


def test_the_sentinels_password_is_a_secret_too():
    """It stands behind the question mark; both ways of writing it are kept out of logs."""
    url = "sentinel://:redis%2Fsecret@a:1,b:2/y?sentinel_password=watch%2Bword"
    found = load({}, {"YINLU_REDIS_URL": url}).secrets()
    assert {"redis/secret", "redis%2Fsecret", "watch+word", "watch%2Bword"} <= set(found)
