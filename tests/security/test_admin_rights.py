"""Rights: every administrative action x role x community; all that is not allowed is denied, forged presses too."""

import pytest
from yinlu_testing import community

from bot_core.actions import Action
from bot_core.events import Attachment
from bot_core.identity import ADMIN, HELPER, short_id

pytest_plugins = ["yinlu_testing.redis"]
house = community.house
COMMANDS = {
    "documents": {},
    "forget": {"source": "a.md"},
    "reload": {},
    "stats": {},
    "pause": {},
    "resume": {},
    "speak": {"mode": "off"},
    "helpers": {"where": "here"},
    "bind": {"code": "AAAAAAAA"},
}
ROLES = (frozenset(), frozenset({HELPER}), frozenset({"Admin", "ADMIN", "moderator", "administrator"}))


async def unchanged(house):
    """Tell that nothing was changed or written down."""
    settings = [
        await house.ledger.setting("harbour", name) for name in ("paused", "speak:east:square", "helpers")
    ]
    return settings == [None] * 3 and await house.ledger.facts("audit") == []


@pytest.mark.parametrize("roles", ROLES, ids=["nobody", "helper", "others"])
@pytest.mark.parametrize("command", COMMANDS)
async def test_a_command_without_the_right_is_refused(house, command, roles):
    """In one's own community and on every platform; nothing changes."""
    for platform in ("east", "west"):
        (refused,) = await house.member("mallory", platform, roles=roles).types(command, **COMMANDS[command])
        assert refused.error == "NotAllowed"
        assert refused.private
    assert await unchanged(house)


@pytest.mark.parametrize("command", COMMANDS)
async def test_an_administrator_by_another_communitys_setting_is_nobody_here(house, command):
    """The hill's administrators have no rights at the harbour."""
    await house.ledger.set_setting("hill", "admins", "east:mallory")
    (refused,) = await house.member("mallory").types(command, **COMMANDS[command])
    assert refused.error == "NotAllowed"
    assert await unchanged(house)


async def test_an_administrator_changes_their_own_community_alone(house):
    """Pausing the hill leaves the harbour awake."""
    await house.ledger.bind("east", "hill-home", "hill")
    boss = house.member("boss", roles=frozenset({ADMIN})).goes("square", "hill-home")
    await boss.types("pause")
    assert await house.ledger.setting("hill", "paused") == "yes"
    assert await house.ledger.setting("harbour", "paused") is None


async def test_confirmations_pressed_by_others_or_from_elsewhere_do_nothing(house):
    """A member's press, another community's token and a random one are all refused."""
    house.shelf.texts["harbour", "a.md"] = "x"
    boss, mallory = house.member("boss", roles=frozenset({ADMIN})), house.member("mallory")
    (sure,) = await boss.types("forget", source="a.md")
    (refused,) = await mallory.presses(sure, "Yes")
    assert refused.error == "NotAllowed"
    subject = short_id("confirm", "east:1", "a.md")
    for other in ("hill", ""):
        (forged,) = await mallory.forges(Action.CONFIRM, subject, other)
        assert forged.error == "ForgedButton"
    (paged,) = await mallory.forges(Action.PAGE)
    assert paged.error == "NotAllowed"
    await house.ledger.bind("east", "hill-home", "hill")
    (foreign,) = await boss.goes("square", "hill-home").presses(sure, "Yes")
    assert foreign.error == "ForgedButton"
    assert ("harbour", "a.md") in house.shelf.texts


@pytest.mark.parametrize("action", [Action.TAKE, Action.RESPOND, Action.CURATE, Action.CLOSE])
async def test_a_helpers_button_needs_a_helper(house, action):
    """Who neither has the role nor sits in the helpers' place is refused."""
    (refused,) = await house.member("mallory").forges(action, "ab" * 12)
    assert refused.error == "NotAllowed"
    (refused,) = await house.member("mallory").types("waiting")
    assert refused.error == "NotAllowed"


async def test_a_members_document_is_not_offered_for_the_knowledge(house):
    """Whatever they write beside it."""
    file = await house.files.put(b"# x\n\ny\n", "text/markdown", "x.md")
    attached = Attachment("x.md", "text/markdown", 6, file)
    replies = await house.member("mallory").says("add this to the knowledge", attachments=(attached,))
    assert all("Yes" not in button.label for reply in replies for row in reply.rows for button in row)
    assert await house.ledger.facts("confirm") == []
