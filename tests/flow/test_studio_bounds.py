"""What stands before the queue: words are judged and bounds are looked at before a job takes a place."""

from yinlu_testing.studio import Member, StudioHouse, button

from bot_core.identity import ADMIN, HELPER, Locale
from bot_core.ports.work import JobState
from bot_handlers.imagine.options import Limits, StudioOptions
from bot_media import FlatImages
from bot_safety import AllowAll, Guarded, PicturePrompts


class Unreachable(AllowAll):
    """A moderator that never answers in time."""

    async def text(self, community, text, *, outgoing=False):
        """Fail."""
        raise TimeoutError


async def waiting(house):
    """Return how many jobs wait in all lanes."""
    return sum(lane.waiting for lane in await house.queue.status())


async def test_refused_words_cost_nobody_a_place():
    """The refusal comes at once, in the member's language, privately; nothing is queued or counted to the day."""
    options = StudioOptions(grid=64, full=64, members=Limits(a_day=4))
    house = StudioHouse(options=options, moderator=PicturePrompts(AllowAll()))
    async with house.open(workers=0):
        alice = Member(house, "alice", locale=Locale.ZH)
        (told,) = await alice.types("imagine", prompt="裸体的小女孩")
        assert (told.error, told.private) == ("Moderated", True)
        assert told.text.startswith("这段描述不符合社区规则，所以没有画，也没有占用排队名额。")
        assert await waiting(house) == 0
        (variants,) = await alice.types("imagine", prompt="a {happy, naked} child --repeat 2")
        assert variants.error == "Moderated", "before a confirmation is asked for"
        assert (await alice.types("imagine", prompt="一只狐狸"))[0].error is None


async def test_changed_words_are_judged_too():
    """What a remix is filled in with is judged before it takes a place."""
    async with StudioHouse(moderator=PicturePrompts(AllowAll())).open() as house:
        alice = Member(house, "alice")
        await alice.types("imagine", prompt="a fox")
        grid = (await house.pictures())[-1].reply
        await alice.presses(button(grid, "U1"))
        single = (await house.pictures(2))[-1].reply
        (told,) = await alice.submits(button(single, "✏️"), prompt="a naked child")
        assert told.error == "Moderated"
        assert await waiting(house) == 0


async def test_a_judge_that_fails_refuses_where_it_was_told_to():
    """Failing closed says that the check could not be made, not that the words are bad."""
    async with StudioHouse(moderator=Guarded(Unreachable(), closed=True)).open(workers=0) as house:
        (told,) = await Member(house, "alice").types("imagine", prompt="a fox")
        assert told.error == "Moderated"
        assert "can't be reached" in told.text


async def test_each_role_has_its_own_bounds():
    """A member is refused with the numbers and a way on where a helper and an admin still have room."""
    options = StudioOptions(
        grid=64, full=64, members=Limits(2, 2), helpers=Limits(3, 3), admins=Limits(5, 5), ask_from=99
    )
    async with StudioHouse(FlatImages(), options).open(workers=0) as house:
        for name, role, most in (("alice", None, 2), ("bob", HELPER, 3), ("root", ADMIN, 5)):
            member = Member(house, name, roles=frozenset({role} if role else ()))
            for _ in range(most):
                assert (await member.types("imagine", prompt="a fox"))[0].error is None
            (told,) = await member.types("imagine", prompt="a fox")
            assert told.error == "JobRefused"
            assert f"You have {most} jobs waiting, and at most {most} may wait." in told.text
            assert "/jobs" in told.text


async def test_lanes_and_budgets_go_by_role():
    """A relaxed member draws in relax whatever the prompt says, and is told at /fast; a helper pays from the helpers' budget."""
    options = StudioOptions(
        grid=64, full=64, members=Limits(fast=False), helpers=Limits(budget=1.0), admins=Limits()
    )
    async with StudioHouse(FlatImages(), options).open(workers=0) as house:
        alice, bob, root = (
            Member(house, name, roles=frozenset(roles))
            for name, roles in (("alice", ()), ("bob", (HELPER,)), ("root", (ADMIN,)))
        )
        await alice.types("imagine", prompt="a fox --fast")
        (told,) = await alice.types("fast")
        assert (told.error, "relax lane" in told.text) == ("NotAllowed", True)
        await house.budget.allow("fast:harbour:test:bob", 1.0, "2026-01")
        await bob.types("imagine", prompt="a fox")
        (info,) = await bob.types("info")
        assert "of 1" in info.text or "/1" in info.text
        await root.types("imagine", prompt="a fox")
        waiting = await house.queue.listing(JobState.WAITING, 10)
        assert {(view.job.person, view.job.lane.value, bool(view.job.account)) for view in waiting} == {
            ("test:alice", "relax", False),
            ("test:bob", "fast", True),
            ("test:root", "fast", False),
        }


async def test_a_days_pictures_are_counted_once_made_or_not():
    """Four a grid, one an upscale; the refusal says the numbers; what the queue refused is given back."""
    options = StudioOptions(grid=64, full=64, members=Limits(open=1, a_day=5))
    async with StudioHouse(FlatImages(), options).open(workers=0) as house:
        alice = Member(house, "alice", locale=Locale.ZH)
        assert (await alice.types("imagine", prompt="狐狸"))[0].error is None
        (full,) = await alice.types("imagine", prompt="狐狸")
        assert "每天最多 5 张" in full.text
        assert "今天已经画了 4 张" in full.text
    async with StudioHouse(
        FlatImages(), StudioOptions(grid=64, full=64, members=Limits(1, 1, 8))
    ).open() as house:
        alice = Member(house, "alice")
        await alice.types("imagine", prompt="a {red, blue, green} fox")
        (asked,) = [out.reply for out in house.sent]
        await alice.presses(button(asked, "Start"))
        assert house.sent[-1].reply.error == "JobRefused", "one runs, the second has no room"
        balance = await house.budget.balance("pictures:harbour:test:alice")
        assert (balance.spent, balance.reserved) == (4, 0)
