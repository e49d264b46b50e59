"""What every moderator promises, and what the rules' one does with a community's list."""

import asyncio
import json

import pytest

from bot_core.clock import ManualClock
from bot_core.errors import BadInput, EngineDown
from bot_core.ports.safety import Decision, Verdict
from bot_safety import AllowAll, Guarded, MemoryModerator, Rule, RuleModerator, parse_rules

ALLOW, MASK, REVIEW, REFUSE = Decision.ALLOW, Decision.MASK, Decision.REVIEW, Decision.REFUSE
RULES = [
    {"category": "scam", "decision": "refuse", "words": ["airdrop bonus", "刷单返利"]},
    {"category": "insult", "decision": "mask", "words": ["nitwit", "笨蛋"]},
    {"category": "price", "decision": "review", "patterns": ["\\d{1,6} ?usdt"]},
    {"category": "pets", "decision": "allow", "words": ["cat"]},
    {"category": "leak", "decision": "refuse", "words": ["lamp code"], "direction": "outgoing"},
    {"category": "ads", "decision": "refuse", "words": ["promo"], "unless": ["report"]},
]


def stored(rules):
    """A settings' reader with one community's list."""

    async def read(community, name):
        assert name == "moderation"
        return json.dumps(rules) if community == "harbour" else None

    return read


def rule_moderator():
    return RuleModerator(stored(RULES))


def memory_moderator():
    return MemoryModerator(
        {
            "airdrop bonus": Verdict(REFUSE, "scam"),
            "笨蛋": Verdict(MASK, "insult", "你这个**!"),
            "50 usdt": Verdict(REVIEW, "price"),
        }
    )


def guarded():
    return Guarded(rule_moderator(), closed=True)


@pytest.mark.parametrize("make", [rule_moderator, memory_moderator, guarded])
async def test_a_moderator_allows_masks_reviews_and_refuses(make):
    """Each verdict names its category; a masked text comes back with the rest untouched."""
    moderator = make()
    assert await moderator.text("harbour", "怎么加入?") == Verdict(ALLOW)
    assert await moderator.text("harbour", "get your airdrop bonus now") == Verdict(REFUSE, "scam")
    assert await moderator.text("harbour", "你这个笨蛋!") == Verdict(MASK, "insult", "你这个**!")
    assert await moderator.text("harbour", "only 50 usdt") == Verdict(REVIEW, "price")
    assert (await moderator.picture("harbour", b"picture")).decision is ALLOW


@pytest.mark.parametrize("text", ["airdrop bonus", "刷单返利", "child porn"])
async def test_allow_all_allows_all(text):
    """The twin without rules lets everything pass."""
    assert await AllowAll().text("harbour", text) == Verdict(ALLOW)
    assert await AllowAll().picture("harbour", b"") == Verdict(ALLOW)


async def test_a_listed_picture_gets_its_verdict():
    """The twin judges pictures as it was told."""
    moderator = MemoryModerator(pictures={b"bad": Verdict(REFUSE, "gore")})
    assert await moderator.picture("harbour", b"bad") == Verdict(REFUSE, "gore")


@pytest.mark.parametrize(
    "text",
    [
        "AIRDROP BONUS",
        "airdrop  bonus",
        "airdrop-bonus",
        "air\u200bdrop bo\u00adnus",
        "аirdrор bоnus",  # Cyrillic а, р, о
        "airdrop bonus",
        "áirdröp bònus",
        "𝐚𝐢𝐫𝐝𝐫𝐨𝐩 𝓫𝓸𝓷𝓾𝓼",
        "(airdrop bonus)!",
        "免费airdrop bonus来了",
        "刷 单 返 利",
        "刷-单/返_利",
        "刷\u200b单\u2060返利",
    ],
)
async def test_disguises_are_seen_through(text):
    """Case, width, accents, look-alikes, hidden letters and gaps don't hide a listed word."""
    assert (await rule_moderator().text("harbour", text)).decision is REFUSE


@pytest.mark.parametrize(
    "text", ["category of cats", "airdropping bonuses", "concatenate", "刷一下单子,有返回利息"]
)
async def test_a_word_within_a_word_is_not_it(text):
    """Words match as words: Scunthorpe is a town."""
    assert (await rule_moderator().text("harbour", text)).decision is ALLOW


async def test_masks_cover_what_was_written():
    """The disguise itself is masked, letter by letter, and nothing else."""
    verdict = await rule_moderator().text("harbour", "Du NITWIT, 你个笨\u200b 蛋 x nitwit")
    assert verdict.text == "Du ******, 你个**** x ******"


async def test_the_strictest_rule_decides():
    """Refuse over review over mask over allow."""
    moderator = rule_moderator()
    assert (await moderator.text("harbour", "nitwit, 50 usdt")).decision is REVIEW
    assert (await moderator.text("harbour", "nitwit, 50 usdt, airdrop bonus")).category == "scam"


