"""The doctor asks Douyin for its tokens."""

from __future__ import annotations

import pytest
from yinlu_testing.douyin_loopback import APP, SECRET, DouyinLoopback

from bot_app.doctor_platforms import platforms
from bot_app.settings import load_settings


async def found(monkeypatch, **more):
    """Return what the doctor says of Douyin."""
    for name, value in more.items():
        monkeypatch.setenv(name, value)
    (check,) = [check async for check in platforms(load_settings()) if check.id == "douyin"]
    return check


@pytest.mark.parametrize(("secret", "state"), [(SECRET, "ok"), ("another secret", "failed")])
async def test_a_secret_is_tried(monkeypatch, secret, state):
    """Both tokens were given, or the platform refused; the secret is in neither sentence."""
    platform = DouyinLoopback()
    async with platform.serve():
        check = await found(
            monkeypatch,
            YINLU_DOUYIN_APP_ID=APP,
            YINLU_DOUYIN_SECRET=secret,
            YINLU_DOUYIN_API_URL=platform.root,
            YINLU_DOUYIN_OPEN_URL=platform.root,
        )
    assert check.state == state
    assert secret not in check.detail.en + check.detail.zh


async def test_what_is_not_set_up_is_told_and_no_failure(monkeypatch):
    """Nothing is asked."""
    check = await found(monkeypatch)
    assert (check.state, check.configured) == ("info", False)
