"""A thousand mixed picture jobs of fifty members in four communities: every picture reaches who asked, where they asked."""

import asyncio
import os
import random
import signal
import subprocess
from collections import Counter

import pytest
from yinlu_testing.house import YINLU, environment
from yinlu_testing.servers import VALKEY, Server, until
from yinlu_testing.studio import Member, StudioHouse, button
from yinlu_testing.studio_house import carries

from bot_core.pictures import picture_job
from bot_core.ports.work import JobState
from bot_core.replies import Picture
from bot_handlers.imagine.options import StudioOptions
from bot_media import FolderFiles
from bot_queue.connection import open_store
from bot_queue.jobs import QueueOptions

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.timeout(540)]

JOBS, MEMBERS, COMMUNITIES, AT_ONCE = 1000, 50, 4, 4
SUBJECTS = ("fox", "lighthouse", "cat", "tree", "boat", "owl", "mountain", "balloon")
BUTTONS = ("U1", "U3", "V2", "V4", "🔄", "🔎 1.5x", "🔎 2x", "🪄 Vary (subtle)", "⬅️", "🔍 2x")


class Places:
    """Each place belongs to the community of its name."""

    async def community(self, origin):
        """Return it."""
        return f"community-{origin.place}"


class Crowd:
    """Members who draw at random; ``asked`` is who asked for which job, and where."""

    def __init__(self, house, seed):
        self.house, self.random = house, random.Random(seed)
        self.asked, self.stopped, self.left = {}, set(), JOBS
        names = [f"member{n}" for n in range(MEMBERS)]
        self.members = [
            Member(house, name, ("test", "other")[n % 2], place=f"{n % COMMUNITIES}", channel=f"{n % 12}")
            for n, name in enumerate(names)
        ]

    async def draw(self, member):
        """Draw, vary, enlarge, stop, until all jobs are given out; a few at a time."""
        choice = random.Random(self.random.random())
        while self.left > 0:
            self.left -= 1
            await until(lambda: self.open(member) < AT_ONCE, 300)
            seen = [out for out in self.house.sent if out.reply.made and out.origin.place == member.place]
            if not seen or choice.random() < 0.35:
                prompt = f"a {choice.choice(SUBJECTS)} for {member.name} in {member.place} --q {choice.choice(['.5', '1'])}"
                await self.ask(member, member.types("imagine", prompt=prompt))
            else:
                await self.press(member, choice, choice.choice(seen).reply)
            if choice.random() < 0.1:
                await self.stop(member, choice)

    async def press(self, member, choice, reply):
        """Press a button under anybody's pictures of the same place."""
        labels = [found.label for row in reply.rows for found in row if found.label in BUTTONS]
        await self.ask(member, member.presses(button(reply, choice.choice(labels))))

    async def ask(self, member, doing):
        """Note the jobs that this made."""
        person, place, channel = f"test:{member.name}", member.place, member.channel
        await doing
        for out in self.house.sent:
            if out.reply.about and not out.reply.made and out.person == person:
                self.asked.setdefault(out.reply.about, (person, member.platform, place, channel))

    async def stop(self, member, choice):
        """Stop one of one's own jobs, whatever it is doing."""
        own = [out for out in self.house.sent if out.person == f"test:{member.name}" and out.reply.about]
        waiting = [out for out in own if not out.reply.made and out.reply.error is None]
        if waiting:
            shown = choice.choice(waiting[-3:]).reply
            said = await member.presses(button(shown, "⏹"))
            if said and any(reply.error is None for reply in said):
                self.stopped.add(shown.about)

    def open(self, member):
        """Return how many of a member's jobs have no pictures yet."""
        made = {out.reply.made for out in self.house.sent if out.reply.made}
        mine = [job for job, (person, *_) in self.asked.items() if person == f"test:{member.name}"]
        return len([job for job in mine if job not in made and job not in self.stopped])


