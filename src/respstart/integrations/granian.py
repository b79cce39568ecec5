"""granian: only its wrappers of ASGI and WSGI applications are Python, and each is given the application once."""

from __future__ import annotations

from respstart.integrations.rows import Dispatches, Integration, Serves

INTEGRATION = Integration(
    name="granian",
    kind="server",
    packages=("granian",),
    distribution="granian",
    rows=(
        Serves("granian.asgi:_callback_wrapper", "asgi", argument=0),
        Serves("granian.wsgi:_callback_wrapper", "wsgi", argument=0),
        Dispatches(
            (
                "granian.asgi:_callback_wrapper.<locals>._runner",
                "granian.wsgi:_callback_wrapper.<locals>._runner",
            )
        ),
    ),
)
