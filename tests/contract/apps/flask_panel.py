"""A blueprint, class-based views, and an application that is mounted below the shop."""

from __future__ import annotations

import functools

from flask import Blueprint, Flask, Response, g, stream_with_context
from flask.views import MethodView, View
from flask_shop import rows

panel = Blueprint("panel", __name__)


def streamed(view):
    def wrapper(*args, **kwargs):
        return Response(stream_with_context(view(*args, **kwargs)))  # <blueprint_decorated:first>

    wrapper.__name__ = view.__name__
    return wrapper


def no_store(view):
    @functools.wraps(view)
    def wrapper(*args, **kwargs):
        response = view(*args, **kwargs)
        response.headers["Cache-Control"] = "no-store"
        return response

    return wrapper


def remember(response):
    g.answer = response
    return response


@panel.after_request
def tag(response):
    response.headers["X-Panel"] = "1"
    return remember(response)


@panel.get("/blueprint_decorated")
@streamed
def blueprint_decorated():
    yield "one "
    g.answer.headers["X-Late"] = "1"  # <blueprint_decorated:late>
    yield "two "


@panel.get("/blueprint_clean")
@no_store
def blueprint_clean():
    return Response(rows())


class Stock(MethodView):
    """A class-based view by method."""

    def get(self):
        response = Response(self.lines(), mimetype="text/plain")  # <method_view:first>
        self.response = response
        return response

    def post(self):
        return "stored"

    def lines(self):
        yield "stock "
        self.response.set_cookie("counted", "1")  # <method_view:late>
        yield "end"


class Totals(View):
    """A class-based view with decorators."""

    decorators = (no_store,)

    def dispatch_request(self):
        self.response = Response(self.lines())  # <decorated_view:first>
        return self.response

    def lines(self):
        yield "totals "
        self.response.status = "503 SERVICE UNAVAILABLE"  # <decorated_view:late>
        yield "end"


panel.add_url_rule("/method_view", view_func=Stock.as_view("stock"))
panel.add_url_rule("/decorated_view", view_func=Totals.as_view("totals"))

admin = Flask("admin")


@admin.get("/mounted")
def mounted():
    response = Response(status=200)  # <mounted:first>
    response.response = audit(response)
    return response


@admin.get("/quiet")
def quiet():
    return Response(rows())


def audit(response):
    yield "audit "
    response.headers.add("X-Audit", "1")  # <mounted:late>
    yield "end"
