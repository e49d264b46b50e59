"""Privacy: what is kept is shown, consent is off, forgetting is confirmed and complete, languages stay."""

from yinlu_testing import community
from yinlu_testing.community import START

from bot_core.actions import Action
from bot_core.identity import ADMIN, Locale, short_id

pytest_plugins = ["yinlu_testing.redis"]
house = community.house
KINDS = ("seen", "language", "path", "handover", "subscription", "pending", "code")


async def test_consent_is_off_until_it_is_given_and_can_be_taken_back(house):
    """The button switches it and shows how it stands."""
    alice = house.member("alice")
    (shown,) = await alice.types("privacy")
    assert shown.private
    assert "Export: off" in shown.text
    (agreed,) = await alice.presses(shown, "Allow")
    assert "you agreed" in agreed.text
    assert await house.ledger.consent("east:alice")
    (stopped,) = await alice.presses(agreed, "Stop")
    assert "Export: off" in stopped.text


async def test_what_one_waits_for_is_listed(house):
    """The questions with a bell are on the page."""
    alice = house.member("alice")
    (unknown,) = await alice.says("Who repairs the crane?")
    await alice.presses(unknown, "Tell me")
    (shown,) = await alice.types("privacy")
    assert "Who repairs the crane?" in shown.text


async def test_forgetting_asks_first_and_leaves_counts_alone(house):
    """On every linked account nothing of the person remains, anywhere; the counts of their path do."""
    alice, west = house.member("alice"), house.member("al", "west")
    (shown,) = await alice.types("link")
    await west.types("link", code=shown.text.split("`")[1])
    boss = house.member("boss", roles=frozenset({ADMIN})).goes("helpers-room")
    await boss.types("helpers")
    await alice.joins()
    (unknown,) = await west.says("Who repairs the crane?")
    for label in ("human", "Tell me", "👎"):
        await west.presses(unknown, label)
    await alice.forges(Action.LANGUAGE)
    await alice.types("link")
    (sure,) = await west.types("forgetme")
    (kept,) = await west.presses(sure, "取消")
    assert "没有删" in kept.text
    await west.presses(sure, "全部忘掉")
    left = [fact for kind in KINDS for fact in await house.ledger.facts(kind) if "al" in fact.person]
    assert left == []
    assert await house.ledger.answers(None) == []
    assert await house.ledger.votes(None) == []
    assert await house.ledger.person_of("west:al") == "west:al"
    assert (await house.ledger.counted("harbour", "path", START))["began"] == 1


async def test_another_persons_privacy_button_does_nothing(house):
    """Neither consent nor forgetting can be pressed for somebody else."""
    alice = house.member("alice")
    await alice.says("hello")
    (sure,) = await alice.types("forgetme")
    (refused,) = await house.member("mallory").presses(sure, "Forget")
    assert refused.error == "NotAllowed"
    (refused,) = await house.member("mallory").forges(
        Action.CONSENT, short_id("person", "east:alice"), index=1
    )
    assert refused.error == "NotAllowed"
    assert len(await house.ledger.answers("harbour")) == 1


async def test_a_chosen_language_is_used_everywhere_afterwards(house):
    """Chosen by its button on one platform, spoken on all accounts, known to adapters."""
    alice = house.member("alice")
    (asked,) = await alice.types("language")
    (done,) = await alice.presses(asked, "中文")
    assert "中文" in done.text
    (shown,) = await alice.types("privacy")
    assert "我记下的" in shown.text
    assert await house.parts.languages.locale_of("east:alice") is Locale.ZH


async def test_forgetting_ends_what_else_knows_the_person(house):
    """Whatever was opened beside the ledger (a platform's sessions) is told who left, once they confirmed."""
    left = []

    async def leave(person):
        left.append(person.id)

    house.parts.privacy.leaving.append(leave)
    alice = house.member("alice")
    (sure,) = await alice.types("forgetme")
    assert left == []
    await alice.presses(sure, "Forget everything")
    assert left == ["east:alice"]
