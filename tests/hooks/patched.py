"""Every module that is patched, imported."""

import importlib

import pytest

import respstart

MODULES = (
    "beaker.session", "daphne.server", "django.contrib.messages.middleware", "django.contrib.messages.storage.base",
    "django.contrib.sessions.middleware", "django.core.handlers.asgi", "django.core.handlers.wsgi", "django.test.client", "fastapi",
    "flask", "gunicorn.asgi.protocol", "gunicorn.workers.base_async", "gunicorn.workers.gthread", "gunicorn.workers.sync",
    "hypercorn.app_wrappers", "starlette.applications", "starlette.middleware.base", "starlette.middleware.exceptions",
    "starlette.middleware.sessions", "starlette.testclient", "uvicorn.protocols.http.h11_impl",
    "uvicorn.protocols.http.httptools_impl", "waitress.server", "waitress.task", "werkzeug.serving", "werkzeug.test", "wsgiref.handlers",
)  # fmt: skip


@pytest.fixture
def everything():
    """Every module that a table names and that is installed here."""
    for module in MODULES:
        try:
            importlib.import_module(module)
        except ImportError:
            assert module.startswith("gunicorn.asgi")  # older gunicorns have no ASGI worker
    yield
    respstart.uninstall()
