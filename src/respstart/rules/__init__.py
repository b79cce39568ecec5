"""The rules: one table of names, and one Markdown page per rule beside it (RS101.md ...).

`explain`, the docs site and a test read the pages; diagnosis reads the table. Numbers and slugs are stable for ever.
"""

from __future__ import annotations

import reprlib
from importlib import resources

from respstart.model import Rule

RULES: dict[str, Rule] = {
    rule.code: rule
    for rule in (
        Rule("RS101", "late-header", "error", "a header was set, changed or removed after the head was rendered",
             "Set the header before the response is returned or its first chunk is sent."),
        Rule("RS102", "late-status", "error", "the status was changed too late",
             "Decide on the status before the response is returned or its first chunk is sent."),
        Rule("RS103", "late-cookie", "error", "a cookie was set or deleted too late",
             "Set the cookie on the response before it is returned or its first chunk is sent."),
        Rule("RS104", "late-session", "error", "the session was changed after its cookie could be sent",
             "Change the session before the response starts, or keep late data in a store on the server side."),
        Rule("RS105", "late-callback", "error", "a callback for the response was registered too late ever to run",
             "Register the callback before the view returns."),
        Rule("RS106", "shadowed-response", "error", "changes were made to a response object that is not the one sent",
             "Make the changes on the response object that is returned."),
        Rule("RS201", "second-start", "error", "a second response was started",
             "Return right after the first answer; in a middleware, answer only while nothing has started."),
        Rule("RS202", "next-called-twice", "error", "a middleware ran the rest of the application twice and both answered",
             "Call the next application once, or hold the first answer back until it is known to be the one."),
        Rule("RS203", "racing-answers", "error", "two tasks or threads answered the same request",
             "Let one owner answer: cancel the loser before anything is sent."),
        Rule("RS204", "second-head-in-body", "error", "a second complete head was written into the first response's body",
             "After a response is prepared, return that response and no other."),
        Rule("RS301", "body-after-end", "error", "data was sent after the response had ended",
             "Send everything before the last chunk; let one owner end the response."),
        Rule("RS302", "length-mismatch", "error", "the body is not as long as the started head promised",
             "Leave Content-Length to the framework, or count the bytes that are really sent: encoded, not characters of text."),
        Rule("RS303", "never-started", "error", "body bytes came without any start",
             "Start the response (start_response, http.response.start) before its first body bytes."),
        Rule("RS401", "error-after-start", "error",
             "an exception came after the start: the client has a cut answer, or one that only looks complete",
             "Do what can fail before the response starts; inside a stream, catch the error and tell it in the body."),
        Rule("RS402", "handler-after-start", "error", "an error handler answered, or would have, and its response was dropped",
             "Do what can fail before the response starts; inside a stream, catch the error and tell it in the body."),
        Rule("RS403", "redirect-after-start", "error", "a redirect came too late",
             "Redirect before the first chunk is sent."),
        Rule("RS404", "error-in-background", "warning", "an exception came from code that ran after the response and can no longer answer",
             "Do what must be able to fail the request before the response starts."),
        Rule("RS501", "telemetry-mismatch", "warning", "a span or an access log tells another status than the one on the wire",
             "Trust the status on the wire; remove the late write that the telemetry believed."),
        Rule("RS901", "probe-disarmed", "info", "a hook of respstart failed and was switched off",
             "Report it with the traceback; the application was not harmed."),
    )
}


def find(name: str) -> Rule | None:
    """The rule with this code or slug, in any case; None when there is none."""
    wanted = name.strip().lower()
    return next((rule for rule in RULES.values() if wanted in (rule.code.lower(), rule.slug)), None)


def prefix(text: str) -> str:
    """What all codes begin with that `text` means: a code (RS103), the beginning of codes (RS1) or a slug, in any case.

    Raises ValueError, which names the nearest, when it is none of these.
    """
    rule, start = find(text), text.strip().upper()
    if rule is not None:
        return rule.code
    if start.startswith("RS") and any(code.startswith(start) for code in RULES):
        return start
    import difflib

    names = {name.lower(): name for known in RULES.values() for name in (known.code, known.slug)}
    nearest = difflib.get_close_matches(text.strip().lower(), names, n=1, cutoff=0.0)[0]
    raise ValueError(f"there is no rule {reprlib.repr(text)}, the nearest is {names[nearest]}")


def page(rule: Rule) -> str:
    """The Markdown page of a rule, as shipped in the wheel."""
    return resources.files(__package__).joinpath(f"{rule.code}.md").read_text(encoding="utf-8")
