"""The guides, followed as a newcomer would: their own lines, in order, against platforms and models on the loopback.

What a line leaves to its reader (a folder, a token, an address) is filled in where a test says so; all else is as it is written.
"""

from __future__ import annotations

import asyncio
import json
import re
from importlib.resources import files

import aiohttp
import pytest
from yinlu_testing.aimock import KEY, running_aimock
from yinlu_testing.discord_loopback import APPLICATION, Discord
from yinlu_testing.discord_people import Member, guild, until
from yinlu_testing.douyin_house import DouyinHouse
from yinlu_testing.douyin_loopback import APP, SECRET, DouyinLoopback
from yinlu_testing.guides import Reader, block
from yinlu_testing.house import Client
from yinlu_testing.images_loopback import A1111Service
from yinlu_testing.telegram_house import ALICE, BOB, GROUP
from yinlu_testing.telegram_loopback import Loopback
from yinlu_testing.telegram_members import Members
from yinlu_testing.telegram_values import TOKEN

FERRY = "# Ferry\n\n## When does it leave?\n\nThe ferry leaves at nine in the morning from the east pier.\n"
FEES = "# Fees\n\nMembership costs thirty-one euro a year. The purser keeps the money.\n"
QUESTION = "When does the ferry leave?"
WALK = (
    ("A few steps lead you in.", "Continue"),
    ("Be kind, no advertising.", "Accept the rules"),
    ("Which language shall I speak with you?", "English"),
)


def documents(folder):
    """Write the documents of a small community."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ferry.md").write_text(FERRY)
    (folder / "fees.md").write_text(FEES)


@pytest.fixture
def reader(tmp_path):
    """Somebody in a folder of their own, with a community's documents beside them."""
    someone = Reader(tmp_path / "here")
    documents(someone.folder / "docs")
    return someone


async def shown(client, words, seconds=60.0):
    """Wait for a message of the house that holds these words."""
    async with asyncio.timeout(seconds):
        while True:
            frame = await client.receive(seconds)
            if frame["type"] == "message" and words in frame["data"]["text"]:
                return frame["data"]


# --- the README and the first page ---------------------------------------------------------------------------
def test_a_communitys_own_documents(reader):
    """README, "Your own documents": each line beside the running house; the answer is from the new documents."""
    text = block("README", "yinlu ingest").text
    text = text.replace("path/to/docs", "docs").replace(" https://example.org/handbook", "")
    text = text.replace("How do I become a member?", QUESTION)
    with reader.starts(".venv/bin/yinlu run --data data") as url:
        said = reader.does(text)
    assert "2 added" in said and "nine in the morning" in said
    assert re.search(rf"{url}/#admin=[0-9a-f]+\.[0-9a-f]+", said)
    assert re.search(r"^/bind [A-Z0-9]{8}$", said, re.MULTILINE)
    assert "nothing failed" in said


# --- documents -----------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_every_form_of_the_documents_commands(reader):
    """documents.md: ingest, each of the alternatives of `yinlu documents`, and the words that mean the same."""
    documents(reader.folder / "handbook")
    (reader.folder / "minutes.docx").write_bytes(b"not a Word file")
    ingest, forms = block("documents", "yinlu ingest").text.strip().splitlines()
    broken = ingest.replace(" https://example.org/sitemap.xml", "")
    assert "damaged" in reader.does(f"{broken} 2>&1 || true")  # one bad file stops nothing, and is named
    start, *alternatives = (each.strip() for each in forms.split("|"))
    start = start.removesuffix("list").strip()
    for each in ("list", *alternatives):
        if each not in ("glossary", "page"):  # groups of their own, and what wants a running house
            line = each.replace("SOURCE", "handbook/ferry.md").replace("ROLE...", "mods helpers")
            reader.does(f"{start} {line}")
    said = reader.does(block("documents", "glossary add").text)
    assert "purser = treasurer = 账房" in said
    assert "ferry" not in reader.does("yinlu documents list --json")


