"""A shop on Pyramid, and a corner of it on WebOb alone: every route is one scenario, named like its marker."""

from __future__ import annotations

import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyramid_shop as shop
from pyramid.authentication import AuthTktCookieHelper
from pyramid.config import Configurator
from pyramid.csrf import get_csrf_token
from pyramid.decorator import reify
from pyramid.events import NewResponse, subscriber
from pyramid.httpexceptions import HTTPForbidden, HTTPFound, HTTPGone, HTTPNotFound, HTTPNotModified, HTTPSeeOther
from pyramid.renderers import render_to_response
from pyramid.request import Request
from pyramid.response import FileResponse, Response
from pyramid.session import SignedCookieSessionFactory
from pyramid.view import exception_view_config, notfound_view_config, view_config
from pyramid_layers import Cascade, Limit, Replay
from webob import Request as PlainRequest, Response as PlainResponse, exc
from webob.dec import wsgify

FILES = Path(tempfile.mkdtemp(prefix="shop"))
(FILES / "catalogue.txt").write_text("nuts\nbolts\nscrews\n", encoding="utf-8")
POOL = ThreadPoolExecutor(2)
LIVE = {}
names: list[str] = []


def view(**options):
    """A view with the route that is named like it."""

    def register(function):
        names.append(function.__name__)
        return view_config(route_name=function.__name__, **options)(function)

    return register


# ---------------------------------------------------------------- late writes to the response
@view()
def late_header(request):
    def rows():
        for number in range(3):
            yield b"row %d\n" % number
        response.headers["X-Total"] = "3"  # <late_header:late>

    response = Response(app_iter=rows(), content_type="text/plain")  # <late_header:first>
    return response


@view()
def late_header_added(request):
    def rows():
        yield b"one\n"
        response.headers.add("X-Kind", "b")  # <late_header_added:late>

    response = Response(headerlist=[("X-Kind", "a")], app_iter=rows())  # <late_header_added:first>
    return response


@view()
def late_header_list(request):
    def rows():
        yield b"one\n"
        response.headerlist.append(("X-Listed", "1"))  # <late_header_list:late>
        yield b"two\n"

    response = Response(app_iter=rows())  # <late_header_list:first>
    return response


@view()
def late_header_list_replaced(request):
    def rows():
        yield b"one\n"
        response.headerlist = [*response.headerlist, ("X-Listed", "1")]  # <late_header_list_replaced:late>
        yield b"two\n"

    response = Response(app_iter=rows())  # <late_header_list_replaced:first>
    return response


@view()
def late_status(request):
    def rows():
        try:
            yield from shop.broken_rows()
        except shop.StockError:
            response.status = 500  # <late_status:late>
            yield b"failed\n"

    response = Response(app_iter=rows())  # <late_status:first>
    return response


@view()
def late_status_int(request):
    def rows():
        yield b"one\n"
        response.status_int = 404  # <late_status_int:late>

    response = Response(app_iter=rows())  # <late_status_int:first>
    return response


@view()
def late_cookie(request):
    def rows():
        for number in range(3):
            yield b"row %d\n" % number
            remember(response, number)

    response = Response(app_iter=rows())  # <late_cookie:first>
    return response


def remember(response, number):
    if number == 2:
        response.set_cookie("last_row", str(number))  # <late_cookie:late>


@view()
def late_cookie_deleted(request):
    def rows():
        yield b"bye\n"
        response.delete_cookie("basket")  # <late_cookie_deleted:late>

    response = Response(app_iter=rows())  # <late_cookie_deleted:first>
    return response


@view()
def late_removal(request):
    def rows():
        yield b"data\n"
        del response.headers["X-Draft"]  # <late_removal:late>

    response = Response(app_iter=rows())  # <late_removal:first>
    response.headers["X-Draft"] = "yes"
    return response


@view()
def late_properties(request):
    def rows():
        yield b"a;b\n"
        response.content_type = "text/csv"  # <late_properties:type>
        response.cache_control.no_store = True  # <late_properties:cache>
        response.last_modified = 0  # <late_properties:modified>
        response.etag = "v2"  # <late_properties:etag>
        response.content_disposition = "attachment"  # <late_properties:disposition>

    response = Response(app_iter=rows(), content_type="text/plain")  # <late_properties:first>
    return response


