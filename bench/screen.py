"""(f) The web client in Chromium: what a first load fetches, and how long people wait for what they see.

The replica is filled by writing rows as the client itself would (`in_page.js`); everything else happens through the
page: links are clicked, keys pressed, and what counts is what is painted. Baselines are bare pages in the same
browser that show as much without a replica, or a small conversation instead of a large one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from bench.firstload import measure_loads
from bench.plan import Plan
from bench.processes import CORES, QUIET, on_cores
from bench.results import Row, row
from bench.window import Scrolled, Waited, Window, prepare
from tests.browser.chromium import chromium_runs
from tests.browser.visitors import Visitor, Visitors
from tests.server import ServerProcess

SMALL = 100  # messages of the conversation that the large one is compared with
STEP = 60  # pixels a frame: 3,600 a second, a quick flick
LARGE, LITTLE = "Bob", "Cleo"
LAST = {LARGE: "That is all, Bob", LITTLE: "That is all, Cleo"}
FRAME = 1000 / 60  # milliseconds


async def measure(plan: Plan, folder: Path) -> list[Row]:
    folder.joinpath("server").mkdir()
    with on_cores(set(CORES)), ServerProcess(folder / "server", environment={**QUIET, "HUBBUB_ORIGINS": "*"}) as server:
        async with chromium_runs() as chromium, Visitors(chromium, server) as visitors:
            ada, *others = [await visitors.arrive() for _ in range(3)]
            for person, name in zip([ada, *others], ["Ada", LARGE, LITTLE], strict=True):
                await person.register(name)
            rows = await measure_loads(chromium, ada, others[0])
            await furnish(ada, others, plan.messages)
            ours, bare = await Window.of(ada.page, LAST, ada.is_up_to_date), await Window.bare(chromium, LAST)
            return [
                *rows,
                await opening(plan, ada, ours),
                await switching(plan, ours, bare),
                await scrolling(plan, ours, bare),
                await echoing(plan, ours, bare),
            ]


async def furnish(ada: Visitor, others: Sequence[Visitor], messages: int) -> None:
    """A conversation of so many messages, and a small one; the last message of each is a real one."""
    await prepare(ada.context)
    for other in others:
        await ada.find(other)
        await ada.say(LAST[other.name])
        await ada.has_sent(LAST[other.name])
    await ada.page.goto("/chats")
    for other, count in zip(others, (messages, SMALL), strict=True):
        await ada.page.evaluate("([other, count]) => bench.fills(other, count)", [other.name, count])


async def opening(plan: Plan, ada: Visitor, ours: Window) -> Row:
    """The first one after the page was loaded: with the code of its page, and nothing of it in memory."""
    found: dict[str, list[Waited]] = {LARGE: [], LITTLE: []}
    for _ in range(plan.times):
        for name, waited in found.items():
            await ada.page.goto("/chats")
            await ada.is_up_to_date()
            waited.append(await ours.opens(name))
    what = f"first opening of a conversation of {plan.messages:,} messages, median of {plan.times}"
    return _waited(what, found[LARGE], f"one of {SMALL}", found[LITTLE], 200)


async def switching(plan: Plan, ours: Window, bare: Window) -> Row:
    """To and fro between the large and the small one, both seen before."""
    found: list[Waited] = []
    least: list[Waited] = []
    for _ in range(plan.times):
        for name in (LARGE, LITTLE):
            found.append(await ours.opens(name))
            least.append(await bare.opens(name))
    return _waited(f"switching conversations, median of {len(found)}", found, "bare page, as many rows", least, 50)


def _waited(what: str, ours: list[Waited], against: str, theirs: list[Waited], aim: float) -> Row:
    ms, least = [each.ms for each in ours], [each.ms for each in theirs]
    return row(
        "f",
        what,
        median(ms),
        "ms",
        against=against,
        baseline=median(least),
        aim=f"under {aim:g} ms",
        met=median(ms) < aim,
        details={
            "p95 ms": percentile(ms, 0.95),
            "of the baseline": percentile(least, 0.95),
            "CPU ms of the main thread": median(each.cpu for each in ours),
            "the baseline's": median(each.cpu for each in theirs),
        },
    )


async def scrolling(plan: Plan, ours: Window, bare: Window) -> Row:
    await ours.opens(LITTLE)
    await ours.opens(LARGE)
    found: list[Scrolled] = []
    least: list[Scrolled] = []
    for _ in range(plan.rounds):
        found.append(await ours.scrolls(STEP, plan.frames))
        least.append(await bare.scrolls(STEP, plan.frames))
    intervals = [interval for each in found for interval in each.intervals]
    of_bare = [interval for each in least for interval in each.intervals]
    late, bare_late = late_share(intervals), late_share(of_bare)
    return row(
        "f",
        f"scrolling through {plan.messages:,} messages, {STEP} pixels a frame, p99 between frames",
        percentile(intervals, 0.99),
        "ms",
        against="bare page",
        baseline=percentile(of_bare, 0.99),
        aim="late frames at most 1 % above the bare page's",
        met=late - bare_late <= 0.01,
        details={
            "late frames %": 100 * late,
            "of the baseline": 100 * bare_late,
            "longest ms": max(intervals),
            "frames": len(intervals),
            "windows": sum(each.windows for each in found),
        },
    )


async def echoing(plan: Plan, ours: Window, bare: Window) -> Row:
    await ours.opens(LITTLE)
    await ours.opens(LARGE)
    found = [await ours.echoes(f"Echo {number}") for number in range(plan.times)]
    least = [await bare.echoes(f"Echo {number}") for number in range(plan.times)]
    frames = [each.frames for each in found]
    return row(
        "f",
        f"from Enter to one's own message painted, median of {len(found)}",
        median(frames),
        "frames",
        against="bare page",
        baseline=median(each.frames for each in least),
        aim="1 frame",
        met=median(frames) <= 1,
        details={
            "p95 frames": percentile(frames, 0.95),
            "median ms": median(each.ms for each in found),
            "of the baseline": median(each.ms for each in least),
            "CPU ms of the main thread": median(each.cpu for each in found),
            "the baseline's": median(each.cpu for each in least),
        },
    )


# --- numbers ----------------------------------------------------------------------------------------------------------


def percentile(values: Sequence[float], share: float) -> float:
    """The least of the values that so much of all of them does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


def late_share(intervals: Sequence[float]) -> float:
    """How many of the frames came later than one and a half intervals after the one before, as a share of all."""
    return sum(interval > 1.5 * FRAME for interval in intervals) / len(intervals)
