"""Who is logged in."""

import secrets

SESSIONS = {}


def open_session(response, name):
    token = secrets.token_urlsafe()
    SESSIONS[token] = name
    response.set_cookie("login", token, httponly=True)  # <late>
