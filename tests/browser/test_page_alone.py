"""The page against a scripted house: what it shows, how it is used, and that it loses nothing."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect
from yinlu_testing.browser import axe, browser, sideways  # noqa: F401
from yinlu_testing.page_fake import FakeHouse, serving
from yinlu_testing.page_script import ANSWER_EN
from yinlu_testing.visitor import Visitor, another_tab, visiting

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


class House(FakeHouse):
    """The scripted house at its address."""

    address: str


@pytest_asyncio.fixture(loop_scope="session")
async def house() -> AsyncIterator[House]:
    """A house of its own for each test."""
    made = House(pace=0.001)
    async with serving(made) as made.address:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def alice(browser: Browser, house: House) -> AsyncIterator[Visitor]:  # noqa: F811
    """Alice, who reads English, has the page open; nothing in it may fail or be refused by the content policy."""
    async with visiting(browser, "en", viewport={"width": 1000, "height": 700}) as visitor:
        await visitor.opens(house.address)
        yield visitor
        assert visitor.troubles == []


async def is_sound(visitor: Visitor) -> None:
    """Axe finds nothing, and nothing scrolls sideways."""
    assert await axe(visitor.page) == []
    assert await sideways(visitor.page) == 0


# How it looks, to eyes and to assistive programs


SLOW = pytest.mark.slow
LOOKS = [  # each pair of language, theme and width at once; the other four in make test-all
    ("zh", "light", 1280),
    ("zh", "dark", 360),
    ("en", "light", 360),
    ("en", "dark", 1280),
    pytest.param("zh", "light", 360, marks=SLOW),
    pytest.param("zh", "dark", 1280, marks=SLOW),
    pytest.param("en", "light", 1280, marks=SLOW),
    pytest.param("en", "dark", 360, marks=SLOW),
]


@pytest.mark.parametrize(("locale", "theme", "width"), LOOKS)
async def test_every_state_is_accessible(browser, house, locale, theme, width):  # noqa: F811
    """Axe is clean and nothing scrolls sideways: empty, answered, reasons, passage; both languages, themes and widths."""
    async with visiting(
        browser, locale, color_scheme=theme, viewport={"width": width, "height": 740}, reduced_motion="reduce"
    ) as visitor:
        await visitor.opens(house.address)
        await expect(visitor.group("examples").get_by_role("button")).to_have_count(4)
        await is_sound(visitor)
        await visitor.asks("提案要多少人投票才有效" if locale == "zh" else "How do I write a proposal?")
        await visitor.button("down").click()
        await expect(visitor.group("reasons")).to_be_visible()
        await is_sound(visitor)
        await visitor.source(1).click()
        await expect(visitor.dialog).to_be_visible()
        await is_sound(visitor)
        assert visitor.troubles == []


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_the_other_states_are_accessible(browser, house, theme):  # noqa: F811
    """Axe is clean while words stream, for related, unknown, stopped, failed, and in the history."""
    async with visiting(browser, "en", color_scheme=theme, reduced_motion="reduce") as visitor:
        await visitor.opens(house.address)
        for question in ("related", "unknown", "disagree", "limit", "odd"):
            await visitor.asks(question)
        await visitor.asks("slow", wait=False)
        await expect(visitor.answer).to_contain_text("collect comments")
        await is_sound(visitor)
        await visitor.button("stop").click()
        await visitor.is_answered()
        await house_is_quiet(visitor)
        await is_sound(visitor)
        await visitor.button("history").click()
        await is_sound(visitor)


async def house_is_quiet(visitor: Visitor) -> None:
    """Nothing is being answered."""
    await expect(visitor.button("send")).to_be_visible()


@pytest.mark.parametrize(("width", "height"), [(320, 600), (360, 740), (640, 360)])
async def test_long_things_stay_inside(browser, house, width, height):  # noqa: F811
    """Long words, links, code and tables never make the page scroll sideways: down to 320 px, and at 200 % zoom."""
    async with visiting(
        browser, "en", viewport={"width": width, "height": height}, reduced_motion="reduce"
    ) as visitor:
        await visitor.opens(house.address)
        await is_sound(visitor)
        await visitor.asks("odd " + "x" * 300)
        await is_sound(visitor)
        await visitor.source(1).click()
        await is_sound(visitor)


@pytest.mark.parametrize("locale", ["zh", "en"])
async def test_accessible_names(browser, house, locale):  # noqa: F811
    """Everything has the role and name that docs/protocol.md promises."""
    async with visiting(browser, locale) as visitor:
        await visitor.opens(house.address)
        page = visitor.page
        for what in ("language", "theme", "new", "history", "send"):
            await expect(visitor.button(what)).to_be_visible()
        await expect(visitor.group("examples")).to_be_visible()
        notice = page.get_by_role("note", name=visitor.name("notice"))
        await expect(notice).to_be_visible()
        await visitor.asks("投票" if locale == "zh" else "vote")
        await expect(visitor.log).to_be_visible()
        await expect(
            visitor.answer.get_by_role("list", name=visitor.name("sources"), exact=True)
        ).to_be_visible()
        for what in ("up", "down", "copy", "regenerate"):
            await expect(visitor.button(what)).to_be_visible()
        await expect(visitor.button("up")).to_have_attribute("aria-pressed", "false")
        await expect(visitor.source(1)).to_have_count(1)
        await expect(visitor.group("follow_ups").get_by_role("button")).to_have_count(2)


async def test_an_answer_is_announced_once(alice, house):
    """A screen reader hears the finished answer once, with its sources counted, and none of its pieces."""
    await alice.page.evaluate(
        """() => {
            window.heard = [];
            const node = document.getElementById("announcer");
            const hear = () => node.textContent && window.heard.push(node.textContent);
            new MutationObserver(hear).observe(node, { childList: true });
        }"""
    )
    await alice.asks("How do I write a proposal?")
    await alice.page.wait_for_timeout(150)
    heard = await alice.page.evaluate("window.heard")
    assert len(heard) == 1
    assert heard[0].startswith("Answer: Open a draft in the #proposals channel")
    assert heard[0].endswith("2 sources")
    await expect(alice.log).to_have_attribute("aria-live", "off")


# Using it


async def test_by_keyboard_alone(alice, house):
    """Ask, open a citation, come back, vote with a reason: no mouse, and the focus is never lost."""
    page = alice.page
    await expect(alice.question).to_be_focused()
    await page.keyboard.type("How do I")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("write a proposal?")
    await page.keyboard.press("Enter")
    await alice.is_answered()
    assert house.asked()[0]["data"]["text"] == "How do I\nwrite a proposal?"
    await expect(alice.question).to_be_focused()

    cite = alice.answer.get_by_role("button", name="Citation 1", exact=True)
    await cite.focus()
    await page.keyboard.press("Enter")
    await expect(alice.dialog.locator("mark")).to_have_text("Collect comments for at least five days.")
    await page.keyboard.press("ArrowRight")
    await expect(alice.dialog.get_by_role("heading", level=2)).to_have_text("投票与法定人数")
    await page.keyboard.press("Escape")
    await expect(alice.dialog).to_be_hidden()
    await expect(cite).to_be_focused()

    await alice.button("down").focus()
    await page.keyboard.press("Enter")
    await expect(alice.group("reasons").get_by_label("It is wrong")).to_be_focused()
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Tab")
    await page.keyboard.type("The budget rule changed.")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(alice.button("down")).to_be_focused()
    await expect(alice.answer).to_contain_text("Noted, thank you.")
    votes = [frame["data"] for frame in house.asked("vote")]
    assert [vote.get("reason") for vote in votes] == [None, "outdated"]
    assert votes[1]["words"] == "The budget rule changed."
    await expect(alice.button("down")).to_have_attribute("aria-pressed", "true")


async def test_the_skip_link_comes_first(alice, house):
    """The first Tab offers the way past the head, to the question."""
    await alice.page.evaluate("document.activeElement.blur()")
    await alice.page.keyboard.press("Tab")
    await alice.page.keyboard.press("Enter")
    await expect(alice.question).to_be_focused()


async def test_an_input_method_is_never_cut_short(alice, house):
    """Enter that chooses a word while composing Chinese sends nothing; the next Enter does."""
    devtools = await alice.page.context.new_cdp_session(alice.page)
    await alice.question.focus()
    await devtools.send("Input.imeSetComposition", {"text": "ti'an", "selectionStart": 5, "selectionEnd": 5})
    await alice.page.keyboard.press("Enter")
    for fields in ({"isComposing": True}, {"keyCode": 229}):
        await alice.question.dispatch_event("keydown", {"key": "Enter", "bubbles": True, **fields})
    assert house.asked() == []
    await devtools.send("Input.insertText", {"text": "提案怎么投票"})
    await alice.page.keyboard.press("Enter")
    await alice.is_answered()
    assert [frame["data"]["text"] for frame in house.asked()] == ["提案怎么投票"]


async def test_votes_copy_and_regenerate(alice, house):
    """A vote is shown pressed; copying takes the sources along; 🔁 and follow-ups press their signed buttons."""
    await alice.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await alice.group("examples").get_by_role("button").first.click()
    await alice.is_answered()
    await alice.button("up").click()
    await expect(alice.button("up")).to_have_attribute("aria-pressed", "true")
    await expect(alice.answer).to_contain_text("Noted, thank you.")
    await alice.button("copy").click()
    copied = await alice.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(ANSWER_EN)
    assert "[1] Writing a proposal (https://example.org/proposals)" in copied
    await alice.button("regenerate").click()
    await expect(alice.answers).to_have_count(2)
    await alice.is_answered()
    await alice.group("follow_ups").get_by_role("button", name="Who counts the votes?").click()
    await expect(alice.answers).to_have_count(3)
    await alice.is_answered()
    assert [frame["type"] for frame in house.received if frame["type"] in ("ask", "press")] == [
        "ask",
        "press",
        "press",
    ]
    await expect(alice.group("follow_ups")).to_have_count(1)


async def test_a_refused_vote_is_taken_back(alice, house):
    """When the server does not accept a vote, the button is not shown pressed and the reason is told."""
    await alice.asks("How do I write a proposal?")
    house.refuse_votes = "This button is not ours."
    await alice.button("up").click()
    await expect(alice.answer).to_contain_text("This button is not ours.")
    await expect(alice.button("up")).to_have_attribute("aria-pressed", "false")


async def test_the_three_outcomes_differ(alice, house):
    """Related and unknown say so before anything else; an answer needs no banner."""
    await alice.asks("How do I write a proposal?")
    await expect(alice.answer.locator(".banner")).to_be_hidden()
    await alice.asks("related")
    await expect(alice.answer.locator(".banner")).to_have_text("This is related, but it may not answer you.")
    await alice.asks("unknown")
    await expect(alice.answer.locator(".banner")).to_have_text("The documents don't say")
    await expect(alice.answer).to_contain_text("Nearest documents")
    await alice.asks("silent")
    await expect(alice.answer.locator("p:visible").filter(has_text="The documents don't say")).to_have_count(
        1
    )


async def test_stopping(alice, house):
    """Esc stops the answer that is being written; what was said stays."""
    await alice.asks("slow", wait=False)
    await expect(alice.answer).to_contain_text("collect comments")
    await alice.page.keyboard.press("Escape")
    await alice.is_answered()
    await expect(alice.answer).to_contain_text("Stopped")
    await expect(alice.answer).to_contain_text("collect comments")
    assert house.asked("cancel")[0]["data"]["of"] == house.asked()[0]["id"]
    await expect(alice.question).to_be_focused()


async def test_an_error_can_be_tried_again(alice, house):
    """An error shows its sentence; trying again waits as long as the server asked."""
    await alice.asks("limit")
    await expect(alice.answer).to_contain_text("Too many questions; please wait a moment.")
    again = alice.answer.get_by_role("button", name=re.compile("Try again"))
    await expect(again).to_be_disabled()
    await expect(again).to_be_enabled(timeout=5000)
    await again.click()
    await expect(alice.answers).to_have_count(1)
    await alice.is_answered()
    assert len({frame["id"] for frame in house.asked()}) == 2


async def test_language_and_theme_are_remembered(alice, house):
    """Both switches change the whole page at once and outlive a reload."""
    await alice.asks("How do I write a proposal?")
    await alice.button("theme").click()
    await alice.button("language").click()
    alice.locale = "zh"
    await alice.is_connected()
    await alice.page.reload()
    await alice.is_connected()
    root = alice.page.locator("html")
    await expect(root).to_have_attribute("lang", "zh-CN")
    await expect(root).to_have_attribute("data-theme", "dark")
    await expect(alice.answer).to_contain_text("Open a draft")
    assert house.asked("hello")[-1]["data"]["locale"] == "zh"
    await alice.button("theme").click()
    await expect(root).not_to_have_attribute("data-theme", "dark")


async def test_the_limit_is_counted_in_characters(alice, house):
    """The counter appears near the limit, counts an emoji as one, and a question that is too long is not sent."""
    counter = alice.page.locator("#counter")
    await alice.question.fill("x" * 1000)
    await expect(counter).to_have_text("")
    await alice.question.fill("🏮" * 1990)
    await expect(counter).to_have_text("10 characters left")
    await alice.question.fill("🏮" * 2003)
    await expect(counter).to_have_text("3 characters too long")
    await alice.question.press("Enter")
    await expect(alice.question).to_have_attribute("aria-invalid", "true")
    assert house.asked() == []


async def test_following_lets_go(alice, house):
    """The page follows the end of an answer until one scrolls up; a button leads back."""
    await alice.asks("odd")
    house.gate.clear()
    await alice.asks("held", wait=False)
    await expect(alice.answer).to_contain_text("Paragraph 50")
    await until_near(alice)
    await alice.page.mouse.move(500, 300)
    await alice.page.mouse.wheel(0, -600)
    await alice.page.wait_for_timeout(200)
    top = await alice.page.evaluate("scrollY")
    house.pace = 0.01
    house.gate.set()
    await expect(alice.answer).to_contain_text("Paragraph 70")
    assert await alice.page.evaluate("scrollY") == top
    await alice.page.get_by_role("button", name="Jump to latest").click()
    await until_near(alice)


async def until_near(visitor: Visitor, seconds: float = 10.0) -> None:
    """Wait until the end of the page is in sight; a busy machine paints late."""
    end = time.monotonic() + seconds
    while (away := await distance(visitor)) >= 40:
        assert time.monotonic() < end, f"{away} px from the end"
        await visitor.page.wait_for_timeout(20)


async def distance(visitor: Visitor) -> float:
    """How many pixels the end of the page is away."""
    return await visitor.page.evaluate("document.documentElement.scrollHeight - innerHeight - scrollY")


async def test_a_long_answer_stays_responsive(alice, house):
    """While 10,000 words stream in, typing goes on; no script holds the page for half a second."""
    await alice.page.evaluate(
        """() => {
            window.longest = 0;
            new PerformanceObserver((list) => {
                for (const entry of list.getEntries()) window.longest = Math.max(window.longest, entry.duration);
            }).observe({ type: "longtask" });
        }"""
    )
    await alice.asks("long", wait=False)
    await alice.question.press_sequentially("and then?")
    await alice.is_answered()
    await expect(alice.answer).to_contain_text("Paragraph 109")
    assert len((await alice.answer.inner_text()).split()) > 10_000
    await expect(alice.question).to_have_value("and then?")
    assert await alice.page.evaluate("window.longest") < 500


# Nothing is lost


async def test_a_cut_in_the_middle_of_an_answer(alice, house):
    """The server dies in the middle of a sentence: the page comes back, hears what it missed, and asks nothing twice."""
    await alice.asks("slow", wait=False)
    await expect(alice.answer).to_contain_text("collect comments")
    house.refuse = True
    await house.cut()
    await alice.is_connected("reconnecting")
    await is_sound(alice)
    house.gate.set()
    house.refuse = False
    await alice.is_answered()
    await expect(alice.answer).to_contain_text("Votes count when at least 20 % of active members take part.")
    await alice.is_connected()
    assert len(house.asked()) == 1
    assert house.asked("hello")[-1]["data"]["after"] > 0


async def test_a_question_asked_while_offline(alice, house):
    """A question asked without a connection is kept, even across a reload of the page, and sent once, with one id."""
    house.refuse = True
    await house.cut()
    await alice.is_connected("reconnecting")
    await alice.asks("How do I write a proposal?", wait=False)
    await expect(alice.answer).to_contain_text("Sent when connected")
    await alice.page.reload()
    await expect(alice.answer).to_contain_text("Sent when connected")
    assert house.asked() == []
    house.refuse = False
    await alice.is_answered()
    await expect(alice.answer).to_contain_text("Open a draft")
    assert len(house.asked()) == 1
    await alice.page.reload()
    await alice.is_connected()
    assert len(house.asked()) == 1


async def test_a_reload_in_the_middle_of_an_answer(alice, house):
    """Reloading while words stream resumes them; drafts and votes are there again too."""
    await alice.asks("How do I write a proposal?")
    await alice.button("up").click()
    await expect(alice.answer).to_contain_text("Noted")
    await alice.asks("slow", wait=False)
    await expect(alice.answer).to_contain_text("collect comments")
    await alice.question.fill("a draft")
    await alice.page.reload()
    await expect(alice.answer).to_contain_text("collect comments")
    await expect(alice.question).to_have_value("a draft")
    house.gate.set()
    await alice.is_answered()
    await expect(alice.answers).to_have_count(2)
    await expect(alice.answers.first.get_by_role("button", name="Helpful", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )


async def test_two_tabs_show_one_conversation(alice, house):
    """What is asked in one tab appears in the other, question and answer."""
    await alice.asks("How do I write a proposal?")
    second = await another_tab(alice.page.context)
    await second.opens(house.address)
    await expect(second.answers).to_have_count(1)
    await alice.asks("related")
    await expect(second.answers).to_have_count(2)
    await second.is_answered()
    await expect(second.page.get_by_role("heading", name="You asked: related")).to_be_visible()
    await second.asks("unknown")
    await expect(alice.answers).to_have_count(3)
    assert second.troubles == []


async def test_a_gap_is_filled_from_the_history(alice, house):
    """Where the server no longer has all frames, the page asks for the history and shows what it missed."""
    await alice.asks("How do I write a proposal?")
    house.refuse = True
    await house.cut()
    await alice.is_connected("reconnecting")
    session = next(iter(house.sessions.values()))
    await house._answer(session, "c-elsewhere", "unknown")
    house.forgotten = len(session.frames) - 1
    house.refuse = False
    await expect(alice.answers).to_have_count(2, timeout=10_000)
    await expect(alice.answer).to_contain_text("I found nothing about this")
    await expect(alice.page.get_by_role("heading", name="You asked: unknown")).to_be_visible()


async def test_a_server_that_lost_the_session(alice, house):
    """What was said stays readable; the next question starts a conversation of its own; a reload starts empty."""
    await alice.asks("How do I write a proposal?")
    house.forget()
    await house.cut()
    await expect(alice.log).to_contain_text("An earlier conversation", timeout=10_000)
    await expect(alice.answer).to_contain_text("Open a draft")
    await alice.question.fill("related")
    await alice.question.press("Enter")
    await expect(alice.answer).to_contain_text("may not answer you")
    await expect(alice.answers).to_have_count(1)
    house.forget()
    await alice.page.reload()
    await alice.is_connected()
    await expect(alice.group("examples")).to_be_visible()
    await alice.button("history").click()
    past = alice.page.get_by_role("dialog", name="History").get_by_role(
        "button", name=re.compile("^(How do I|related)")
    )
    await expect(past).to_have_count(2)


async def test_conversations_are_kept_and_switched(alice, house):
    """A new conversation starts empty; the history leads back and resumes; what is removed is gone."""
    await alice.asks("How do I write a proposal?")
    await alice.button("new").click()
    await expect(alice.group("examples")).to_be_visible()
    await alice.is_connected()
    await alice.asks("related")
    await expect(alice.answers).to_have_count(1)
    await alice.button("history").click()
    history = alice.page.get_by_role("dialog", name="History")
    await history.get_by_role("button", name=re.compile("^How do I write")).click()
    await expect(alice.answer).to_contain_text("Open a draft")
    await alice.is_connected()
    await alice.asks("unknown")
    await expect(alice.answers).to_have_count(2)
    await alice.button("history").click()
    await history.get_by_role("button", name="Remove from history: related").click()
    await expect(history.get_by_role("listitem")).to_have_count(1)
    await alice.page.keyboard.press("Escape")
    assert len(house.sessions) == 2


# Nobody gets in


async def test_what_an_answer_says_is_text(alice, house):
    """Markup and script in answers, sources, follow-ups and questions are shown as they were written; links are http."""
    await alice.asks("evil <img src=x onerror=window.pwned=1>")
    await expect(alice.answer).to_contain_text("<script>window.pwned=1</script>")
    await alice.source(1).click()
    await expect(alice.dialog.locator("mark")).to_have_text("<img src=x onerror=window.pwned=1>")
    await expect(alice.dialog.get_by_role("link")).to_have_count(0)
    await alice.page.keyboard.press("Escape")
    await alice.button("history").click()
    await alice.page.keyboard.press("Escape")
    await alice.page.reload()
    await alice.is_connected()
    await expect(alice.answer).to_contain_text("<script>window.pwned=1</script>")
    assert await alice.page.evaluate("window.pwned") is None
    assert (
        await alice.page.locator(".log :is(script, img, iframe, svg[onload], [onerror], [style])").count()
        == 0
    )
    links = await alice.page.eval_on_selector_all(".log a", "(all) => all.map((a) => [a.protocol, a.rel])")
    assert all(protocol in ("http:", "https:") and "noopener" in rel for protocol, rel in links)


MARKDOWN = [
    ("a **b** *c* `d` ~~e~~", "<p>a <strong>b</strong> <em>c</em> <code>d</code> <s>e</s></p>"),
    ("**中文**加粗", "<p><strong>中文</strong>加粗</p>"),
    ("snake_case_word 2*3*4", "<p>snake_case_word 2<em>3</em>4</p>"),
    ("- a\n- b\n  1. c\n  2. d", "<ul><li>a</li><li>b<ol><li>c</li><li>d</li></ol></li></ul>"),
    ("3. c\n4. d", '<ol start="3"><li>c</li><li>d</li></ol>'),
    ("# T\n## U", '<h3 class="level-1">T</h3><h3 class="level-2">U</h3>'),
    ("> q\n> r", "<blockquote><p>q<br>r</p></blockquote>"),
    ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
    ("<b>x</b> &amp;", "<p>&lt;b&gt;x&lt;/b&gt; &amp;amp;</p>"),
    ("\\*not\\* bold", "<p>*not* bold</p>"),
    ("cited [1] and [9]", "<p>cited <i>1</i> and [9]</p>"),
    ("行" * 30 + "\n" + "字" * 3, "<p>" + "行" * 30 + "字" * 3 + "</p>"),
    ("short\nlines", "<p>short<br>lines</p>"),
    ("unclosed **bold", "<p>unclosed **bold</p>"),
    ("---", "<hr>"),
]


async def test_the_small_markdown(alice, house):
    """Each mark becomes its element, everything else stays text."""
    show = """async (texts) => {
        const { Prose } = await import("/static/js/markdown-view.js");
        return texts.map((text) => {
            const prose = new Prose();
            prose.update(text, (n) => n === 1 ? Object.assign(document.createElement("i"), { textContent: n }) : null);
            return prose.node.innerHTML;
        });
    }"""
    shown = await alice.page.evaluate(show, [text for text, _ in MARKDOWN])
    assert shown == [html for _, html in MARKDOWN]


async def test_markdown_takes_hostile_text_in_time(alice, house):
    """Thousands of unclosed marks are parsed in under two seconds."""
    hostile = [
        "*" * 20_000,
        "[" * 20_000,
        "`a" * 10_000,
        "> " * 5_000,
        "**a" * 7_000,
        "- " * 5_000,
        "|a" * 9_000 + "\n" + "|-" * 9_000,
    ]
    took = await alice.page.evaluate(
        """async (texts) => {
            const { Prose } = await import("/static/js/markdown-view.js");
            const start = performance.now();
            for (const text of texts) new Prose().update(text);
            return performance.now() - start;
        }""",
        hostile,
    )
    assert took < 2000


MARKS = [
    ("# T\n\nOne. Two is here. Three.", "Two is here."),
    ("- first\n- **second** thing\n", "- **second** thing"),
    ("| a | b |\n|---|---|\n| 20% | half |", "| 20% | half |"),
    ("中文。🏮灯亮着。完。", "🏮灯亮着。"),
    ("see [a](https://example.org/x) now", "https://example.org/x"),
]


async def test_the_quote_is_marked(alice, house):
    """The quoted words are marked, also across bold, lists, tables and characters beyond 16 bits."""
    mark = """async (cases) => {
        const { passageOf } = await import("/static/js/passage.js");
        const marks = (source) => Array.from(passageOf(source).querySelectorAll("mark"), (m) => m.textContent);
        return cases.map(([passage, start, end]) => marks({ passage, start, end }));
    }"""
    cases = [[passage, passage.index(quote), passage.index(quote) + len(quote)] for passage, quote in MARKS]
    marked = await alice.page.evaluate(mark, cases)
    assert marked == [
        ["Two is here."],
        ["second", " thing"],
        ["20%", "half"],
        ["🏮灯亮着。"],
        ["https://example.org/x"],
    ]


async def test_stages_never_go_back(alice, house):
    """``received`` that arrives after ``searching`` changes nothing; a stop before any word says so once."""
    said = await alice.page.evaluate(
        """async () => {
            const { Conversation, newTurn } = await import("/static/js/conversation.js");
            const talk = new Conversation({ key: "k" });
            const turn = talk.add(newTurn("c1", { question: "q", state: "sent" }));
            let seq = 0;
            const take = (type, data) => talk.take({ id: "c1", seq: (seq += 1), type, data });
            take("progress", { stage: "searching" });
            take("progress", { stage: "received" });
            const stage = turn.stage;
            take("done", { answer: "a", outcome: "stopped", text: "Stopped.", label: "none", buttons: [], follow_ups: [] });
            take("delta", { answer: "a", offset: 0, text: "late" });
            return [stage, turn.state, turn.outcome, turn.text];
        }"""
    )
    assert said == ["searching", "done", "stopped", ""]
