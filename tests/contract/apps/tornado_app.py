"""A shop on Tornado's own server. Each handler is a scenario; the markers name the lines that a finding must name."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import functools
import os
import re
import threading

import tornado_guards as guards
from tornado import gen, web, websocket
from tornado.ioloop import IOLoop

HANDLERS = []
POOL = concurrent.futures.ThreadPoolExecutor(2)
GATE = {}


def routed(handler):
    """Serve a handler class below the name of its scenario."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", handler.__name__).lower()
    HANDLERS.append((rf"/{name}(?:/(\w+))?", handler))
    return handler


class Shop(web.RequestHandler):
    def open(self):
        self.set_header("X-Kind", "shop")
        self.write("bolts\n")


# ---------------------------------------------------------------- late writes
@routed
class LateHeader(Shop):
    async def get(self, _):
        self.open()
        await self.flush()  # <late_header:first>
        self.set_header("X-Late", "1")  # <late_header:late>


@routed
class LateAdded(Shop):
    async def get(self, _):
        self.open()
        self.flush()  # <late_added:first>
        self.add_header("X-More", "1")  # <late_added:late>


@routed
class LateCleared(Shop):
    async def get(self, _):
        self.open()
        await self.flush()  # <late_cleared:first>
        self.clear_header("X-Kind")  # <late_cleared:late>


@routed
class LateClear(Shop):
    async def get(self, _):
        self.open()
        self.set_status(203)
        await self.flush()  # <late_clear:first>
        self.clear()  # <late_clear:late>


@routed
class LateStatus(Shop):
    async def get(self, _):
        self.open()
        await self.flush()  # <late_status:first>
        self.set_status(404)  # <late_status:late>


@routed
class LateCookie(Shop):
    async def get(self, _):
        self.open()
        await self.flush()  # <late_cookie:first>
        self.set_cookie("visit", "1")  # <late_cookie:late>


@routed
class LateSignedCookie(Shop):
    async def get(self, _):
        self.open()
        await self.flush()  # <late_signed_cookie:first>
        self.set_signed_cookie("user", "ann")  # <late_signed_cookie:late>


@routed
class LateClearCookie(Shop):
    async def get(self, _):
        self.open()
        await self.flush()  # <late_clear_cookie:first>
        self.clear_cookie("visit")  # <late_clear_cookie:late>


@routed
class LateClearAll(Shop):
    async def get(self, _):
        self.open()
        await self.flush()  # <late_clear_all:first>
        self.clear_all_cookies()  # <late_clear_all:late>


@routed
class LateXsrf(Shop):
    async def get(self, _):
        self.open()
        await self.flush()  # <late_xsrf:first>
        self.write(self.xsrf_form_html())  # <late_xsrf:late>


@routed
class LateEverything(Shop):
    async def get(self, _):
        self.open()
        await self.flush()  # <late_everything:first>
        self.set_header("X-One", "1")  # <late_everything:late_header>
        self.set_status(500)  # <late_everything:late_status>
        self.set_cookie("two", "2")  # <late_everything:late_cookie>


@routed
class AfterFinish(Shop):
    def get(self, _):
        self.open()
        self.finish("nuts")  # <after_finish:first>
        self.set_header("X-Done", "1")  # <after_finish:late>


@routed
class OnFinish(Shop):
    def get(self, _):
        self.write("nuts")  # <on_finish:first>

    def on_finish(self):
        self.set_cookie("seen", "1")  # <on_finish:late>


@routed
class AfterRedirect(Shop):
    def get(self, _):
        self.redirect("/value")  # <after_redirect:first>
        self.set_cookie("from", "here")  # <after_redirect:late>


@routed
class AfterRender(Shop):
    def get(self, _):
        self.render("tornado_goods.html", goods=["bolts", "nuts"])  # <after_render:first>
        self.set_header("X-Goods", "2")  # <after_render:late>


@routed
class LateHelper(Shop):
    async def get(self, _):
        self.open()
        await self.flush()  # <late_helper:first>
        guards.tell_total(self, 1)


@routed
class LateDecorator(Shop):
    @guards.stamped
    async def get(self, _):
        self.open()
        await self.flush()  # <late_decorator:first>


@routed
class LateInGenerator(Shop):
    async def rows(self):
        yield "bolts\n"
        self.set_header("X-Rows", "1")  # <late_in_generator:late>
        yield "nuts\n"

    async def get(self, _):
        async for row in self.rows():
            self.write(row)
            await self.flush()  # <late_in_generator:first>


