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
        queue   = RedisJobQueue(store)                     # bot_queue.jobs
        async with outbox.pump():                          # for as long as faces are open
            ...

Without (tests, ``yinlu ask`` in a hurry)::

    MemoryJournal(), MemoryFrameLog(), MemoryLimiter(), MemoryBudget(), MemoryLocks(), MemoryJobQueue()
    MemoryOutbox(faces, ledger, worker)

- ``faces`` is a ``Mapping[str, Face]`` from platform to face; it is looked up at every send, so it may be
  filled after construction. ``ledger`` is the Ledger port, ``worker`` a name unique to this process (host,
  pid and something random).
- ``outbox.pump()`` is an async context manager: inside it this process redelivers what dead processes left and
  delivers what other processes send to its faces. Enter it after the faces are open, leave it before they close.
- At the owner's start, when it knows that nobody else runs: ``await journal.abandon(None)`` and
  ``await outbox.abandon(None)`` hand over at once what a killed process left, instead of after its lease.
- Each class takes ``options=`` last (JournalOptions, OutboxOptions, FrameOptions, QueueOptions): bounds, leases, retention.
"""
