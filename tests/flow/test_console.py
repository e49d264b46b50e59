"""A terminal as a place: lines in, answers with sources out."""

import asyncio
from contextlib import asynccontextmanager

from yinlu_testing.core import FixedPlaces
from yinlu_testing.twins import TwinJournal, TwinLedger
from yinlu_testing.web import FAST, SIGNER, ScriptedAnswerer, TwinOutbox, clean

from bot_adapters.console import Console, ConsoleFace
from bot_core.clock import SystemClock
from bot_core.conversation import Context
from bot_core.dispatch import Dispatcher
from bot_core.identity import Locale
from bot_core.intake import Intake
from bot_core.middleware import VerifyPresses
from bot_handlers.ask import AskHandler
from bot_handlers.feedback import FeedbackHandler


class Terminal:
    """A console with real intake and dispatcher; lines are typed one after the other."""

    def __init__(self, *lines, locale=Locale.EN, room=100):
        self.out, self.ledger, self.answerer = [], TwinLedger(), ScriptedAnswerer()
        self.journal = TwinJournal(room)
        self.lines, self.locale = lines, locale

    @asynccontextmanager
    async def intake(self, face):
        outbox = TwinOutbox(face, self.ledger, set())
        handlers = [
            AskHandler(self.answerer, self.ledger, SystemClock(), clean),
            FeedbackHandler(self.ledger),
        ]
        context = Context(outbox, SIGNER)
        dispatcher = Dispatcher(context, {"console": face}, FixedPlaces(), [VerifyPresses(SIGNER)], handlers)
        async with Intake(self.journal, dispatcher, SystemClock(), "w", ["console"], FAST).open() as intake:
            yield intake

    async def typed(self):
        for line in self.lines:
            yield line

    async def run(self):
        """Type everything; return what was written."""
        write = self.out.append
        face = ConsoleFace(write, SIGNER)
        async with asyncio.timeout(5), self.intake(face) as intake:
            await Console(intake, face, SystemClock(), self.typed(), self.locale, write=write).run()
        return "".join(self.out)


async def test_a_question_is_answered_once_with_its_source_and_keys():
    """Streamed words are not repeated by the whole answer; the quote, the keys and follow-ups stand below."""
    shown = await Terminal("When does it leave?\n", "\n").run()
    assert shown.count("The ferry leaves at 07:45 [1].") == 1
    assert '[1] Ferry › Times (ferry.md)\n      "The ferry leaves at 07:45 from pier four."' in shown
    assert "+ 👍  - 👎  r 🔁" in shown and "1 What does it cost?" in shown


async def test_keys_vote_and_ask_on():
    """+ and - vote (the last wins, words go along), r asks again, a number asks the follow-up."""
    terminal = Terminal("When?\n", "+\n", "- it is old\n", "r\n", "1\n")
    shown = await terminal.run()
    (vote,) = terminal.ledger.cast.values()
    assert (vote.value, vote.words, vote.person) == ("down", "it is old", "console:local")
    assert shown.count("Noted, thank you.") == 2
    assert [q.text for q in terminal.answerer.asked] == ["When?", "When?", "What does it cost?"]


async def test_errors_and_a_full_journal_are_sentences():
    """In the language of the terminal."""
    assert "That question is too long." in await Terminal("x" * 3000).run()
    assert "现在排队的问题太多" in await Terminal("When?\n", locale=Locale.ZH, room=0).run()