@view()
def late_expiry(request):
    def rows():
        yield b"data\n"
        response.cache_expires(60)  # <late_expiry:late>

    response = Response(app_iter=rows())  # <late_expiry:first>
    return response


@view()
def before_first_chunk(request):
    def rows():
        response.headers["X-Early"] = "no"  # <before_first_chunk:late>
        yield b"the head was copied before\n"

    response = Response(app_iter=rows())  # <before_first_chunk:first>
    return response


@view()
def own_class(request):
    return shop.Report(["nut", "bolt"])  # <own_class:first>


@view()
def built_elsewhere(request):
    return shop.make_export("rows")


@view()
def late_in_close(request):
    body = shop.Closing([b"one\n", b"two\n"])
    body.response = Response(app_iter=body)  # <late_in_close:first>
    return body.response


@view()
def late_in_thread(request):
    response = Response("at once")  # <late_in_thread:first>
    threading.Timer(0.1, measure, [response]).start()
    return response


def measure(response):
    response.headers["X-Measured"] = "1"  # <late_in_thread:late>


@view()
def late_in_pool(request):
    def rows():
        yield b"working\n"
        POOL.submit(finish, response).result()
        yield b"done\n"

    response = Response(app_iter=rows())  # <late_in_pool:first>
    return response


def finish(response):
    response.status_code = 201  # <late_in_pool:late>


@view()
def late_on_provided(request):
    def rows():
        yield b"one\n"
        response.headers["X-Late"] = "1"  # <late_on_provided:late>

    response = request.response
    response.app_iter = rows()
    return response  # <late_on_provided:first>


@view(renderer="json")
def late_rendered(request):
    threading.Timer(0.1, mark, [request.response]).start()
    request.response.status = 202
    return {"job": "started"}  # <late_rendered:first>


def mark(response):
    response.set_cookie("job", "done")  # <late_rendered:late>


@view()
def late_in_tween(request):
    return Response(app_iter=iter([b"one\n", b"two\n"]))  # <late_in_tween:first>


@view()
def from_handler(request):
    raise shop.Conflict("two of them")


@exception_view_config(context=shop.Conflict)
def on_conflict(error, request):
    def rows():
        yield b"%s\n" % str(error).encode()
        response.headers["Retry-After"] = "1"  # <from_handler:late>

    response = Response(app_iter=rows(), status=409)  # <from_handler:first>
    return response


@view()
def late_in_subrequest(request):
    def rows():
        inner = request.invoke_subrequest(Request.blank("/plain"))
        inner.headers["X-Inner"] = "mine"
        response.headers["X-Asked"] = "1"  # <late_in_subrequest:late>
        yield inner.body

    response = Response(app_iter=rows())  # <late_in_subrequest:first>
    return response


@view()
def subresponse(request):
    return request.invoke_subrequest(Request.blank("/late_header"))


@view()
def on_exception(request):
    def rows():
        yield b"one\n"
        gone.headers["X-Late"] = "1"  # <on_exception:late>

    gone = HTTPGone(app_iter=rows())
    raise gone  # <on_exception:first>


class Stock:
    """Views that are methods."""

    def __init__(self, request):
        self.request = request

    @reify
    def export(self):
        return Response(app_iter=self.rows())  # <late_in_class:first>

    def rows(self):
        yield b"one\n"
        self.export.headers["X-Late"] = "1"  # <late_in_class:late>

    @view_config(route_name="late_in_class")
    def late_in_class(self):
        return self.export

    @view_config(route_name="limit_class", renderer="string")
    def limit_class(self):
        if "none" in self.request.params:
            return ""
        return "x" * 60  # <limit_class:first>


names += ["late_in_class", "limit_class"]


# ---------------------------------------------------------------- sessions and callbacks
@view()
def late_session(request):
    request.session["visit"] = 1

    def rows():
        yield b"one\n"
        request.session["visit"] = 2  # <late_session:late>

    return Response(app_iter=rows())  # <late_session:first>


@view()
def late_session_alone(request):
    session = request.session
    session["visit"] = 1

    def rows():
        yield b"one\n"
        session["visit"] = 2  # <late_session_alone:late>

    return Response(app_iter=rows())  # <late_session_alone:first>


