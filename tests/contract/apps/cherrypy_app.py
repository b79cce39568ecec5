"""A site on CherryPy: every page is one scenario, named like its marker."""

from __future__ import annotations

import tempfile
import threading
import time
from pathlib import Path

import cherrypy
import cherrypy_site as site
from cherrypy.lib import sessions, static

FILES = Path(tempfile.mkdtemp(prefix="site"))
(FILES / "catalogue.txt").write_text("nuts\nbolts\nscrews\n", encoding="utf-8")

page = cherrypy.expose
streamed = cherrypy.config(**{"response.stream": True})
in_memory = {"tools.sessions.on": True}
in_files = {
    "tools.sessions.on": True, "tools.sessions.storage_class": sessions.FileSession, "tools.sessions.storage_path": str(FILES),
}


class Late:
    """Pages that write too late."""

    @page
    @streamed
    def late_header(self):  # <late_header:first>
        yield b"one"
        cherrypy.response.headers["X-Total"] = "1"  # <late_header:late>

    @page
    @streamed
    def before_first(self):  # <before_first:first>
        cherrypy.response.headers["X-Total"] = "1"  # <before_first:late>
        yield b"one"

    @page
    @streamed
    def late_update(self):  # <late_update:first>
        yield b"one"
        cherrypy.response.headers.update({"X-Total": "1"})  # <late_update:late>

    @page
    @streamed
    def late_removal(self):  # <late_removal:first>
        yield b"one"
        del cherrypy.response.headers["Server"]  # <late_removal:late>

    @page
    @streamed
    def late_content_type(self):  # <late_content_type:first>
        yield b"one,two"
        cherrypy.response.headers["Content-Type"] = "text/csv"  # <late_content_type:late>

    @page
    @streamed
    def late_status(self):  # <late_status:first>
        yield b"one"
        cherrypy.response.status = 500  # <late_status:late>

    @page
    @streamed
    def late_status_text(self):  # <late_status_text:first>
        yield b"one"
        cherrypy.response.status = "409 Conflict"  # <late_status_text:late>

    @page
    @streamed
    def late_cookie(self):  # <late_cookie:first>
        yield b"one"
        cherrypy.response.cookie["seen"] = "1"  # <late_cookie:late>
        cherrypy.response.cookie["seen"]["path"] = "/"

    @page
    @streamed
    def late_cookie_attribute(self):
        cherrypy.response.cookie["seen"] = "1"
        return self.seen_for_longer()  # <late_cookie_attribute:first>

    def seen_for_longer(self):
        yield b"one"
        cherrypy.response.cookie["seen"]["max-age"] = 60  # <late_cookie_attribute:late>

    @page
    @streamed
    def from_helper(self):  # <from_helper:first>
        yield b"one"
        site.remember("total", "1")

    @page
    @streamed
    def late_returned(self, empty=None):  # <late_returned:def>
        if empty:
            return []
        return late_rows()  # <late_returned:first>

    @page
    @streamed
    @site.uncached
    def late_decorated(self):  # <late_decorated:first>
        yield b"one"
        cherrypy.response.headers["X-Total"] = "1"  # <late_decorated:late>

    @page
    @streamed
    def late_in_finally(self):  # <late_in_finally:first>
        try:
            yield b"one"
        finally:
            cherrypy.response.headers["X-Done"] = "1"  # <late_in_finally:late>

    @page
    @streamed
    def late_in_thread(self):  # <late_in_thread:first>
        answer = cherrypy.serving.response

        def write():
            answer.headers["X-Total"] = "1"  # <late_in_thread:late>

        yield b"one"
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()

    @page
    @streamed
    def late_in_timer(self):  # <late_in_timer:first>
        answer = cherrypy.serving.response

        def write():
            answer.cookie["expired"] = "1"  # <late_in_timer:late>

        yield b"one"
        timer = threading.Timer(0.05, write)
        timer.start()
        timer.join()

    @page
    @cherrypy.tools.encode(encoding="utf-8")
    @streamed
    def late_encoded(self):  # <late_encoded:first>
        yield "one"
        cherrypy.response.headers["X-Total"] = "1"  # <late_encoded:late>

    @page
    def own_length(self):
        cherrypy.response.headers.update({"Content-Length": "3", "Content-Type": "application/octet-stream"})
        return measured_rows()  # <own_length:first>

    @page
    @cherrypy.config(**{"hooks.on_end_resource": site.after_the_head})
    def late_on_end_resource(self):
        return b"one"  # <late_on_end_resource:first>

    @page
    @cherrypy.config(**{"hooks.on_end_request": site.after_the_body})
    def late_on_end_request(self):
        return b"one"  # <late_on_end_request:first>

    @page
    @cherrypy.tools.json_out()
    @cherrypy.config(**{"hooks.on_end_request": site.after_the_body})
    def late_json(self):
        return {"a": 1}  # <late_json:first>

    @page
    @cherrypy.config(**{"hooks.before_handler": site.instead, "response.stream": True})
    def late_behind_hook(self):
        return b"never"

    @page
    @cherrypy.config(**in_files, **{"response.stream": True})
    def late_regenerate(self):  # <late_regenerate:first>
        yield b"one"
        cherrypy.session.regenerate()  # <late_regenerate:late>

    @page
    @cherrypy.config(**in_files, **{"response.stream": True})
    def late_expire(self):  # <late_expire:first>
        yield b"one"
        cherrypy.lib.sessions.expire()  # <late_expire:late>

    @page
    @cherrypy.config(**in_files, **{"hooks.on_end_request": site.session_after_the_body})
    def late_session_on_end_request(self):
        cherrypy.session["visits"] = 1
        return b"one"  # <late_session_on_end_request:first>

    @page
    @cherrypy.config(**in_files, **{"hooks.on_end_request": site.session_after_the_body})
    def late_session_unread(self):
        return b"one"  # <late_session_unread:first>


