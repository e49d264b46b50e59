"""The schemas of what the operator's API answers with."""

from __future__ import annotations

from bot_adapters.web.envelope import Json

STRING: Json = {"type": "string"}
NUMBER: Json = {"type": "number"}
COUNT: Json = {"type": "integer", "minimum": 0}
FLAG: Json = {"type": "boolean"}
FREE: Json = {"type": "object"}


def one(**properties: object) -> Json:
    """Return an object that has all of these."""
    return {"type": "object", "required": list(properties), "properties": properties}


def items(schema: Json) -> Json:
    """Return a list."""
    return {"type": "array", "items": schema}


BRIEF: Json = {
    "id": STRING,
    "time": {**STRING, "format": "date-time"},
    "platform": STRING,
    "person": STRING,
    "question": STRING,
    "answer": STRING,
    "outcome": {"enum": ["answered", "related", "unknown"]},
    "reason": STRING,
    "model": STRING,
    "up": COUNT,
    "down": COUNT,
}
VOTE: Json = {
    "time": {**STRING, "format": "date-time"},
    "person": STRING,
    "value": {"enum": ["up", "down"]},
    "reason": STRING,
    "words": STRING,
}
TRACE: Json = one(
    **BRIEF,
    locale=STRING,
    history=items(one(role=STRING, text=STRING)),
    audience=items(STRING),
    searched=STRING,
    citations=items(one(n=COUNT, source=STRING, title=STRING, heading=items(STRING), quote=STRING, passage=STRING)),
    retrieved=items(one(source=STRING, heading=items(STRING), text=STRING, score=NUMBER, signals=FREE)),
    prompt_version=STRING,
    index_version=STRING,
    timings_ms={"type": "object", "additionalProperties": NUMBER},
    tokens={**items(COUNT), "minItems": 2, "maxItems": 2},
    cost=NUMBER,
    votes=items(one(**VOTE)),
)  # fmt: skip
DOCUMENT: Json = one(
    source=STRING,
    title=STRING,
    passages=COUNT,
    language=STRING,
    date=STRING,
    version=STRING,
    audience=items(STRING),
    state=STRING,
    url=STRING,
)
LANE: Json = one(
    lane=STRING,
    waiting=COUNT,
    running=COUNT,
    done=COUNT,
    failed=COUNT,
    paused=FLAG,
    cost=NUMBER,
    oldest=NUMBER,
)
JOB: Json = one(
    id=STRING,
    kind=STRING,
    lane=STRING,
    person=STRING,
    cost=NUMBER,
    attempt=COUNT,
    position={"type": ["integer", "null"]},
    age=NUMBER,
    reason=STRING,
    fraction={"type": ["number", "null"]},
    prompt=STRING,
)
PERSON: Json = one(
    person=STRING,
    questions=COUNT,
    up=COUNT,
    down=COUNT,
    last=STRING,
    blocked=FLAG,
    why=STRING,
    budget={"type": ["number", "null"]},
    spent=NUMBER,
)
ASKED: Json = {"outcome": BRIEF["outcome"], "text": STRING, "sources": items(STRING)}
ANSWERS: dict[str, Json] = {
    "today": one(today={"type": "object", "additionalProperties": NUMBER}, week=items(FREE), house=FREE),
    "answers": one(answers=items(one(**BRIEF)), more=FLAG),
    "answer": TRACE,
    "gaps": one(
        gaps=items(one(question=STRING, count=COUNT, last=STRING, answers=items(STRING))), total=COUNT
    ),
    "documents": one(
        documents=items(DOCUMENT), failed=items(one(source=STRING, reason=STRING, reason_zh=STRING))
    ),
    "document": one(passages=items(one(heading=items(STRING), text=STRING))),
    "queue": one(lanes=items(LANE), state=STRING, jobs=items(JOB)),
    "people": one(people=items(PERSON), allowance=NUMBER),
    "votes": one(votes=items(one(**VOTE, answer=STRING, question=STRING, outcome=STRING)), exportable=COUNT),
    "audit": one(lines=items(one(time=STRING, who=STRING, what=STRING, subject=STRING))),
    "gaps/curate": one(source=STRING, told=COUNT, **ASKED),
    "gaps/dismiss": one(dismissed=COUNT),
    "try": one(**ASKED),
    "documents/write": one(source=STRING, told=COUNT),
    "documents/audience": one(documents=COUNT),
    "documents/forget": one(removed=COUNT),
    "queue/retry": one(position={"type": ["integer", "null"]}),
    "queue/drop": one(job=STRING),
    "queue/cancel": one(state=STRING),
    "queue/pause": one(lane=STRING, paused=FLAG),
    "people/budget": one(person=STRING, budget=NUMBER),
    "people/block": one(person=STRING, blocked=FLAG),
}
SCHEMAS: Json = {
    "OperatorSession": one(
        name=STRING,
        id=STRING,
        csrf={**STRING, "description": "Goes with each change, in a header"},
        until={**NUMBER, "description": "Unix seconds"},
        communities=items(one(id=STRING, zh=STRING, en=STRING)),
        sessions=items(one(id=STRING, name=STRING, since=STRING)),
    )
}