async def test_directions_and_exceptions():
    """A rule may hold for what goes out alone, and keep out where an exception stands."""
    moderator = rule_moderator()
    assert (await moderator.text("harbour", "lamp code")).decision is ALLOW
    assert (await moderator.text("harbour", "lamp code", outgoing=True)).decision is REFUSE
    assert (await moderator.text("harbour", "promo")).decision is REFUSE
    assert (await moderator.text("harbour", "how do I report a promo?")).decision is ALLOW


async def test_lists_belong_to_their_community():
    """Another community's list means nothing here."""
    assert (await rule_moderator().text("other", "airdrop bonus")).decision is ALLOW


@pytest.mark.parametrize(
    ("text", "decision"),
    [
        ("draw child porn", REFUSE),
        ("画一张儿童色情图", REFUSE),
        ("how do I report child porn?", ALLOW),
        ("怎么举报儿童色情?", ALLOW),
        ("rules for children at meetups", ALLOW),
        ("小孩可以参加聚会吗", ALLOW),
    ],
)
async def test_the_built_in_set_is_what_nobody_disputes(text, decision):
    """Refused on the way in, in every community; asking about it is not."""
    moderator = RuleModerator()
    assert (await moderator.text("any", text)).decision is decision
    assert (await moderator.text("any", text, outgoing=True)).decision is ALLOW


async def test_a_list_is_read_again_when_it_is_no_longer_fresh():
    """An admin's change takes effect within the stated seconds, and a list is not read for each message."""
    clock, lists, reads = ManualClock(), {"now": None}, []

    async def read(community, name):
        reads.append(community)
        return lists["now"]

    moderator = RuleModerator(read, clock=clock, fresh=30)
    assert (await moderator.text("harbour", "promo")).decision is ALLOW
    lists["now"] = json.dumps([{"category": "ads", "decision": "refuse", "words": ["promo"]}])
    assert (await moderator.text("harbour", "promo")).decision is ALLOW
    assert reads == ["harbour"]
    clock.advance(31)
    assert (await moderator.text("harbour", "promo")).decision is REFUSE


async def _down(community, name):
    raise EngineDown("ledger")


async def _broken(community, name):
    return "{not json"


async def _hangs(community, name):
    await asyncio.sleep(60)


@pytest.mark.parametrize("read", [_down, _broken, _hangs])
@pytest.mark.parametrize(("closed", "decision"), [(True, REFUSE), (False, ALLOW)])
async def test_a_moderator_that_fails_is_decided_for(read, closed, decision):
    """Down, broken or slow: closed refuses, open allows, and both say so in the log."""
    moderator = Guarded(RuleModerator(read), closed=closed, seconds=0.05)
    assert (await moderator.text("harbour", "hello")).decision is decision


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "{}",
        '["x"]',
        '[{"category": "", "decision": "mask"}]',
        '[{"category": "a", "decision": "burn"}]',
        '[{"category": "a", "decision": "mask", "words": "x"}]',
        '[{"category": "a", "decision": "mask", "words": [""]}]',
        '[{"category": "a", "decision": "mask", "words": ["\\u200b"]}]',
        '[{"category": "a", "decision": "mask", "wordz": []}]',
        '[{"category": "a", "decision": "mask", "direction": "up"}]',
        *(
            json.dumps([{"category": "a", "decision": "mask", "patterns": [pattern]}])
            for pattern in (
                "(a+)+$",
                "a*",
                "(ab){2}",
                "a{1,}",
                "a{1,999}",
                "(?=a)",
                r"(a)\1",
                "(",
                "a{1,9}b{1,9}c{1,9}",
            )
        ),
    ],
)
def test_a_list_that_is_wrong_is_refused_with_the_place(wrong):
    """An admin reads what is wrong; patterns that could run for ever are refused when stored."""
    with pytest.raises(BadInput) as refused:
        parse_rules(wrong)
    assert refused.value.words.zh.startswith("审核规则有误")


def test_a_list_that_is_right_is_read():
    """Words, patterns, exceptions and directions, as written."""
    (rule,) = parse_rules(
        '[{"category": "ads", "decision": "mask", "words": ["加微信"], "patterns": ["v[x信]: ?\\\\w{3,20}"]}]'
    )
    assert rule == Rule("ads", MASK, ("加微信",), ("v[x信]: ?\\w{3,20}",))
    assert rule.spans("请加微信 vx: abc123")


async def test_long_texts_against_long_lists_take_no_time():
    """2,000 words and the worst patterns allowed, on a long text: well within a moderator's time."""
    words = [f"word{number} bad" for number in range(1000)] + [f"坏词{number}号" for number in range(1000)]
    rules = [
        {"category": "w", "decision": "refuse", "words": words},
        {"category": "p", "decision": "refuse", "patterns": ["a{0,30}a{0,30}b", "[ab]{0,30}[ab]{0,30}c"]},
    ]
    moderator = RuleModerator(stored(rules))
    start = asyncio.get_running_loop().time()
    assert (await moderator.text("harbour", "a" * 4000)).decision is ALLOW
    assert asyncio.get_running_loop().time() - start < 3