# --- models --------------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_a_language_model_by_the_guides_settings(reader):
    """models.md: the settings file with another address; the model writes; a prompt of one's own reaches it."""
    with running_aimock() as model:
        model.says("ferry", "ANSWER: yes\nThe ferry leaves at nine in the morning. [1]")
        text = block("models", "[models.answer]").text
        text = text.replace("http://127.0.0.1:11434/v1", model.url)
        text = text.replace("/run/secrets/answer-key", str(reader.folder / "answer-key"))
        (reader.folder / "yinlu.toml").write_text(text)
        reader.does(f"echo {KEY} > answer-key && chmod 600 answer-key")
        reader.does("yinlu ingest docs --data data")
        answer = json.loads(reader.does(f"yinlu ask '{QUESTION}' --json --data data"))
        assert answer["answer"].startswith("The ferry leaves at nine in the morning.")
        checks = json.loads(reader.does("yinlu doctor --json --data data"))["checks"]
        assert next(check for check in checks if check["id"] == "model.answer")["state"] in ("ok", "warning")
        folder = reader.folder / "data" / "prompts" / "default"
        own = files("bot_knowledge").joinpath("prompts/answer.en.md").read_text() + "\nSpeak like a sailor.\n"
        folder.mkdir(parents=True)
        (folder / "answer.en.md").write_text(own)
        reader.does(f"yinlu ask '{QUESTION} Tell me.' --json --data data")
        assert "Speak like a sailor." in json.dumps(model.asked()[-1])


# --- joining, pictures ---------------------------------------------------------------------------------------
async def test_the_path_that_the_guide_shows(reader):
    """joining.md: its file is taken as it is; a newcomer reads its greeting, accepts its rules and goes on."""
    reader.does("yinlu ingest docs --data data")
    path = reader.folder / "data" / "communities" / "default" / "path.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(block("joining", "[[step]]").text)
    with reader.starts("yinlu run --data data") as url:
        newcomer = Client()
        async with newcomer.connected(url):
            await newcomer.send("invoke", {"command": "join", "arguments": {}})
            for said, label in WALK:
                step = await shown(newcomer, said)
                (token,) = [b["token"] for row in step["buttons"] for b in row if b["label"] == label]
                await newcomer.send("press", {"token": token})
            await shown(newcomer, "What interests you?")


@pytest.mark.slow
async def test_what_may_not_be_said(reader):
    """joining.md: its rules, kept while the house runs: an advertiser is refused, a masked number spoils no question."""
    (reader.folder / "rules.json").write_text(block("joining", '"advertising"').text)
    async with reader.stands("yinlu run --data data", YINLU_EMBEDDING="hash") as url:
        await asyncio.to_thread(reader.does, "yinlu admin rules sample rules.json --data data")
        member = Client()
        async with member.connected(url):
            await member.send("ask", {"text": "哪里可以代 购？"})
            assert (await member.until("error"))["data"]["code"] == "Moderated"
            done = await member.ask("Call 13812345678: how long is a proposal voted on?")
            assert done["outcome"] == "answered"


@pytest.mark.slow
async def test_pictures_as_the_guide_asks_for_them(reader):
    """pictures.md: both prompts are drawn, each parameter is known, the community's style and template are there."""
    styles = reader.folder / "data" / "communities" / "sample" / "styles.toml"
    styles.parent.mkdir(parents=True)
    styles.write_text(block("pictures", "[templates]").text)
    prompts = [line.removeprefix("/imagine ") for line in block("pictures", "雨夜").text.splitlines()]
    parameters = [
        "--seed 7",
        "--no rain, fog",
        "--q 0.5",
        "--stop 60",
        "--tile",
        "--style ink",
        "--style harbour",
    ]
    prompts += [f"a fox {parameter}" for parameter in parameters] + ["fox::2 snow::1"]
    with reader.starts("yinlu run --data data", YINLU_WORKERS="1") as url:
        member = Client()
        async with member.connected(url):
            for prompt in prompts:
                await member.send("invoke", {"command": "imagine", "arguments": {"prompt": prompt}})
                async with asyncio.timeout(90):
                    while not pictures(await member.receive(90)):
                        pass
            await member.send("invoke", {"command": "style", "arguments": {}})
            await shown(member, "poster")