def late_rows():
    yield b"one"
    cherrypy.response.headers["X-Total"] = "1"  # <late_returned:late>


def measured_rows():
    yield b"one"
    cherrypy.response.headers["X-Total"] = "1"  # <own_length:late>


class Broken:
    """Pages that fail, or want another answer, in the middle."""

    @page
    @streamed
    def error_in_stream(self):  # <error_in_stream:first>
        yield b"row 1\n"
        raise ValueError("row 2")  # <error_in_stream:late>

    @page
    @streamed
    def redirect_in_stream(self):  # <redirect_in_stream:first>
        yield b"cart\n"
        site.ensure_paid("open")

    @page
    @streamed
    def redirect_before_first(self):  # <redirect_before_first:first>
        raise cherrypy.HTTPRedirect("/plain")  # <redirect_before_first:late>
        yield b"never"

    @page
    @streamed
    def http_error_in_stream(self):  # <http_error_in_stream:first>
        yield b"page 0\n"
        raise cherrypy.HTTPError(404, "no page 1")  # <http_error_in_stream:late>


class Limited:
    """Pages under middleware that starts again."""

    @page
    def limit_text(self, short=None):  # <limit_text:def>
        if short:
            return b"short"
        return b"a text that is much too long"  # <limit_text:first>

    @page
    @cherrypy.tools.json_out()
    def limit_json(self):
        return {"text": "much too long for that"}  # <limit_json:first>

    @page
    def limit_raised(self):
        raise cherrypy.HTTPError(409, "a long story of conflicts")  # <limit_raised:first>

    @page
    def limit_redirect(self):
        raise cherrypy.HTTPRedirect("/plain")  # <limit_redirect:first>

    @page
    def limit_error(self):
        raise ValueError("no page for that")  # <limit_error:first>

    @page
    def limit_generated(self):  # <limit_generated:first>
        yield from site.rows(4)

    @page
    def retry(self):
        raise cherrypy.HTTPError(503)  # <retry:first>


