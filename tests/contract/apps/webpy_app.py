"""A search on web.py: every page is one scenario, named like its marker."""

from __future__ import annotations

import tempfile
import threading
import time

import web
import webpy_search as search

web.config.debug = False


# ---------------------------------------------------------------- late writes
class late_header:
    def GET(self):
        web.header("Content-Type", "text/plain")
        yield "one"  # <late_header:first>
        web.header("X-Total", "1")  # <late_header:late>
        yield "two"


class late_unique:
    def GET(self):
        yield "one"  # <late_unique:first>
        web.header("X-Total", "1", unique=True)  # <late_unique:late>


class late_status:
    def GET(self):
        yield "one"  # <late_status:first>
        web.ctx.status = "500 Internal Server Error"  # <late_status:late>


class late_status_item:
    def GET(self):
        yield "one"  # <late_status_item:first>
        web.ctx["status"] = "409 Conflict"  # <late_status_item:late>


class late_cookie:
    def GET(self):
        yield "one"  # <late_cookie:first>
        web.setcookie("seen", "1")  # <late_cookie:late>


class from_helper:
    def GET(self):
        yield "one"  # <from_helper:first>
        search.note("X-Total", "1")


class late_delegated:
    def GET(self):
        yield from self.rows()

    def rows(self):
        yield "one"  # <late_delegated:first>
        web.header("X-Total", "1")  # <late_delegated:late>


class late_returned:
    def GET(self):
        if web.input(empty="").empty:
            return ""
        return late_rows()  # <late_returned:first>


def late_rows():
    yield "one"  # <late_returned:yield>
    web.header("X-Total", "1")  # <late_returned:late>


class late_in_finally:
    def GET(self):
        try:
            yield "one"  # <late_in_finally:first>
        finally:
            web.header("X-Done", "1")  # <late_in_finally:late>


class late_after_status:
    def GET(self):
        web.ctx.status = "202 Accepted"
        yield "one"  # <late_after_status:first>
        web.header("X-Total", "1")  # <late_after_status:late>


class late_function:
    def POST(self):
        yield web.input(name="").name  # <late_function:first>
        web.header("X-Total", "1")  # <late_function:late>


class Inner:
    def GET(self):
        yield "one"  # <late_inside:first>
        web.header("X-Total", "1")  # <late_inside:late>


class InnerPlain:
    def GET(self):
        web.setcookie("inner", "1")
        return "inner"


# ---------------------------------------------------------------- sessions
class late_session:
    def GET(self):
        yield "one"  # <late_session:first>
        session.count = 5  # <late_session:late>


class late_session_item:
    def GET(self):
        yield "one"  # <late_session_item:first>
        session["count"] = 5  # <late_session_item:late>


class session_before_first:
    def GET(self):
        session.count = 6  # <session_before_first:late>
        yield "one"  # <session_before_first:first>


class session_in_time:
    def GET(self):
        session.count += 1
        return f"count {session.count}"


class session_read_late:
    def GET(self):
        yield "one "
        yield f"{session.count}"


class session_killed:
    def GET(self):
        session.kill()
        return "bye"


# ---------------------------------------------------------------- errors
class error_in_stream:
    def GET(self):
        yield "row 1\n"  # <error_in_stream:first>
        raise ValueError("row 2")  # <error_in_stream:late>


class redirect_in_stream:
    def GET(self):
        yield "<title>\n"  # <redirect_in_stream:first>
        yield from search.find("one")


class notfound_in_stream:
    def GET(self):
        yield "page 0\n"  # <notfound_in_stream:first>
        raise web.notfound()  # <notfound_in_stream:late>


class http_error_in_stream:
    def GET(self):
        yield "page 0\n"  # <http_error_in_stream:first>
        raise web.HTTPError("409 Conflict", {"X-Conflict": "1"}, "sorry")  # <http_error_in_stream:late>


class too_long:
    def GET(self):
        web.header("Content-Length", "5")
        yield "12345"  # <too_long:first>
        yield "678"  # <too_long:late>


# ---------------------------------------------------------------- under middleware that starts again
class limit_text:
    def GET(self):  # <limit_text:def>
        if web.input(short="").short:
            return "short"
        return "a text that is much too long"  # <limit_text:first>


