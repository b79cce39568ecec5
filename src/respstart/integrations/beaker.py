"""Beaker: its middleware saves the session and adds its cookie in start_response, and only there."""

from __future__ import annotations

from typing import Any

from respstart.integrations.rows import Integration, Keeps, Mutates, ResponseKind


def contents(session: Any) -> dict[Any, Any]:
    """What is in a lazy session object, without loading it; that a save was asked for is a write too."""
    loaded = session.__dict__.get("_sess") or {}
    own = {key: value for key, value in loaded.items() if not str(key).startswith("_")}  # Beaker's own keys are no writes
    return {**own, "save()": session.dirty()}


INTEGRATION = Integration(
    name="beaker",
    kind="framework",
    packages=(),
    distribution="beaker",
    rows=(
        Keeps("beaker.session", "wsgi", ResponseKind(contents)),
        Mutates("beaker.session:SessionObject", ("__setitem__", "__delitem__", "delete", "save")),
    ),
)
