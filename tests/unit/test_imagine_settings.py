"""What the settings say of the studio: bounds by role, measured batches, a maker's own options, what cards say."""

from datetime import UTC, datetime

import pytest

from bot_app.settings import Settings
from bot_app.studio_rules import Saying, batch_rules, limits_by_role, maker_options
from bot_app.workers import maker_profile
from bot_core.errors import SettingWrong, StartRefused
from bot_core.files import FileRef
from bot_core.identity import Locale, Origin, Words
from bot_core.pictures import PictureAction, PictureJob, Step
from bot_core.ports.work import BatchRule, Job, JobResult, JobState, JobView, Lane, Lease
from bot_handlers.imagine.cards import pictures
from bot_handlers.imagine.options import Limits
from bot_media.images.profile import written

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def lease(action):
    """Return a lease of a picture job."""
    wish = PictureJob((Step(action, "a fox", 7),), 64, 64, Locale.EN, "alice")
    job = Job(
        "0" * 24, "k", "picture", "collage:64x64", Lane.FAST, "p", "c", Origin("test", "p", "c"), 1.0,
        wish.payload(), NOW,
    )  # fmt: skip
    return Lease(job, 1, "w", NOW)


class Resampler:
    """A maker that enlarges by resampling."""

    name, enlarges = "model", False


async def test_cards_say_what_drew_and_how():
    """An enlargement by resampling is called that; a grid needs no such word; old results name today's maker."""

    async def made(batch):
        return [JobResult((FileRef("f", "image/png", 1),), {"seed": 7}) for _ in batch.leases]

    class Batch:
        leases = (lease(PictureAction.ENLARGE), lease(PictureAction.IMAGINE))

    large, grid = await Saying(made, Resampler(), Words("某模型", "some model"))(Batch())
    views = [
        JobView(own.job, JobState.DONE, 1, 0, result=result)
        for own, result in zip(Batch.leases, (large, grid), strict=True)
    ]
    shown = [pictures(view, Words("旧", "old"), Locale.EN).text for view in views]
    assert "Drawn by some model · seed 7" in shown[0]
    assert shown[0].endswith("enlarged by resampling: larger, no new detail is invented")
    assert "resampling" not in shown[1]
    before = JobView(
        Batch.leases[1].job, JobState.DONE, 1, 0, result=JobResult((FileRef("f", "image/png", 1),))
    )
    assert "由旧绘制" in pictures(before, Words("旧", "old"), Locale.ZH).text


def test_batches_follow_the_measured_profile(tmp_path):
    """Without a profile every picture job is made alone; with one, as it says; another file is refused."""
    assert "collage:512x512:imagine" not in batch_rules(Settings())
    file = tmp_path / "profile.json"
    file.write_text(written("a machine", "diffusers", {(512, 512): BatchRule(4, 0.2)}))
    rules = batch_rules(Settings(studio_profile=str(file)))
    assert rules["diffusers:512x512:imagine"] == BatchRule(4, 0.2)
    assert rules["rehearsal"] == BatchRule(1)
    file.write_text("{}")
    with pytest.raises(StartRefused):
        batch_rules(Settings(studio_profile=str(file)))
    with pytest.raises(SettingWrong, match="studio_profile"):
        batch_rules(Settings(studio_profile=str(tmp_path / "none")))


def test_a_makers_options_reach_its_profile():
    """They are JSON, as the table of docs/pictures.md names them."""
    assert maker_profile(Settings(picture_options='{"steps": 8}')).options == {"steps": 8}
    assert maker_options(Settings()) == {}
    for wrong in ("steps=8", "[1]"):
        with pytest.raises(SettingWrong, match="picture_options"):
            maker_options(Settings(picture_options=wrong))


def test_bounds_have_safe_defaults_by_role():
    """A member has the least room, an admin the most, and no bound of a day."""
    member, helper, admin = limits_by_role(Settings())
    assert member == Limits(10, 13, 400)
    assert member.waiting < helper.waiting < admin.waiting
    assert admin.a_day == 0
    assert limits_by_role(Settings(studio_waiting="1,2,3"))[2].waiting == 3
    assert [limits.budget for limits in limits_by_role(Settings(fast_budget="100"))] == [100] * 3
    given = Settings(fast_budget="100,500.5,0", studio_lanes="relax,fast,fast")
    assert [(limits.budget, limits.fast) for limits in limits_by_role(given)] == [
        (100, False),
        (500.5, True),
        (0, True),
    ]


@pytest.mark.parametrize(
    "wrong", [{"fast_budget": "1,2"}, {"fast_budget": "-1"}, {"fast_budget": "much"}, {"fast_budget": "inf"},
              {"studio_lanes": "fast"}, {"studio_lanes": "fast,slow,fast"}]
)  # fmt: skip
def test_wrong_budgets_and_lanes_are_refused(wrong):
    """Three roles, amounts from zero, lanes that exist."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Settings(**wrong)
