"""A blueprint and class-based views."""

from __future__ import annotations

import functools

from quart import Blueprint, Response, abort, g, request
from quart.views import MethodView, View
from quart_shop import Conflict, rows

panel = Blueprint("panel", __name__, url_prefix="/panel")


def streamed(view):
    @functools.wraps(view)
    async def wrapper(*args, **kwargs):
        return Response(view(*args, **kwargs))  # <decorated_stream:first>

    return wrapper


def no_store(view):
    @functools.wraps(view)
    async def wrapper(*args, **kwargs):
        response = await view(*args, **kwargs)
        response.headers["Cache-Control"] = "no-store"
        return response

    return wrapper


ANSWERS = {}


@panel.after_request
async def tag(response):
    response.headers["X-Panel"] = "1"
    ANSWERS[request.endpoint] = response
    return response


@panel.before_request
def closed():
    g.opened = True
    if request.args.get("closed"):
        return "the panel is closed", 503  # <closed:first>
    return None


@panel.errorhandler(Conflict)
async def conflict(error):
    return {"conflict": str(error)}, 409  # <panel_conflict:first>


@panel.get("/decorated_stream")
@streamed
async def decorated_stream():
    yield "one "
    ANSWERS["panel.decorated_stream"].headers["X-Late"] = "1"  # <decorated_stream:late>
    yield "two "


@panel.get("/decorated_clean")
@no_store
async def decorated_clean():
    return Response(rows())  # <decorated_clean:first>


@panel.get("/conflict")
async def crossed():
    raise Conflict("two orders for one nut")  # <panel_conflict:raise>


@panel.get("/decorated_plain")
@panel.get("/decorated_also")
def decorated_plain():
    return f"plain {g.opened}"  # <decorated_plain:first>


class Stock(MethodView):
    """A class-based view by method."""

    async def get(self):
        self.response = Response(self.lines(), mimetype="text/plain")  # <method_view:first>
        return self.response

    async def post(self):
        return "stored"  # <method_post:first>

    def delete(self):
        abort(403)  # <method_delete:first>

    async def lines(self):
        yield "stock "
        self.response.set_cookie("counted", "1")  # <method_view:late>
        yield "end"


class Totals(View):
    """A class-based view with decorators."""

    decorators = (no_store,)

    async def dispatch_request(self):
        self.response = Response(self.lines())  # <class_view:first>
        return self.response

    async def lines(self):
        yield "totals "
        self.response.status = "503 SERVICE UNAVAILABLE"  # <class_view:late>
        yield "end"


class Names(View):
    """A class-based view that returns a plain value."""

    init_every_request = False

    async def dispatch_request(self):
        return ["nut", "bolt"]  # <class_plain:first>


panel.add_url_rule("/method_view", view_func=Stock.as_view("stock"))
panel.add_url_rule("/class_view", view_func=Totals.as_view("totals"))
panel.add_url_rule("/class_plain", view_func=Names.as_view("names"))
