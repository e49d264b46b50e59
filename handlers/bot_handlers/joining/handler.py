"""Leads a newcomer along the path: one step after another, kept in the ledger, counted, bounded in a raid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from bot_core.actions import Action, Press
from bot_core.commands import Command
from bot_core.conversation import Conversation
from bot_core.dispatch import Handled
from bot_core.errors import BadInput, NotAllowed, NotFound
from bot_core.events import Incoming, Invoked, Joined, Pressed, Submitted
from bot_core.forms import Form
from bot_core.identity import Locale, Origin, Person, Words
from bot_core.ports.knowledge import Answerer
from bot_core.ports.ledger import Fact, Ledger, People
from bot_core.ports.members import Members
from bot_core.ports.safety import Clock
from bot_core.ports.work import Limiter, Notes, Rate
from bot_core.replies import Reply, Text, say
from bot_handlers.joining import steps as s
from bot_handlers.joining.path_file import Paths, Step, StepKind
from bot_handlers.people.language import pressed_locale
from bot_handlers.people.middleware import Languages, account_on

COMMANDS = (Command("join", Words("加入这里：一步步来", "Be led in, step by step"), private=True),)
KIND = "path"
GREETINGS = Rate(10, 60)
ACTIONS = (Action.PATH_STEP, Action.PATH_CHOICE, Action.PATH_STOP)


@dataclass(frozen=True, slots=True)
class JoiningHandler:
    """Takes Joined, /join and the buttons of the path. ``greetings`` bounds single greetings per community."""

    ledger: Ledger
    people: People
    paths: Paths
    answerer: Answerer
    languages: Languages
    limiter: Limiter
    notes: Notes
    clock: Clock
    members: Mapping[str, Members]  # by platform
    greetings: Rate = GREETINGS

    @property
    def commands(self) -> tuple[Command, ...]:
        """Return /join."""
        return COMMANDS

    async def form(self, community: str, press: Press, locale: Locale) -> Form | None:
        """Return the introduction's form."""
        if press.action is not Action.PATH_STEP:
            return None
        path = await self.paths.of(community)
        here = press.index < len(path) and path[press.index].kind is StepKind.INTRODUCE
        return s.FORM if here else None

    async def __call__(self, incoming: Incoming, conversation: Conversation) -> Handled | None:
        """Begin, go on or stop."""
        content = incoming.content
        if isinstance(content, Joined):
            await self._joined(incoming, conversation, content.request)
        elif isinstance(content, Invoked) and content.command == "join":
            await self._resume(incoming, conversation)
        elif isinstance(content, Pressed | Submitted) and content.press and content.press.action in ACTIONS:
            values = content.values if isinstance(content, Submitted) else None
            await self._pressed(content.press, values, incoming, conversation)
        else:
            return None
        return Handled("joining")

    # --- beginning -----------------------------------------------------------------------------------------
    async def _joined(self, incoming: Incoming, conversation: Conversation, request: bool) -> None:
        known = await self._fact(incoming, conversation)
        again = known is not None and known.data.get("event") == incoming.key
        if known is not None and not again and not request and known.state == "done":
            return
        if not request and not again and await self._raided(conversation):
            return
        origin = incoming.origin if request else await self._private(incoming, conversation)
        fact = known
        if fact is None or (request and not again):
            fact = await self._begin(incoming, conversation, request)
        here = conversation.elsewhere(origin or incoming.origin, person=incoming.person.id)
        await self._show(fact, incoming, here)

    async def _raided(self, conversation: Conversation) -> bool:
        """In a raid: one greeting for all of a minute."""
        community = conversation.community
        if await self.limiter.take(f"greet:{community}", self.greetings) == 0:
            return False
        if await self.notes.add(f"raid:{community}", "1", self.greetings.seconds):
            await conversation.send(say(s.MANY.of(conversation.locale)))
        return True

    async def _private(self, incoming: Incoming, conversation: Conversation) -> Origin | None:
        """Return the private chat, bound to this community; None where its buttons would be another's."""
        members = self.members.get(incoming.origin.platform)
        if members is None:
            return None
        origin = await members.direct(await self._account(incoming))
        if origin is None:
            return None
        bound = await self.ledger.bound(origin.platform, origin.place)
        if bound is None:
            await self.ledger.bind(origin.platform, origin.place, conversation.community)
        return origin if bound in (None, conversation.community) else None

    async def _begin(self, incoming: Incoming, conversation: Conversation, request: bool) -> Fact:
        now, person = self.clock.now(), incoming.person.id
        data = {
            "step": 0,
            "event": incoming.key,
            "request": request,
            "origin": asdict(incoming.origin),
            "chosen": [],
        }
        fact = Fact(conversation.community, KIND, person, now, person, "going", data)
        await self.people.keep(fact)
        await self._count(fact, "began")
        await self._reached(fact)
        return fact

    async def _resume(self, incoming: Incoming, conversation: Conversation) -> None:
        fact = await self._fact(incoming, conversation)
        if fact is None:
            fact = await self._begin(incoming, conversation, False)
        elif fact.state == "done":
            await conversation.send(say(s.FINISHED.of(incoming.locale), private=True))
            return
        elif fact.state == "stopped":
            fact = replace(fact, state="going")
            await self.people.keep(fact)
        await self._show(fact, incoming, conversation)

    # --- going on ------------------------------------------------------------------------------------------
    async def _pressed(
        self, press: Press, values: Mapping[str, str] | None, incoming: Incoming, conversation: Conversation
    ) -> None:
        """Act on a button of one's own path. Raises NotAllowed for another's."""
        if press.subject != s.subject_of(conversation.community, incoming.person.id):
            raise NotAllowed("another member's path")
        fact = await self._fact(incoming, conversation)
        if fact is None:
            raise NotFound("a path")
        path = await self.paths.of(fact.community)
        number = min(_at(fact), len(path) - 1)
        if press.action is Action.PATH_STOP:
            await self.people.keep(replace(fact, state="stopped"))
            await self._count(fact, "stopped")
            await conversation.send(say(s.STOPPED.of(incoming.locale), private=True))
        elif press.action is Action.PATH_CHOICE:
            await self._chosen(fact, path[number], press.index, incoming, conversation)
        elif press.index == number:
            await self._introduced(fact, path[number], values, incoming, conversation)
            await self._pass(fact, incoming, conversation)
        else:  # an older step's button: show where they are
            await self._show(fact, incoming, conversation)

    async def _chosen(
        self, fact: Fact, step: Step, index: int, incoming: Incoming, conversation: Conversation
    ) -> None:
        if step.kind is StepKind.LANGUAGE:
            locale = pressed_locale(index)
            await self.languages.choose(incoming.person.id, locale)
            incoming = replace(incoming, locale=locale)
            await self._pass(fact, incoming, conversation)
        elif step.kind is StepKind.INTRODUCE and index == s.SKIPPED and not step.required:
            await self._pass(fact, incoming, conversation)
        elif step.kind is StepKind.INTERESTS and index < len(step.choices):
            chosen = set(_chosen(fact)) ^ {index}
            fact = replace(fact, data={**fact.data, "chosen": sorted(chosen)})
            await self.people.keep(fact)
            await self._role(fact, incoming, step.choices[index].role, index in chosen)
            await self._show(fact, incoming, conversation)
        else:
            await self._show(fact, incoming, conversation)

    async def _introduced(
        self,
        fact: Fact,
        step: Step,
        values: Mapping[str, str] | None,
        incoming: Incoming,
        conversation: Conversation,
    ) -> None:
        """Post what the form brought to the step's channel. Raises BadInput for an empty one."""
        if step.kind is not StepKind.INTRODUCE:
            return
        words = (values or {}).get("words", "").strip()
        if not words:
            raise BadInput("an empty introduction")
        name = (values or {}).get("name", "").strip()[:60] or incoming.person.name
        home = Origin(**fact.data["origin"])  # type: ignore[arg-type]  # what asdict wrote
        there = conversation.elsewhere(replace(home, channel=step.where, thread=None), person=fact.person)
        quoted = "\n".join(f"> {line}" for line in words[:1000].splitlines())
        await there.send(Reply((Text(f"👋 **{name}**\n\n{quoted}"),)))

    async def _pass(self, fact: Fact, incoming: Incoming, conversation: Conversation) -> None:
        """Grant what the step gives, admit who has done what is required, show the next step."""
        path = await self.paths.of(fact.community)
        number = _at(fact)
        for role in path[number].roles:
            await self._role(fact, incoming, role, True)
        fact = replace(fact, state="going", data={**fact.data, "step": number + 1, "chosen": []})
        rest = path[number + 1 :]
        if fact.data["request"] and not any(step.required for step in rest):
            fact = await self._admit(fact, incoming, conversation)
        if not rest or rest[0].kind is StepKind.DONE:
            fact = replace(fact, state="done")
            await self._count(fact, "finished")
        await self.people.keep(fact)
        if rest:
            await self._reached(fact)
            await self._show(fact, incoming, conversation)

    async def _admit(self, fact: Fact, incoming: Incoming, conversation: Conversation) -> Fact:
        home = Origin(**fact.data["origin"])  # type: ignore[arg-type]  # what asdict wrote
        members = self.members.get(home.platform)
        if members is not None and await members.admit(home, await self._account(incoming)):
            await conversation.send(say(s.ADMITTED.of(incoming.locale), private=True))
            await self._count(fact, "admitted")
        return replace(fact, data={**fact.data, "request": False})

    # --- helpers -------------------------------------------------------------------------------------------
    async def _show(self, fact: Fact, incoming: Incoming, conversation: Conversation) -> None:
        path = await self.paths.of(fact.community)
        number = min(_at(fact), len(path) - 1)
        step = path[number]
        examples: list[str] = []
        if step.kind is StepKind.QUESTIONS:
            examples = await self.answerer.examples(fact.community, incoming.locale)
        reply = s.step_reply(
            step,
            number,
            s.subject_of(fact.community, fact.person),
            incoming.locale,
            await self._account(incoming),
            examples,
            frozenset(_chosen(fact)),
        )
        await conversation.send(reply)

    async def _role(self, fact: Fact, incoming: Incoming, role: str, grant: bool) -> None:
        home = Origin(**fact.data["origin"])  # type: ignore[arg-type]  # what asdict wrote
        members = self.members.get(home.platform)
        if not role or members is None:
            return
        person = await self._account(incoming)
        await (members.grant(home, person, role) if grant else members.revoke(home, person, role))

    async def _account(self, incoming: Incoming) -> Person:
        account = await account_on(self.people, incoming.person.id, incoming.origin.platform)
        return replace(incoming.person, id=account)

    async def _fact(self, incoming: Incoming, conversation: Conversation) -> Fact | None:
        return await self.people.fact(conversation.community, KIND, incoming.person.id)

    async def _reached(self, fact: Fact) -> None:
        path = await self.paths.of(fact.community)
        number = _at(fact)
        await self._count(fact, f"reached:{number + 1}:{path[number].kind}")

    async def _count(self, fact: Fact, name: str) -> None:
        await self.people.count(fact.community, KIND, name, self.clock.now())


def _at(fact: Fact) -> int:
    return int(str(fact.data["step"]))


def _chosen(fact: Fact) -> list[int]:
    found = fact.data.get("chosen")
    return list(found) if isinstance(found, list) else []