@view()
def late_session_first(request):
    def rows():
        yield b"one\n"
        request.session["visit"] = 2  # <late_session_first:late>

    return Response(app_iter=rows())  # <late_session_first:first>


@view()
def late_session_known(request):
    def rows():
        yield b"visit %d\n" % request.session.get("visit", 0)
        del request.session["visit"]  # <late_session_known:late>

    return Response(app_iter=rows())  # <late_session_known:first>


@view()
def late_session_cleared(request):
    request.session["user"] = "somebody"

    def rows():
        yield b"bye\n"
        request.session.invalidate()  # <late_session_cleared:late>

    return Response(app_iter=rows())  # <late_session_cleared:first>


@view()
def late_flash(request):
    request.session.flash("in time")

    def rows():
        yield b"one\n"
        request.session.flash("too late")  # <late_flash:late>

    return Response(app_iter=rows())  # <late_flash:first>


@view()
def late_flash_read(request):
    request.session.flash("welcome")

    def rows():
        for message in request.session.pop_flash():  # <late_flash_read:late>
            yield message.encode()

    return Response(app_iter=rows())  # <late_flash_read:first>


@view()
def late_token(request):
    def rows():
        yield get_csrf_token(request).encode()  # <late_token:late>

    return Response(app_iter=rows())  # <late_token:first>


@view()
def late_callback(request):
    def rows():
        yield b"one\n"
        request.add_response_callback(stamp)  # <late_callback:late>

    return Response(app_iter=rows())  # <late_callback:first>


def stamp(request, response):
    response.headers["X-Stamped"] = "1"


# ---------------------------------------------------------------- exceptions
@view()
def error_in_stream(request):
    return Response(app_iter=shop.broken_rows(), content_type="text/plain")  # <error_in_stream:first>


@view()
def handled_in_stream(request):
    def rows():
        yield b"one\n"
        raise shop.Conflict("in the middle")  # <handled_in_stream:late>

    return Response(app_iter=rows())  # <handled_in_stream:first>


@view()
def http_error_in_stream(request):
    def rows():
        yield b"one\n"
        raise HTTPNotFound  # <http_error_in_stream:late>

    return Response(app_iter=rows())  # <http_error_in_stream:first>


@view()
def redirect_in_stream(request):
    def rows():
        yield b"cart\n"
        raise HTTPSeeOther("/login")  # <redirect_in_stream:late>

    return Response(app_iter=rows())  # <redirect_in_stream:first>


@view()
def too_short(request):
    return Response(app_iter=iter([b"short\n"]), content_length=600)  # <too_short:first>


@view()
def too_long(request):
    def rows():
        yield b"12345"
        yield b"678910"  # <too_long:late>

    return Response(app_iter=rows(), content_length=8)  # <too_long:first>


# ---------------------------------------------------------------- second starts
@view()
def limit_built(request):
    return Response("x" * 60)  # <limit_built:first>


@view(renderer="json")
def limit_json(request):
    request.response.status = 202
    request.response.headers["X-Rows"] = "60"
    return {"rows": "x" * 60}  # <limit_json:first>


@view(renderer="string")
def limit_context(context, request):
    return "x" * 60  # <limit_context:first>


@view()
def limit_rendered(request):
    return render_to_response("json", {"rows": 60}, request)  # <limit_rendered:first>


@view()
def limit_provided(request):
    request.response.text = "x" * 60
    return request.response  # <limit_provided:first>


@view()
def limit_raised(request):
    raise HTTPForbidden("not yours")  # <limit_raised:first>


@view()
def limit_raised_elsewhere(request):
    raise shop.make_error()  # <limit_raised_elsewhere:first>


@view()
def limit_returned(request):
    return HTTPFound("/plain")  # <limit_returned:first>


@view()
def limit_handled(request):
    raise PermissionError("not yours")


@exception_view_config(context=PermissionError, renderer="json")
def on_permission(error, request):
    request.response.status = 403
    return {"error": str(error)}  # <limit_handled:first>


@view()
def limit_missing(request):
    raise HTTPNotFound


@notfound_view_config(append_slash=True)
def on_missing(request):
    return Response(f"no {request.path}", status=404)  # <limit_missing:first>


def answering(view):
    """A decorator that answers in the place of its view."""

    def decorated(context, request):
        if "closed" in request.params:
            return Response("closed")  # <limit_decorator:first>
        return view(context, request)

    return decorated


