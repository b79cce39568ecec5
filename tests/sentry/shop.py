"""Four applications with Sentry switched on: `python shop.py FRAMEWORK ORDER PATH ...` asks them and prints Sentry's events as JSON.

ORDER is what is switched on first, `respstart` or `sentry`; `alone` is Sentry without respstart. RESPSTART_* variables are settings.
"""

from __future__ import annotations

import json
import logging
import os
import sys

import drivers
import respstart
import victims

SECRET = os.environ.get("SHOP_SECRET", "")  # so that no line of source has it

events = []


def switch_on(framework, order):
    """Switch respstart and Sentry on, in this order."""
    if order == "respstart":
        respstart.install()
    import sentry_sdk
    from sentry_sdk.transport import Transport

    class Kept(Transport):
        """Keeps what would be sent."""

        def capture_envelope(self, envelope):
            events.extend(item.payload.json for item in envelope.items if item.type == "event")

    dsn = None if os.environ.get("SHOP_WITHOUT_DSN") else "https://key@sentry.test/1"
    sentry_sdk.init(
        dsn=dsn, transport=Kept, traces_sample_rate=1.0, attach_stacktrace=True,
        integrations=list(integrations(framework)), auto_enabling_integrations=False,
    )
    sentry_sdk.set_user({"id": SECRET})
    logging.getLogger("shop").warning("a breadcrumb with %s", SECRET)
    if order == "sentry":
        respstart.install()


def integrations(framework):
    """Those that Sentry would switch on by itself for the framework."""
    if framework == "flask":
        from sentry_sdk.integrations.flask import FlaskIntegration as Integration
    elif framework == "django":
        from sentry_sdk.integrations.django import DjangoIntegration as Integration
    elif framework == "fastapi":
        from sentry_sdk.integrations.fastapi import FastApiIntegration as Integration
        from sentry_sdk.integrations.starlette import StarletteIntegration

        yield StarletteIntegration()
    else:
        return
    yield Integration()


def flask_shop():
    import flask

    app = flask.Flask(__name__)

    @app.get("/clean")
    def clean():
        return "clean"

    @app.get("/before")
    def before():
        raise KeyError("nothing was started")

    @app.get("/late")
    def late():
        def rows():
            yield "one"
            raise KeyError("two")

        return rows()  # <flask:late>

    @app.get("/early")
    def early():
        def rows():
            raise KeyError("the server can still answer 500")
            yield "one"

        return rows()

    @app.get("/handled")
    def handled():
        import sentry_sdk

        def rows():
            yield "one"
            try:
                raise KeyError("of no consequence")
            except KeyError:
                sentry_sdk.capture_exception()

        return rows()

    @app.get("/lost")
    def lost():
        def rows():
            yield "one"
            response.set_cookie("cart", SECRET)  # <flask:changed>

        response = flask.Response(rows())  # <flask:lost>
        return response

    return app


def django_shop():
    import django
    from django.conf import settings

    settings.configure(ROOT_URLCONF="shop", SECRET_KEY="none", ALLOWED_HOSTS=["*"], LOGGING_CONFIG=None)
    django.setup()
    from django.core.wsgi import get_wsgi_application
    from django.http import HttpResponse, StreamingHttpResponse
    from django.urls import path

    def clean(request):
        return HttpResponse("clean")

    def before(request):
        raise KeyError("nothing was started")

    def late(request):
        def rows():
            yield "one"
            raise KeyError("two")

        return StreamingHttpResponse(rows())  # <django:late>

    def lost(request):
        def rows():
            yield "one"
            response.set_cookie("cart", SECRET)  # <django:changed>

        response = StreamingHttpResponse(rows())  # <django:lost>
        return response

    sys.modules["shop"] = sys.modules[__name__]
    globals()["urlpatterns"] = [path(view.__name__, view) for view in (clean, before, late, lost)]
    return get_wsgi_application()


def fastapi_shop():
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()

    @app.get("/clean")
    async def clean():
        return "clean"

    @app.get("/before")
    async def before():
        raise KeyError("nothing was started")

    @app.get("/late")
    async def late():
        async def rows():
            yield "one"
            raise KeyError("two")

        return StreamingResponse(rows())  # <fastapi:late>

    @app.get("/lost")
    async def lost():
        async def rows():
            yield "one"
            response.set_cookie("cart", SECRET)  # <fastapi:changed>

        response = StreamingResponse(rows())  # <fastapi:lost>
        return response

    return app


def raw_shop():
    from sentry_sdk.integrations.asgi import SentryAsgiMiddleware

    async def app(scope, receive, send):
        if scope["path"] == "/before":
            raise KeyError("nothing was started")
        promised = [(b"content-length", b"9")] if scope["path"] == "/lost" else []
        await send({"type": "http.response.start", "status": 200, "headers": promised})  # <raw:late> <raw:lost>
        await send({"type": "http.response.body", "body": b"one", "more_body": scope["path"] == "/late"})
        if scope["path"] == "/late":
            raise KeyError("two")

    reported = SentryAsgiMiddleware(app)

    async def alone(scope, receive, send):
        await reported(scope, receive, send)

    return alone if sys.argv[2] == "alone" else respstart.asgi(reported)


def main(framework, order, *paths):
    switch_on(framework, order)
    app = globals()[f"{framework}_shop"]()
    for path in paths:
        if path == "/off":
            respstart.uninstall()
        elif path == "/victim":  # an exception with a note, captured elsewhere
            sys.modules["sentry_sdk"].capture_exception(victims.victim())
        else:
            drivers.ask(app, path=path)
    print(json.dumps(events, default=str))


if __name__ == "__main__":
    main(*sys.argv[1:])
