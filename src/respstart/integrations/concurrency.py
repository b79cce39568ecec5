"""Threads, tasks, timers and executors: where what runs elsewhere was created. Applied only when it is asked for."""

from __future__ import annotations

from respstart.integrations.rows import Integration, Spawns

INTEGRATION = Integration(
    name="concurrency",
    kind="framework",
    packages=(),
    rows=(
        Spawns("threading:Thread.start", before=True),
        Spawns("asyncio.base_events:BaseEventLoop.create_task"),
        Spawns("asyncio.tasks:create_task"),
        Spawns("asyncio.base_events:BaseEventLoop.call_at", runs="asyncio.events:Handle._run"),
        Spawns("concurrent.futures.thread:ThreadPoolExecutor.submit", runs="concurrent.futures.thread:_WorkItem.run"),
    ),
)