class limit_raised:
    def GET(self):
        raise web.conflict("a long story of conflicts")  # <limit_raised:first>


class limit_error:
    def GET(self):
        raise ValueError("no page for that")  # <limit_error:first>


class retry:
    def GET(self):
        raise web.HTTPError("503 Service Unavailable", {}, "busy")  # <retry:first>


# ---------------------------------------------------------------- clean
class plain:
    def GET(self):
        web.ctx.status = "201 Created"
        web.setcookie("visit", "1")
        return "plain"


class stream:
    def GET(self):
        web.header("Content-Type", "text/plain")
        yield from search.rows()


class in_time:
    def GET(self):
        web.header("X-Total", "1")
        web.setcookie("seen", "1")
        web.ctx.status = "202 Accepted"
        yield "one"
        web.ctx.status = "202 Accepted"
        web.ctx.note = "nobody's business"


class read_late:
    def GET(self):
        yield "one "
        yield f"{web.ctx.status} {len(web.ctx.headers)}"


class unique_in_vain:
    def GET(self):
        web.header("X-Total", "1")
        yield "one"
        web.header("X-Total", "2", unique=True)


class moved:
    def GET(self):
        raise web.seeother("/plain")


class moved_before_first:
    def GET(self):
        raise web.seeother("/plain")
        yield "never"


class caught:
    def GET(self):
        try:
            raise web.badrequest("caught")
        except web.HTTPError as error:
            web.ctx.status = "200 OK"
            yield error.data
        try:
            raise ValueError("two")
        except ValueError as error:
            yield f" error: {error}"


class error_in_time:
    def GET(self):
        raise ValueError("no answer")


class error_before_first:
    def GET(self):
        raise ValueError("nothing yet")
        yield "never"


class empty_stream:
    def GET(self):
        yield from ()


class nothing:
    def GET(self):
        raise web.nocontent()


class thread_of_its_own:
    def GET(self):
        trouble = []

        def write():
            try:
                web.header("X-Thread", "1")
            except AttributeError as error:
                trouble.append(type(error).__name__)

        yield "one "
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
        yield trouble[0]


class posted:
    def POST(self):
        return web.input().name


class one_of_many:
    def GET(self):
        name = web.input().name
        for _ in range(3):
            yield f"{name}\n"  # <one_of_many:first>
            time.sleep(0.02)
        if name.startswith("late"):
            web.header("X-Late", "1")  # <one_of_many:late>


class endless:
    def GET(self):
        while True:
            yield "more and more\n" * 100


def timed(handle):
    """A processor: its header is in time."""
    result = handle()
    web.header("X-Timing", "1")
    return result


inner = web.application(("/late_inside", "Inner", "/plain", "InnerPlain"), globals())
NAMES = (
    "late_header", "late_unique", "late_status", "late_status_item", "late_cookie", "from_helper", "late_delegated", "late_returned",
    "late_in_finally", "late_after_status", "late_function", "late_session", "late_session_item", "session_before_first",
    "session_in_time", "session_read_late", "session_killed", "error_in_stream", "redirect_in_stream", "notfound_in_stream",
    "http_error_in_stream", "too_long", "limit_text", "limit_raised", "limit_error", "retry", "plain", "stream", "in_time", "read_late",
    "unique_in_vain", "moved", "moved_before_first", "caught", "error_in_time", "error_before_first", "empty_stream", "nothing",
    "thread_of_its_own", "posted", "one_of_many", "endless",
)
urls = (*(part for name in NAMES for part in (f"/{name}", name)), "/inner", inner, "/old", "redirect /plain")
site = web.application(urls, globals())
site.add_processor(web.loadhook(search.stamp))
site.add_processor(timed)
session = web.session.Session(site, web.session.DiskStore(tempfile.mkdtemp(prefix="search")), initializer={"count": 0})


def page_not_found():
    return web.notfound("nothing here")


site.notfound = page_not_found
pages = site.wsgifunc()
limited, retried = search.Limit(pages), search.Retry(pages)


def app(environ, start_response):
    """The search, and the same search behind middleware."""
    for prefix, application in (("/limit/", limited), ("/retry/", retried)):
        if environ["PATH_INFO"].startswith(prefix):
            environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix(prefix[:-1])
            return application(environ, start_response)
    return pages(environ, start_response)