@pytest.mark.slow
async def test_a_service_that_draws_by_the_guides_settings(reader):
    """pictures.md: the second of its settings files, with another address; AUTOMATIC1111 is asked as it says there."""
    service = A1111Service()
    async with service.open() as (address, _):
        _, text = block("pictures", 'picture_maker = "a1111"').text.split("# or a service\n")
        key = reader.folder / "a1111-key"
        text = text.replace("http://127.0.0.1:7860", address).replace("/run/secrets/a1111", str(key))
        (reader.folder / "yinlu.toml").write_text(text)
        key.write_text("name:password")
        key.chmod(0o600)
        async with reader.stands("yinlu run --data data", YINLU_WORKERS="1") as url:
            member = Client()
            async with member.connected(url):
                await member.send("invoke", {"command": "imagine", "arguments": {"prompt": "a fox"}})
                async with asyncio.timeout(90):
                    while not pictures(await member.receive(90)):
                        pass
    order = next(asked for asked in service.asked if asked["path"].endswith("txt2img"))
    assert (order["steps"], "fox" in order["prompt"]) == (20, True)


def pictures(frame):
    """Return the pictures of a finished grid."""
    assert frame["type"] != "error", frame
    data = frame["data"]
    if frame["type"] != "message" or not any("U1" in b["label"] for row in data["buttons"] for b in row):
        return []
    return [part for part in data["parts"] if part["kind"] == "picture"]


# --- running it ----------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_backup_and_restore_as_the_guide_says(reader):
    """deploy.md: while it runs, into a folder that is not there yet, named by the day; restored, it answers the same."""
    reader.does("yinlu ingest docs --data data")
    text = block("deploy", "yinlu backup").text.replace("/var/", f"{reader.folder}/var/")
    backup, restore = (line.partition(" #")[0] for line in text.splitlines())
    with reader.starts("yinlu run --data data"):
        reader.does(f"export YINLU_DATA=data\n{backup}")
    (made,) = (reader.folder / "var/backups/yinlu").iterdir()
    reader.does(re.sub(r"\S+\.tar\.gz", str(made), restore))
    said = reader.does(f"yinlu ask '{QUESTION}' --data {reader.folder}/var/lib/yinlu-new")
    assert "nine in the morning" in said


async def test_operators_way_in(reader):
    """operating.md: the link opens one session; `yinlu top` looks once; /metrics takes its token from elsewhere."""
    link = block("operating", "admin link").text
    with reader.starts("yinlu run --data data", YINLU_METRICS_TOKEN="a-token-of-the-tests") as url:
        said = reader.does(
            f"export YINLU_DATA=data\n{link}\nyinlu top --once\nyinlu top --once --json | tail -1"
        )
        ticket = re.search(rf"{url}/operator#ticket=(\S+)", said)
        assert ticket and "memory" in said
        async with aiohttp.ClientSession(url) as http:
            statuses = []
            for _ in range(2):
                async with http.post("/api/v1/operator/session", json={"ticket": ticket[1]}) as answer:
                    statuses.append(answer.status)
            assert statuses == [200, 403]
            behind = {"X-Forwarded-For": "192.0.2.7"}
            async with http.get("/metrics", headers=behind) as answer:
                assert answer.status == 403
            behind["Authorization"] = "Bearer a-token-of-the-tests"
            async with http.get("/metrics", headers=behind) as answer:
                assert answer.status == 200


# --- platforms -----------------------------------------------------------------------------------------------
async def code_of(reader, community):
    """Return the one-time code that `yinlu admin code COMMUNITY` prints."""
    said = await asyncio.to_thread(reader.does, f"yinlu admin code {community} --data data")
    return re.search(r"/bind [A-Z0-9]{8}", said)[0]


@pytest.mark.slow
async def test_telegram_in_ten_minutes(reader):
    """telegram.md, 2 and 3: the token in a file, doctor content, the group bound by its admin, a question answered."""
    async with Loopback().serve() as api:
        api.admins[GROUP] = [ALICE]
        api.started.update({ALICE, BOB})
        members, address = Members(api), {"YINLU_TELEGRAM_API_URL": api.root}
        start = block("telegram", "> telegram-token").text.replace("123456:AA...", TOKEN)
        async with reader.stands(start, **address):
            file = {"YINLU_TELEGRAM_TOKEN_FILE": "telegram-token", **address}
            looked = await asyncio.to_thread(reader.does, "yinlu doctor --json --data data", **file)
            found = {check["id"]: check["state"] for check in json.loads(looked)["checks"]}
            assert found["telegram.telegram"] == "ok"
            assert "known to Telegram" in (reader.folder / "standing.log").read_text()
            members.says("/ask How long is a proposal voted on?", BOB, GROUP)
            await members.reads("/bind", chat=BOB)
            members.says(await code_of(reader, "sample"), ALICE, GROUP)
            await members.reads("belongs to", chat=ALICE)
            await asyncio.sleep(6)  # an unbound place is remembered for five seconds
            members.says("/ask How long is a proposal voted on?", BOB, GROUP)
            answer = await members.reads("7 days", chat=GROUP)
            assert answer["reply_markup"]["inline_keyboard"]
        assert api.problems == []