@routed
class OldCoroutine(Shop):
    @gen.coroutine
    def get(self, _):
        self.open()
        yield self.flush()  # <old_coroutine:first>
        yield gen.sleep(0)
        self.set_header("X-Old", "1")  # <old_coroutine:late>


@routed
class LateInTask(Shop):
    async def count(self):
        await asyncio.sleep(0.01)
        self.set_header("X-Task", "1")  # <late_in_task:late>

    async def get(self, _):
        job = asyncio.create_task(self.count())
        self.open()
        await self.flush()  # <late_in_task:first>
        await job


@routed
class LateInThread(Shop):
    def count(self):
        self.set_header("X-Thread", "1")  # <late_in_thread:late>

    async def get(self, _):
        self.open()
        await self.flush()  # <late_in_thread:first>
        await IOLoop.current().run_in_executor(POOL, self.count)


@routed
class LateInTimer(Shop):
    def tick(self):
        self.set_header("X-Timer", "1")  # <late_in_timer:late>

    async def get(self, _):
        IOLoop.current().call_later(0.03, self.tick)
        self.open()
        await self.flush()  # <late_in_timer:first>
        await asyncio.sleep(0.1)


@routed
class TaskOutlives(Shop):
    async def count(self):
        await asyncio.sleep(0.1)
        self.set_cookie("count", "1")  # <task_outlives:late>

    def get(self, _):
        IOLoop.current().spawn_callback(self.count)
        self.write("nuts")  # <task_outlives:first>


@routed
class WrittenTwice(Shop):
    def get(self, _):
        self.write("bolts")
        self.write("nuts")  # <written_twice:first>

    def on_finish(self):
        self.set_status(500)  # <written_twice:late>


@routed
class WrittenDict(Shop):
    def get(self, _):
        self.write({"name": "nuts"})  # <written_dict:first>

    def on_finish(self):
        self.set_header("X-Logged", "1")  # <written_dict:late>


@routed
class OnlyStatus(Shop):
    def get(self, _):
        self.set_status(204)  # <only_status:first>

    def on_finish(self):
        self.set_header("X-Logged", "1")  # <only_status:late>


@routed
class StreamedBody(Shop):
    async def post(self, _):
        self.write("got it")  # <streamed_body:first>

    def on_finish(self):
        self.set_header("X-Logged", "1")  # <streamed_body:late>


@routed
@web.stream_request_body
class BodyAnswered(Shop):
    def data_received(self, chunk):
        if not self._headers_written:
            self.write("reading\n")
            self.flush()  # <body_answered:first>
        self.set_header("X-Read", str(len(chunk)))  # <body_answered:late>

    async def post(self, _):
        self.write("read")


@routed
class Prepared(Shop):
    async def prepare(self):
        self.write("begin\n")
        await self.flush()  # <prepared:first>

    def get(self, _):
        self.set_status(201)  # <prepared:late>


@routed
class RaisedThen(Shop):
    def get(self, _):
        self.write("begin")
        raise web.HTTPError(409)  # <raised_then:first>

    def on_finish(self):
        self.set_header("X-Logged", "1")  # <raised_then:late>


@routed
class OwnErrorPage(Shop):
    def get(self, _):
        raise web.HTTPError(409)

    def write_error(self, status_code, **kwargs):
        self.write(f"sorry: {status_code}")  # <own_error_page:first>

    def on_finish(self):
        self.set_header("X-Logged", "1")  # <own_error_page:late>


@routed
class SentError(Shop):
    def get(self, _):
        self.send_error(418)  # <sent_error:first>
        self.set_header("X-Logged", "1")  # <sent_error:late>


@routed
class FinishedByHand(Shop):
    def get(self, _):
        self.write("done")  # <finished_by_hand:first>
        raise web.Finish

    def on_finish(self):
        self.set_header("X-Logged", "1")  # <finished_by_hand:late>


# ---------------------------------------------------------------- errors after the start
@routed
class ErrorLate(Shop):
    async def get(self, _):
        self.open()
        await self.flush()  # <error_late:first>
        raise LookupError("nuts")  # <error_late:late>


@routed
class HelperFails(Shop):
    async def get(self, _):
        self.open()
        await self.flush()  # <helper_fails:first>
        self.write(str(guards.check("none")))