@view(decorator=answering, renderer="string")
def limit_decorator(request):
    return "open"


@view(renderer="string")
def limit_tween(request):
    return "thrown away"


@view()
def cascade(request):
    return Response("not here", status=404)  # <cascade:first>


@view()
def retry(request):
    return Response("busy", status=503)  # <retry:first>


# ---------------------------------------------------------------- concurrency
@view()
def one_of_many(request):
    name = request.matchdict["name"]

    def rows():
        for _ in range(3):
            time.sleep(0.01)
            yield f"{name}\n".encode()
        if name.startswith("late"):
            response.headers["X-Late"] = name  # <one_of_many:late>

    response = Response(app_iter=rows())  # <one_of_many:first>
    return response


@view()
def live(request):
    poked = threading.Event()
    name = request.matchdict["name"]

    def rows():
        LIVE[name] = response, poked
        yield b"waiting\n"
        poked.wait(5)
        yield b"poked\n"

    response = Response(app_iter=rows())  # <live:first>
    return response


@view()
def poke(request):
    response, poked = LIVE[request.matchdict["name"]]
    response.headers["X-Poked"] = "1"  # <live:late>
    poked.set()
    return Response("poked")


@view()
def endless(request):
    return Response(app_iter=(b"%d " % number * 500 for number in range(400) if not time.sleep(0.005)))


# ---------------------------------------------------------------- clean
@view(request_method=("GET", "HEAD"))
def plain(request):
    return Response("plain")


@view(renderer="json")
def everything_in_time(request):
    request.response.status_int = 203
    request.response.set_cookie("mine", "1")
    request.response.cache_control.no_store = True
    request.response.etag = "v1"
    request.add_response_callback(stamp)
    request.add_finished_callback(lambda request: FILES.joinpath("done").touch())
    request.session["n"] = 1
    request.session.flash("hello")
    request.session.pop_flash()
    return {"ok": get_csrf_token(request)}


@view()
def stream(request):
    request.session["n"] = 1
    return Response(app_iter=(b"row %d\n" % number for number in range(3)), content_type="text/plain")


@view()
def wrapped(request):
    return Response(app_iter=iter([b"one\n", b"two\n"]))  # <stamped_by_wrapper:first>


@view()
def file(request):
    return FileResponse(FILES / "catalogue.txt", request=request, content_type="text/plain")


@view()
def no_content(request):
    return Response(status=204)


@view()
def not_modified(request):
    raise HTTPNotModified


@view()
def conditional(request):
    return Response("the same", etag="v1", conditional_response=True)


@view()
def crash(request):
    raise shop.StockError("before the start")


@view()
def redirect(request):
    raise HTTPFound("/plain")


@view()
def handled(request):
    raise PermissionError("not yours")


@view()
def subrequest(request):
    inner = request.invoke_subrequest(Request.blank("/plain"), use_tweens=True)
    inner.headers["X-Inner"] = "1"
    request.session["inner"] = inner.status_int
    other = Request.blank("/plain").get_response(pyramid_app)
    return Response(inner.body + other.body)


@view()
def remembered(request):
    response = Response("hello")
    response.headerlist.extend(AuthTktCookieHelper("a secret").remember(request, "somebody"))
    return response


@view()
def equal_write(request):
    def rows():
        yield b"one\n"
        response.headers["X-Kind"] = "report"
        response.status = 200
        response.status = "200 OK"
        response.content_type = response.content_type
        request.session["kind"] = "report"

    request.session["kind"] = "report"
    response = Response(app_iter=rows(), headers={"X-Kind": "report"})
    return response


@view()
def read_late(request):
    def rows():
        yield f"{request.session.get('visit')} {request.session.pop_flash()} {request.authenticated_userid}\n".encode()
        yield f"{dict(response.headers)} {response.cache_control.max_age} {response.status}\n".encode()

    response = Response(app_iter=rows())
    return response


@view()
def never_sent(request):
    def rows():
        yield b"one\n"
        scratch = Response("of nobody")
        scratch.headers["X-Scratch"] = "1"
        request.response.status = 404
        copy = PlainResponse(headerlist=list(response.headerlist))
        copy.set_cookie("copy", "1")
        yield scratch.body

    response = Response(app_iter=rows())
    return response


