"""What must survive, in SQL: answers, votes, communities, places, settings, finished jobs, persons' consent.

::

    SqlLedger.open(url: str, *, migrate: bool = True) -> AbstractAsyncContextManager[SqlLedger]
        async with SqlLedger.open("sqlite:///data/ledger.sqlite3") as ledger: ...
        async with SqlLedger.open("postgresql://user:password@host/name") as ledger: ...
    MemoryLedger()                                    the twin, for tests
    await upgrade(url: str) -> None                   migrations alone; open() does it already
    statistics.gaps(records) -> list[Gap]             questions the documents don't answer, grouped; CPU work
    await export.export_jsonl(ledger, community, path: Path) -> int   voted answers of those who agreed

Both ledgers are the core's ``Ledger`` port, and besides it know ``consent(person)``, ``set_consent(person, bool)``,
``link(account, person)``, ``person_of(account)`` and ``daily(community, since)``. ``url`` is YINLU_DATABASE_URL;
``sqlite_url(folder)`` gives the default for a data folder.

All raise EngineDown, StorageFull; ``open`` and ``upgrade`` also SettingWrong for a URL they can't read and
StartRefused for a database that a newer Yinlu wrote.
"""

from bot_ledger.engines import sqlite_url
from bot_ledger.memory import MemoryLedger
from bot_ledger.migrate import upgrade
from bot_ledger.sql import SqlLedger

__all__ = ["MemoryLedger", "SqlLedger", "sqlite_url", "upgrade"]
