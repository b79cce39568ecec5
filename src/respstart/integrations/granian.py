"""granian: only its wrappers of ASGI and WSGI applications are Python, and each is given the application once."""

from __future__ import annotations

from respstart.integrations.rows import Dispatches, Integration, Serves
from respstart.model import Habits

WSGI = Habits(open_until="return", keeps_list=True, replaces=True, hides_cuts=True)

INTEGRATION = Integration(
    name="granian",
    kind="server",
    packages=("granian",),
    distribution="granian",
    rows=(
        Serves("granian.asgi:_callback_wrapper", "asgi", argument=0, habits=Habits(answers=True)),
        Serves("granian.wsgi:_callback_wrapper", "wsgi", argument=0, habits=WSGI),
        Dispatches(
            (
                "granian.asgi:_callback_wrapper.<locals>._runner",
                "granian.wsgi:_callback_wrapper.<locals>._runner",
            )
        ),
    ),
)
