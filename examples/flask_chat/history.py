"""The last exchanges, in the session."""

from flask import session

LIMIT = 5


def remember(prompt, reply):
    history = [*session.get("history", []), {"prompt": prompt, "reply": reply}]
    session["history"] = history[-LIMIT:]  # <late>