@routed
class HttpErrorLate(Shop):
    async def get(self, _):
        self.open()
        await self.flush()  # <http_error_late:first>
        raise web.HTTPError(404)  # <http_error_late:late>


@routed
class MissingArgument(Shop):
    async def get(self, _):
        self.open()
        await self.flush()  # <missing_argument:first>
        self.write(self.get_argument("page"))  # <missing_argument:late>


@routed
class RedirectLate(Shop):
    async def get(self, _):
        self.open()
        await self.flush()  # <redirect_late:first>
        self.redirect("/value")  # <redirect_late:late>


@routed
class RedirectAfterFinish(Shop):
    def get(self, _):
        self.finish("nuts")  # <redirect_after_finish:first>
        self.redirect("/value")  # <redirect_after_finish:late>


@routed
class ErrorFrom(Shop):
    async def get(self, _):
        self.open()
        await self.flush()  # <error_from:first>
        try:
            guards.check("nuts")
        except ValueError as error:
            raise LookupError("nuts") from error  # <error_from:late>


@routed
class ErrorAfterFinish(Shop):
    def get(self, _):
        self.finish("nuts")  # <error_after_finish:first>
        raise LookupError("nuts")  # <error_after_finish:late>


@routed
class HttpErrorAfterFinish(Shop):
    def get(self, _):
        self.finish("nuts")  # <http_error_after_finish:first>
        raise web.HTTPError(404)  # <http_error_after_finish:late>


@routed
class OnFinishFails(Shop):
    def get(self, _):
        self.write("nuts")  # <on_finish_fails:first>

    def on_finish(self):
        raise LookupError("log")  # <on_finish_fails:late>


@routed
class SendErrorLate(Shop):
    async def get(self, _):
        self.open()
        await self.flush()  # <send_error_late:first>
        try:
            guards.check("nuts")
        except ValueError:
            self.send_error(400)  # <send_error_late:late>


@routed
class OwnSendError(Shop):
    def send_error(self, status_code=500, **kwargs):
        super().send_error(status_code, **kwargs)

    async def get(self, _):
        self.open()
        await self.flush()  # <own_send_error:first>
        raise LookupError("nuts")  # <own_send_error:late>


@routed
class OwnAnswer(Shop):
    async def get(self, _):
        self.open()
        self.set_status(202)
        await self.flush()  # <own_answer:first>
        try:
            guards.check("nuts")
        except ValueError:
            self.clear()  # <own_answer:late_clear>
            self.set_status(500)  # <own_answer:late_status>
            self.finish("sorry")


@routed
class OwnPageLate(Shop):
    async def get(self, _):
        self.open()
        await self.flush()  # <own_page_late:first>
        raise web.HTTPError(409)  # <own_page_late:late>

    def write_error(self, status_code, **kwargs):
        self.finish("never seen")


# ---------------------------------------------------------------- bodies
@routed
class WriteAfterFinish(Shop):
    def get(self, _):
        self.finish("nuts")  # <write_after_finish:first>
        self.write("bolts")  # <write_after_finish:late>


@routed
class FinishTwice(Shop):
    def get(self, _):
        self.finish("nuts")  # <finish_twice:first>
        self.finish()  # <finish_twice:late>


@routed
class RedirectThenWrite(Shop):
    def get(self, _):
        if not self.get_cookie("user"):
            self.redirect("/login")  # <redirect_then_write:first>
        self.write("members only")  # <redirect_then_write:late>


@routed
class RenderTwice(Shop):
    def get(self, _):
        self.render("tornado_goods.html", goods=["bolts"])  # <render_twice:first>
        self.render("tornado_goods.html", goods=["nuts"])  # <render_twice:late>


@routed
class CaughtRefusal(Shop):
    def get(self, _):
        self.finish("nuts")  # <caught_refusal:first>
        with contextlib.suppress(RuntimeError):
            self.write("bolts")  # <caught_refusal:late>


@routed
class TimerAnswers(Shop):
    def give_up(self):
        self.set_status(503)
        self.finish("too slow")  # <timer_answers:first>

    async def get(self, _):
        IOLoop.current().call_later(0.03, self.give_up)
        await asyncio.sleep(0.1)
        self.finish("nuts")  # <timer_answers:late>