@pytest.mark.slow
async def test_telegrams_webhook(reader):
    """telegram.md, "Webhook instead of polling": Telegram is told the address, with a secret."""
    async with Loopback().serve() as api:
        setting = block("telegram", "WEBHOOK_URL=").text.strip()
        more = {"YINLU_TELEGRAM_API_URL": api.root, "YINLU_TELEGRAM_TOKEN": TOKEN}
        async with reader.stands(f"export {setting}\nyinlu run --data data", **more):
            async with asyncio.timeout(20):
                while not api.webhook:
                    await asyncio.sleep(0.05)
        assert api.webhook["url"] == "https://bot.example.org/telegram/webhook"
        assert len(api.webhook["secret"]) >= 16


@pytest.mark.slow
async def test_discord_from_nothing_to_an_answer(reader):
    """discord.md, 2 to 4: the token in the environment, the invite that doctor prints, bound by a code, asked by a command."""
    async with Discord().serve() as world:
        world.gateway.first = [("GUILD_CREATE", guild())]
        address = {"YINLU_DISCORD_API_URL": world.url, "YINLU_DISCORD_GATEWAY_URL": world.gateway_url}
        tell = block("discord", "export YINLU_DISCORD_TOKEN").text.replace("=...", "=good")
        world.in_servers = False
        looked = await asyncio.to_thread(reader.does, tell, **address)
        world.in_servers = True
        invite = block("discord", "client_id=").text.strip().replace("APPLICATION_ID", str(APPLICATION))
        assert invite in looked.splitlines()  # whole, to be opened or copied
        export = tell.splitlines()[0]
        boss, bob = Member(world, 11, "ann", roles=(403,)), Member(world, 12, "bob")
        async with reader.stands(f"{export}\nyinlu run --data data", **address):
            await until(lambda: any(c["name"] == "ask" for c in world.commands), 60)
            code = (await code_of(reader, "sample")).removeprefix("/bind ")
            bound = await boss.types("bind", code=code)
            await until(lambda: "belongs to" in str(bound.original), 20)
            await asyncio.sleep(6)  # an unbound place is remembered for five seconds
            asked = await bob.types("ask", question="How long is a proposal voted on?")
            await until(lambda: "7 days" in str(asked.original), 40)
        assert world.violations == [] and world.pings == []
        assert '"level": "warning"' not in (reader.folder / "standing.log").read_text()


@pytest.mark.slow
async def test_a_douyin_mini_program(reader):
    """douyin.md, 2, 3 and 5: the start line; a login and a question as the calls are told; the records are there."""
    platform = DouyinLoopback()
    async with platform.serve(), aiohttp.ClientSession() as http:
        (reader.folder / "douyin-secret").write_text(SECRET)
        (reader.folder / "douyin-secret").chmod(0o600)
        start = block("douyin", "yinlu run").text.replace("tt…", APP).replace("YOUR-HOST", "mini.example.org")
        address = {"YINLU_DOUYIN_API_URL": platform.root, "YINLU_DOUYIN_OPEN_URL": platform.root}
        async with reader.stands(start, **address) as url:
            house = DouyinHouse()
            house.platform, house.http, house.url = platform, http, url
            async with house.phone("alice", locale="en") as phone:
                done = await phone.asks("How long is a proposal voted on?")
            assert "7 days" in done["data"]["text"]
            host = {"Host": "mini.example.org"}
            async with http.get(f"{url}/healthz", headers=host) as answer:
                assert answer.status == 200
        (record, *_) = reader.does("cat data/douyin-records/*.jsonl").splitlines()
        assert "7 days" not in record and json.loads(record)["kind"]
