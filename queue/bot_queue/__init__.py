"""The queue room: journal, outbox, frames, limits, budgets, locks and the schedule of slow work.

How the application wires it
----------------------------
With a Redis or Valkey (``url``: ``redis://``, ``rediss://``, ``unix://``, ``sentinel://h:p,h:p/name`` or the path
of a Unix socket)::

    from bot_queue.connection import open_store
    async with open_store(url) as store:                   # one per process; raises EngineDown
        journal = RedisJournal(store)                      # bot_queue.journal
        frames  = RedisFrameLog(store)                     # bot_queue.frames
        limiter, budget, locks = RedisLimiter(store), RedisBudget(store), RedisLocks(store)  # bot_queue.limits
        outbox  = RedisOutbox(store, faces, ledger, worker)  # bot_queue.outbox
        queue   = RedisJobQueue(store)                     # bot_queue.jobs; uses the budgets of RedisBudget
        async with outbox.pump():                          # for as long as faces are open
            async with Finisher(queue, ledger, outbox, render).open():  # bot_queue.finisher: results go out
                ...

Without (tests, ``yinlu ask`` in a hurry)::

    MemoryJournal(), MemoryFrameLog(), MemoryLimiter(), MemoryBudget(), MemoryLocks()
    MemoryJobQueue(options, budget), MemoryOutbox(faces, ledger, worker)

- ``faces`` is a ``Mapping[str, Face]`` from platform to face; it is looked up at every send, so it may be
  filled after construction. ``ledger`` is the Ledger port, ``worker`` a name unique to this process (host,
  pid and something random).
- ``outbox.pump()`` is an async context manager: inside it this process redelivers what dead processes left and
  delivers what other processes send to its faces. Enter it after the faces are open, leave it before they close.
- At the owner's start, when it knows that nobody else runs: ``await journal.abandon(None)`` and
  ``await outbox.abandon(None)`` hand over at once what a killed process left, instead of after its lease.
- ``render`` is ``async (Ended) -> Outgoing | None``: the message that tells of a job's end, sent under
  ``finisher.result_key(ended)``. Without a Finisher somewhere ended jobs pile up until the queue refuses.
- Workers: ``Worker(queue, {kind: maker}, name, WorkerOptions(lanes=..., rules=..., side_by_side=...)).run()``
  (bot_queue.worker), ``stop_on_signals()`` for a process of its own. A maker is ``async (Batch) -> results``;
  ``rule_of({1: seconds, 2: ..., 4: ...})`` (bot_queue.batching) makes a profile's rule of its measured curve.
- For the page and the command line: ``queue.board(person, job)`` (lanes, a visitor's place and why, how far
  estimates were off), ``status``, ``listing``, ``retry``, ``drop``, ``pause``; drained is ``running == 0`` on
  paused lanes.
- Each class takes ``options`` last (StoreOptions, JournalOptions, OutboxOptions, FrameOptions, QueueOptions):
  bounds, leases, retention. A worker's ``heartbeat`` must be well below the queue's ``lease``.
"""