@routed
class TaskAnswers(Shop):
    async def answer(self):
        self.finish("from the task")  # <task_answers:first>

    async def get(self, _):
        await asyncio.gather(self.answer())
        self.write("from the handler")  # <task_answers:late>


@routed
class ThreadAnswers(Shop):
    def answer(self):
        self.finish("from the thread")  # <thread_answers:first>

    async def get(self, _):
        loop, done = IOLoop.current(), asyncio.Event()

        def work():
            loop.add_callback(self.answer)
            loop.add_callback(done.set)

        threading.Thread(target=work).start()
        await done.wait()
        self.write("from the handler")  # <thread_answers:late>


@routed
class TooLong(Shop):
    def get(self, _):
        self.set_header("Content-Length", "4")
        self.finish("bolts and nuts")  # <too_long:first> <too_long:late>


@routed
class TooLongLater(Shop):
    async def get(self, _):
        self.set_header("Content-Length", "6")
        self.write("bolts")
        await self.flush()  # <too_long_later:first>
        self.write("and nuts")
        await self.flush()  # <too_long_later:late>


@routed
class TooShort(Shop):
    async def get(self, _):
        self.set_header("Content-Length", "60")
        self.write("bolts")
        await self.flush()  # <too_short:first>


@routed
class TooShortAtOnce(Shop):
    def get(self, _):
        self.set_header("Content-Length", "60")
        self.finish("bolts")  # <too_short_at_once:first> <too_short_at_once:late>


# ---------------------------------------------------------------- what is no finding
@routed
class Value(Shop):
    def get(self, _):
        self.write("nuts")

    post = head = get


@routed
class InTime(Shop):
    def get(self, _):
        self.write("nuts")
        self.set_status(201)
        self.set_header("X-One", "1")
        self.add_header("X-One", "2")
        self.set_cookie("two", "2")
        self.set_signed_cookie("three", "3")
        self.clear_header("X-None")
        self.clear_cookie("four")


@routed
class Chatty(Shop):
    async def get(self, _):
        self.set_cookie("visit", "1")
        self.set_header("X-Kind", "shop")
        for row in range(4):
            self.write(f"{row} ")
            await self.flush()


@routed
class EqualWrites(Shop):
    async def get(self, _):
        self.set_cookie("visit", "1")
        self.open()
        await self.flush()
        self.set_header("X-Kind", "shop")
        self.set_status(200)
        self.set_cookie("visit", "1")


@routed
class RaisedEarly(Shop):
    def get(self, _):
        self.write("begin")
        raise web.HTTPError(404)


@routed
class CrashedEarly(Shop):
    async def get(self, _):
        self.set_header("X-Kind", "shop")
        raise LookupError("nuts")


@routed
class ErrorPage(Shop):
    def get(self, _):
        raise web.HTTPError(404)

    def write_error(self, status_code, **kwargs):
        self.set_header("X-Error", str(status_code))
        self.render("tornado_goods.html", goods=["none"])


@routed
class SendsError(Shop):
    def get(self, _):
        self.send_error(410)


@routed
class Finishes(Shop):
    def get(self, _):
        self.set_status(401)
        self.finish("members only")
        raise web.Finish


@routed
class FinishInTime(Shop):
    def get(self, _):
        self.set_status(401)
        raise web.Finish("members only")


@routed
class FinishAfterFlush(Shop):
    async def get(self, _):
        self.open()
        await self.flush()
        raise web.Finish


@routed
class PrepareFinishes(Shop):
    def prepare(self):
        self.set_status(403)
        self.finish("closed")

    def get(self, _):
        self.set_header("X-Never", "1")


@routed
class Members(Shop):
    def get_current_user(self):
        return self.get_signed_cookie("user")

    @web.authenticated
    def get(self, _):
        self.write("members only")


@routed
class Redirected(Shop):
    def get(self, _):
        self.set_cookie("from", "here")
        self.redirect("/value", status=303)


@routed
class Rendered(Shop):
    def get(self, _):
        page = self.render_string("tornado_goods.html", goods=["bolts"])
        self.set_header("X-Size", str(len(page)))
        self.render("tornado_goods.html", goods=["nuts"])


@routed
class Nothing(Shop):
    def get(self, _):
        self.set_status(204)


@routed
class NotModified(Shop):
    def get(self, _):
        self.set_status(304)
        self.finish()


@routed
class OwnEtag(Shop):
    def get(self, _):
        self.set_header("Etag", '"one"')
        if self.check_etag_header():
            self.set_status(304)
            return
        self.write("nuts")