class Workers:
    """Worker processes, as the house keeps them."""

    def __init__(self, url, data, log):
        self.url, self.data, self.log = url, data, log.open("ab")
        self.processes = [self._start() for _ in range(2)]

    def _start(self):
        command = [*YINLU, "worker", "--data", str(self.data)]
        return subprocess.Popen(
            command, env=environment(YINLU_REDIS_URL=self.url), stdout=self.log, stderr=subprocess.STDOUT
        )

    def replace(self, number):
        """Kill -9 one and start another."""
        os.kill(self.processes[number].pid, signal.SIGKILL)
        self.processes[number].wait()
        self.processes[number] = self._start()

    def close(self):
        """End all."""
        for process in self.processes:
            process.kill()
            process.wait()
        self.log.close()


@pytest.fixture
async def studio(tmp_path):
    """A house on a Valkey of its own, with two worker processes."""
    server = Server(VALKEY)
    workers = Workers(server.url, tmp_path / "data", tmp_path / "log")
    options = StudioOptions(grid=64, full=96, ask_from=99)
    try:
        async with open_store(server.url) as store:
            house = StudioHouse(
                options=options,
                queue_options=QueueOptions(lease=10.0),
                store=store,
                files=FolderFiles(tmp_path / "data" / "files"),
                places=Places(),
            )
            async with house.open(workers=0):
                yield house, workers
    finally:
        workers.close()
        server.close()


async def test_a_thousand_jobs_reach_their_members(studio):
    """0 pictures to a wrong member or place, 0 lost, 0 twice; two workers are killed on the way."""
    house, workers = studio
    crowd = Crowd(house, 7)
    drawing = [asyncio.create_task(crowd.draw(member)) for member in crowd.members]
    for number, left in enumerate((JOBS * 2 // 3, JOBS // 3)):
        await until(lambda left=left: crowd.left < left, 300)
        workers.replace(number)
    await asyncio.gather(*drawing)
    views = await ended(house, crowd)
    assert len(crowd.asked) == JOBS
    made = [out for out in house.sent if out.reply.made]
    assert max(Counter(out.reply.made for out in made).values()) == 1, "each once"
    done = {job for job, view in views.items() if view.state is JobState.DONE}
    assert {out.reply.made for out in made} == done
    assert all(view.state is JobState.CANCELLED for job, view in views.items() if job not in done)
    assert {job for job in views if job not in done} <= crowd.stopped
    for out in made:
        await check(house, crowd, out, views)
    actions = Counter(picture_job(view.job.payload).last.action.value for view in views.values())
    print(f"{len(done)} drawn, {len(views) - len(done)} stopped: {dict(actions)}")
    assert len(actions) >= 7


async def ended(house, crowd):
    """Wait until every job has ended and its pictures were sent; return all jobs."""

    async def all_over():
        board = await house.queue.status()
        return not any(lane.waiting or lane.running for lane in board)

    await until(all_over, 300)
    views = {job: await house.queue.view(job) for job in crowd.asked}
    done = {job for job, view in views.items() if view.state is JobState.DONE}
    await until(lambda: len({out.reply.made for out in house.sent if out.reply.made}) >= len(done), 60)
    return views


async def check(house, crowd, out, views):
    """Hold one message with pictures against who asked for them."""
    person, platform, place, channel = crowd.asked[out.reply.made]
    assert (out.person, out.community) == (person, f"community-{place}")
    assert (out.origin.platform, out.origin.place, out.origin.channel) == (platform, place, channel)
    job = picture_job(views[out.reply.made].job.payload)
    assert job.member == person.removeprefix("test:")
    assert f" in {place}" in job.last.prompt, "what it began with is of the same community"
    assert f"**{job.last.prompt}**" in out.reply.text
    (shown,) = (part for part in out.reply.parts if isinstance(part, Picture))
    assert carries(await house.files.read(shown.file.key), out.reply.made)