class Clean:
    """Pages that do everything in time."""

    @page
    def plain(self):
        cherrypy.response.cookie["visit"] = "1"
        cherrypy.response.status = 201
        return b"plain"

    @page
    def index(self):
        return b"index"

    @page
    def collapsed(self):
        yield b"one"
        cherrypy.response.headers["X-Total"] = "1"
        cherrypy.response.cookie["seen"] = "1"
        cherrypy.response.status = 202

    @page
    @streamed
    def stream(self):
        yield from site.rows()

    @page
    @streamed
    def equal_write(self):
        yield b"one"
        cherrypy.response.headers["Content-Type"] = "text/html;charset=utf-8"
        cherrypy.response.status = 200

    @page
    @streamed
    def read_late(self):
        yield b"one "
        yield cherrypy.response.headers["Content-Type"].encode()

    @page
    @cherrypy.tools.gzip()
    @cherrypy.tools.etags(autotags=True)
    @cherrypy.tools.response_headers(headers=[("X-Tool", "1")])
    def tools(self):
        return b"tools"

    @page
    @cherrypy.tools.gzip()
    @streamed
    def zipped(self):
        yield from site.rows()

    @page
    @cherrypy.tools.caching(delay=60)
    def cached(self):
        return b"cached"

    @page
    @cherrypy.config(**{"hooks.before_finalize": site.in_time, "hooks.on_start_resource": site.in_time})
    def hooked(self):
        return b"hooked"

    @page
    @cherrypy.tools.json_in()
    @cherrypy.tools.json_out()
    def json(self):
        return {"got": cherrypy.request.json}

    @page
    def file(self):
        return static.serve_file(str(FILES / "catalogue.txt"))

    @page
    def moved(self):
        cherrypy.response.cookie["from"] = "moved"
        raise cherrypy.HTTPRedirect("/plain")

    @page
    def inside(self):
        raise cherrypy.InternalRedirect("/plain")

    @page
    def error_in_time(self):
        raise ValueError("no answer")

    @page
    def error_collapsed(self):
        yield b"one"
        raise ValueError("collapsed")

    @page
    @streamed
    def error_before_first(self):
        raise ValueError("nothing yet")
        yield b"never"

    @page
    @cherrypy.config(**{"request.error_response": site.sorry})
    def own_error_response(self):
        raise ValueError("handled")

    @page
    @cherrypy.config(**{"error_page.404": site.not_there})
    def own_error_page(self):
        raise cherrypy.NotFound

    @page
    @cherrypy.config(**{"hooks.before_finalize": site.hurt})
    def hook_fails(self):
        return b"never"

    @page
    @cherrypy.config(**{"hooks.on_end_resource": site.hurt})
    def late_hook_fails(self):
        return b"never"

    @page
    def nothing(self):
        cherrypy.response.status = 204

    @page
    @cherrypy.config(**in_memory)
    def session(self):
        cherrypy.session["visits"] = 1
        return b"session"

    @page
    @cherrypy.config(**in_memory, **{"response.stream": True})
    def session_streamed(self):
        yield b"one"
        cherrypy.session["visits"] = 2

    @page
    @cherrypy.config(**in_files, **{"response.stream": True})
    def session_streamed_to_file(self):
        yield b"one"
        cherrypy.session["visits"] = 2

    @page
    @cherrypy.config(**in_files, **{"hooks.on_end_request": site.read_session})
    def session_read_late(self):
        return b"one"

    @page
    @cherrypy.config(**in_files)
    def session_saved_twice(self):
        cherrypy.session["visits"] = 1
        cherrypy.session.save()
        cherrypy.session.acquire_lock()
        cherrypy.session["visits"] = 2
        return b"one"

    @page
    @streamed
    def one_of_many(self, name):  # <one_of_many:first>
        for _ in range(3):
            yield f"{name}\n".encode()
            time.sleep(0.02)
        if name.startswith("late"):
            cherrypy.response.headers["X-Late"] = "1"  # <one_of_many:late>

    @page
    @streamed
    def endless(self):
        while True:
            yield b"more and more\n" * 100

    @page
    def posted(self, name):
        return name.encode()


class Site(Late, Broken, Limited, Clean):
    """All pages."""


@cherrypy.expose
class Shelf:
    """A resource whose methods are the HTTP methods."""

    @streamed
    def GET(self):  # <late_method:first>
        yield b"one"
        cherrypy.response.headers["X-Total"] = "1"  # <late_method:late>

    def PUT(self):
        cherrypy.response.headers["X-Put"] = "1"
        return b"put"


cherrypy.config.update({"log.screen": False, "environment": "embedded", "tools.sessions.timeout": 60})
tree = cherrypy._cptree.Tree()
tree.mount(Site(), "", {"/": {}})
tree.mount(Shelf(), "/shelf", {"/": {"request.dispatch": cherrypy.dispatch.MethodDispatcher(), "response.stream": True}})
limited, retried = site.Limit(tree), site.Retry(tree)


def app(environ, start_response):
    """The site, and the same site behind middleware."""
    for prefix, application in (("/limit/", limited), ("/retry/", retried)):
        if environ["PATH_INFO"].startswith(prefix):
            environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix(prefix[:-1])
            return application(environ, start_response)
    return tree(environ, start_response)
