"""Where months are determined: a light one at once, any other in a thread, so that whoever else asks is answered meanwhile."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

# They share one interpreter, turn by turn, with the thread that answers everybody: of many, it would seldom have its
# turn. Two, so that a light month does not wait for one heavy month.
_THREADS: Final = ThreadPoolExecutor(2, thread_name_prefix="determination")

LIGHT_FACTS: Final = 60
LIGHT_BODY: Final = 16 * 1024
"""Of a month so small a usual one takes a millisecond and the most contested some thirty; a thread's turn costs about as
much waiting as the usual one takes, and several times that on a busy machine."""


async def aside(compute: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `compute` returns or raises, computed in a thread once one is free."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, lambda: compute(*args, **kwargs))