@routed
class KnowsLength(Shop):
    async def get(self, _):
        self.set_header("Content-Length", "10")
        self.write("bolts")
        await self.flush()
        self.write("bolts")

    head = get


@routed
class StampedInTime(Shop):
    @guards.stamped
    async def get(self, _):
        self.write("nuts")


@routed
class Caught(Shop):
    async def get(self, _):
        self.open()
        await self.flush()
        with contextlib.suppress(ValueError):
            guards.check("nuts")
        self.write("still here")


@routed
class LooksOnFinish(Shop):
    def get(self, _):
        self.open()

    def on_finish(self):
        assert self.get_status() == 200
        assert self._headers["X-Kind"] == "shop"


@routed
class OwnJob(Shop):
    async def work(self):
        await asyncio.sleep(0.02)

    async def get(self, _):
        IOLoop.current().spawn_callback(self.work)
        await IOLoop.current().run_in_executor(POOL, functools.partial(guards.check, "7"))
        self.write("nuts")


@routed
@web.stream_request_body
class Upload(Shop):
    def prepare(self):
        self.size = 0

    async def data_received(self, chunk):
        self.size += len(chunk)

    def put(self, _):
        self.set_header("X-Size", str(self.size))
        self.write("thanks")


@routed
class OwnDefaults(Shop):
    def set_default_headers(self):
        self.set_header("X-Default", "1")

    def initialize(self):
        self.set_header("X-First", "1")

    def compute_etag(self):
        return None

    def get(self, _):
        raise web.HTTPError(503, reason="Closed")


@routed
class Fetches(Shop):
    async def get(self, _):
        from tornado.httpclient import AsyncHTTPClient

        address = f"http://{self.request.host}/value"
        self.open()
        await self.flush()
        answer = await AsyncHTTPClient().fetch(address, headers={"X-Request-ID": "fetched"})
        self.write(answer.body)


@routed
class FetchTooLong(Shop):
    async def get(self, _):
        from tornado.httpclient import AsyncHTTPClient

        self.open()
        await self.flush()
        with contextlib.suppress(Exception):
            await AsyncHTTPClient().fetch(
                f"http://{self.request.host}/value", method="POST", body="too much",
                headers={"Content-Length": "2", "X-Request-ID": "fetched"}, request_timeout=1,
            )
        self.write("done")


@routed
class Mixed(Shop):
    async def get(self, number):
        for row in range(4):
            self.write(f"{number}:{row} ")
            await self.flush()  # <mixed:first>
            await asyncio.sleep(0.005)
        if int(number) % 2:
            self.set_header(f"X-N{number}", "1")  # <mixed:late>


@routed
class Share(Shop):
    async def get(self, _):
        GATE["handler"] = self
        self.open()
        await self.flush()  # <shared:first>
        await asyncio.sleep(0.6)


@routed
class Meddle(Shop):
    def get(self, _):
        GATE.pop("handler").set_header("X-Meddled", "1")  # <shared:late>
        self.write("done")


@routed
class Endless(Shop):
    async def get(self, _):
        for _number in range(2000):
            self.write("x" * 10_000)
            await self.flush()
            await asyncio.sleep(0.001)


@routed
class Echo(websocket.WebSocketHandler):
    def prepare(self):
        self.set_cookie("visit", "1")

    def on_message(self, message):
        self.write_message(f"echo {message}")


@routed
class Denied(websocket.WebSocketHandler):
    def prepare(self):
        raise web.HTTPError(403)


def make_app():
    here = os.path.dirname(os.path.abspath(__file__))
    settings = {
        "cookie_secret": "not-a-secret", "template_path": os.path.join(here, "templates"), "static_path": here, "login_url": "/login",
    }
    files = [(r"/plain/(.*)", web.StaticFileHandler, {"path": here}), (r"/old", web.RedirectHandler, {"url": "/value"})]
    zipped = web.Application([(f"/zipped{path}", kind) for path, kind in HANDLERS], compress_response=True, **settings)
    shop = web.Application([*HANDLERS, *files], **settings)
    shop.add_handlers(r".*", [(r"/zipped/.*", zipped)])
    return shop


def app(port):
    async def main():
        make_app().listen(port, "127.0.0.1")
        await asyncio.Event().wait()

    asyncio.run(main())