@view()
def caught_in_stream(request):
    def rows():
        try:
            yield from shop.broken_rows()
        except shop.StockError as error:
            yield f"error: {error}\n".encode()

    return Response(app_iter=rows())


@view()
def error_before_first_chunk(request):
    def rows():
        raise shop.StockError("nothing was sent")
        yield b""

    return Response(app_iter=rows())


@view()
def cached(request):
    return shop.cached(request)


@view()
def body_read(request):
    response = Response(app_iter=iter([b"one\n", b"two\n"]))
    threading.Timer(0.1, lambda: response.body).start()
    return response


# ---------------------------------------------------------------- all of it
def tween_factory(handler, registry):
    def tween(request):
        response = handler(request)
        response.headers["X-Tween"] = "1"
        if request.path == "/late_in_tween":
            response.app_iter = measured(response, response.app_iter)
        elif request.path == "/limit_tween":
            return Response("another one")  # <limit_tween:first>
        return response

    return tween


def measured(response, body):
    yield from body
    response.headers["X-Size"] = "8"  # <late_in_tween:late>


@subscriber(NewResponse)
def on_response(event):
    event.response.headers["X-Event"] = "1"


def make_app():
    with Configurator() as config:
        config.set_session_factory(SignedCookieSessionFactory("not a secret"))
        config.add_tween("pyramid_app.tween_factory")
        for name in names:
            config.add_route(name, f"/{name}/{{name}}" if name in ("one_of_many", "live", "poke") else f"/{name}")
        config.add_static_view("files", str(FILES))
        config.scan("pyramid_app")
        return config.make_wsgi_app()


# ---------------------------------------------------------------- WebOb alone
@wsgify
def corner(req):
    answers = {name.removeprefix("webob_"): function for name, function in globals().items() if name.startswith("webob_")}
    return answers[req.path_info.strip("/")](req)


def webob_late(req):
    def rows():
        yield b"one\n"
        response.headers["X-Late"] = "1"  # <webob_late:late>

    response = PlainResponse(app_iter=rows())  # <webob_late:first>
    return response


@wsgify
def limit_text(req):
    return "x" * 60  # <limit_webob_text:first>


@wsgify
def limit_error(req):
    raise exc.HTTPForbidden("not yours")  # <limit_webob_error:first>


@wsgify
def limit_raw(req):
    return raw


def raw(environ, start_response):
    answer = PlainResponse("x" * 60)
    return answer(environ, start_response)  # <limit_webob_raw:first>


def webob_clean(req):
    inner = PlainRequest.blank("/text").get_response(limit_text)
    inner.headers["X-Inner"] = "1"
    req.response.set_cookie("mine", "1")
    return inner.text


@wsgify.middleware
def stamped(req, app):
    response = req.get_response(app)
    response.headers["X-Middle"] = "1"
    if req.path_info == "/wrapped":
        response.app_iter = wrapping(response, response.app_iter)
    return response


@wsgify.middleware
def replacing(req, app):
    response = req.get_response(app)  # <limit_replaced:first>
    response.status = 200
    response.text = "nothing of that name"
    return response


def wrapping(response, body):
    yield from body
    response.headers["X-Wrapped"] = "1"  # <stamped_by_wrapper:late>


def webob_missing(req):
    raise exc.HTTPNotFound


pyramid_app = make_app()
CORNER = {
    "/limit_webob_text": Limit(limit_text),
    "/limit_webob_error": Limit(limit_error),
    "/limit_webob_raw": Limit(limit_raw),
    "/limit_replaced": Limit(replacing(pyramid_app)),
}


def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path in CORNER:
        return CORNER[path](environ, start_response)
    if path.startswith("/webob"):
        environ["PATH_INFO"] = path.removeprefix("/webob")
        return corner(environ, start_response)
    if path.startswith("/stamped"):
        environ["PATH_INFO"] = path.removeprefix("/stamped")
        return stamped(pyramid_app)(environ, start_response)
    answer = pyramid_app
    if path.startswith("/limit"):
        answer = Limit(pyramid_app)
    elif path.startswith("/cascade"):
        answer = Cascade(pyramid_app)
    elif path.startswith("/retry"):
        answer = Replay(pyramid_app)
    return answer(environ, start_response)
