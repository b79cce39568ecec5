"""A project on Django Channels: HTTP consumers, web sockets and Django views beside them. Every path is one scenario."""

from __future__ import annotations

import asyncio
import functools
import json
import tempfile
import threading
from pathlib import Path

from django.conf import settings

settings.configure(
    DEBUG=False,
    SECRET_KEY="not-a-secret" * 5,
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions", "channels"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": Path(tempfile.mkdtemp(prefix="project")) / "db"}},
    SESSION_ENGINE="django.contrib.sessions.backends.cache",
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware"],
    CHANNEL_LAYERS={"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}},
    LOGGING_CONFIG=None,
)

import django  # noqa: E402

django.setup()

from asgiref.sync import async_to_sync, sync_to_async  # noqa: E402
from channels.auth import AuthMiddlewareStack, login, logout  # noqa: E402
from channels.consumer import SyncConsumer  # noqa: E402
from channels.exceptions import StopConsumer  # noqa: E402
from channels.generic.http import AsyncHttpConsumer  # noqa: E402
from channels.generic.websocket import AsyncJsonWebsocketConsumer  # noqa: E402
from channels.layers import get_channel_layer  # noqa: E402
from channels.middleware import BaseMiddleware  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.sessions import CookieMiddleware, InstanceSessionWrapper, SessionMiddleware, SessionMiddlewareStack  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.contrib.sessions.backends import signed_cookies  # noqa: E402
from django.contrib.sessions.backends.cache import SessionStore  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.core.exceptions import PermissionDenied  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.http import Http404, HttpResponse, StreamingHttpResponse  # noqa: E402
from django.urls import path, re_path  # noqa: E402

call_command("migrate", verbosity=0)
ANN = User.objects.create_user("ann", password="secret")


def stored_session(key: str, **contents) -> None:
    """A session that the client knows by its cookie."""
    session = SessionStore(key)
    session._session_cache = contents
    session.save(must_create=True)


stored_session("visitor" * 4, cart=1, seen="once")
stored_session("shopper" * 4, cart=1)
stored_session("leaving" * 4, cart=1)
stored_session("joining" * 4, cart=1)


# ---------------------------------------------------------------- two answers
class Tasks(AsyncHttpConsumer):
    async def fail(self, status, reason):
        text = json.dumps({"error": reason}).encode()
        await self.send_response(status, text)  # <missing_return:first> <after_the_answer:first> <in_disconnect:first>

    async def accept(self, name):
        text = json.dumps({"queued": name}).encode()
        await self.send_response(202, text)  # <missing_return:late> <in_disconnect:late>


class MissingReturn(Tasks):
    async def handle(self, body):
        if not body:
            await self.fail(409, "nothing to do")
        await self.accept("build")


class Reply(AsyncHttpConsumer):
    async def reply(self, text):
        await self.send_response(200, text.encode())  # <reply:first> <reply:late>


class TwoReplies(Reply):
    async def handle(self, body):
        await self.reply("first")
        await self.reply("second")


class AllowOrigins(AsyncHttpConsumer):
    """The project's base class: every sending method is extended."""

    async def send(self, message):
        await super().send(message)

    async def send_headers(self, *, status=200, headers=None):
        await super().send_headers(status=status, headers=[*(headers or []), (b"Access-Control-Allow-Origin", b"*")])

    async def send_response(self, status, body, **options):
        await super().send_response(status, body, **options)


class Extended(AllowOrigins):
    async def handle(self, body):
        await self.send_response(200, b"one")  # <extended:first>
        await self.send_response(200, b"two")  # <extended:late>


class Tagging(AsyncHttpConsumer):
    """Builds a new message from each that it is given."""

    async def send(self, message):
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], (b"x-tagged", b"1")]}
        await super().send(message)


class Tagged(Tagging):
    async def handle(self, body):
        await self.send_response(200, b"one")  # <tagged:first>
        await self.send_response(200, b"two")  # <tagged:late>


class ByMessages(AsyncHttpConsumer):
    async def handle(self, body):
        await self.send({"type": "http.response.start", "status": 200, "headers": []})  # <by_messages:first>
        await self.send({"type": "http.response.body", "body": b"one"})
        await self.send({"type": "http.response.start", "status": 500, "headers": []})  # <by_messages:late>
        await self.send({"type": "http.response.body", "body": b"two"})


class HeadersTwice(AsyncHttpConsumer):
    """Nothing has been sent, thinks the developer: Channels sends headers with the first body."""

    async def handle(self, body):
        await self.send_headers(status=200)  # <headers_twice:first>
        try:
            await self.send_headers(status=409)  # <headers_twice:late>
        except Exception:
            await self.send_body(b"one")


class ErrorAnswer(AsyncHttpConsumer):
    async def handle(self, body):
        try:
            await self.send_headers(headers={b"content-type": b"text/csv"})  # <error_answer:first>
            await self.send_body(b"a,b\n", more_body=True)
            await self.rows()
        except KeyError:
            await self.send_response(500, b"failed")  # <error_answer:late>

    async def rows(self):
        raise KeyError("rows")


def with_token(handle):
    """Answers without a token, and calls the consumer all the same."""

    @functools.wraps(handle)
    async def checked(self, body):
        if b"token=" not in self.scope["query_string"]:
            await self.send_response(401, b"who are you?")  # <decorated:first>
        await handle(self, body)

    return checked


class Decorated(AsyncHttpConsumer):
    @with_token
    async def handle(self, body):
        await self.send_response(200, b"welcome")  # <decorated:late>


class Parent(AsyncHttpConsumer):
    async def handle(self, body):
        await self.send_response(200, b"parent")  # <parent:first>


class Child(Parent):
    async def handle(self, body):
        await super().handle(body)
        await self.send_response(200, b"child")  # <parent:late>


class Race(AsyncHttpConsumer):
    async def handle(self, body):
        slow = asyncio.create_task(self.slow())
        await self.send_response(200, b"cached")  # <race:first>
        await asyncio.wait([slow])

    async def slow(self):
        await asyncio.sleep(0.02)
        await self.send_response(200, b"fresh")  # <race:late>


class InDisconnect(Tasks):
    async def handle(self, body):
        await self.fail(400, "bye")

    async def disconnect(self):
        await self.accept("cleanup")


class BodyInDisconnect(AsyncHttpConsumer):
    async def handle(self, body):
        await self.send_response(200, b"done")  # <body_in_disconnect:first>

    async def disconnect(self):
        await self.send_body(b"bye")  # <body_in_disconnect:late>


class EndsInDisconnect(AsyncHttpConsumer):
    """Ends the answer once more, to be sure: there is nothing in it that could be lost."""

    async def handle(self, body):
        await self.send_response(200, b"done")  # <ends_in_disconnect:first>

    async def disconnect(self):
        await self.send_body(b"")  # <ends_in_disconnect:late>


PARKED = asyncio.Queue()


class Parked(AsyncHttpConsumer):
    """Waits until another request answers it."""

    async def handle(self, body):
        self.answered = asyncio.Event()
        PARKED.put_nowait(self)
        await self.answered.wait()


class Waking(AsyncHttpConsumer):
    async def handle(self, body):
        parked = await PARKED.get()
        await parked.send_response(200, b"woken")  # <parked:first>
        try:
            await parked.send_response(200, b"woken again")  # <parked:late>
        except Exception:
            self.refused = True
        parked.answered.set()
        await self.send_response(200, b"waking")


class Patience(AsyncHttpConsumer):
    """Gives up on work that has started to answer."""

    async def handle(self, body):
        try:
            await asyncio.wait_for(self.work(), 0.05)
        except TimeoutError:
            await self.send_response(504, b"too slow")  # <patience:late>

    async def work(self):
        await self.send_headers()  # <patience:first>
        await self.send_body(b"working", more_body=True)
        await asyncio.sleep(1)


class Heartbeat(AsyncHttpConsumer):
    """A task that is forgotten goes on after the answer."""

    async def handle(self, body):
        await self.send_headers()  # <heartbeat:first>
        beating = asyncio.create_task(self.beat())
        await asyncio.sleep(0.05)
        await self.send_body(b"over")
        await asyncio.wait([beating], timeout=0.1)
        beating.cancel()

    async def beat(self):
        while True:
            await self.send_body(b".", more_body=True)  # <heartbeat:late>
            await asyncio.sleep(0.02)


class InThread(AsyncHttpConsumer):
    """Synchronous code that answers through `async_to_sync`."""

    async def handle(self, body):
        await sync_to_async(self.work)()

    def work(self):
        async_to_sync(self.send_response)(200, b"one")  # <in_thread:first>
        async_to_sync(self.send_response)(200, b"two")  # <in_thread:late>


class Synchronous(SyncConsumer):
    """A consumer of the synchronous kind, which Channels offers for its own messages."""

    def http_request(self, message):
        self.answer(200, b"one")
        self.send({"type": "http.response.start", "status": 500, "headers": []})  # <synchronous:late>
        raise StopConsumer

    def answer(self, status, body):
        self.send({"type": "http.response.start", "status": status, "headers": []})  # <synchronous:first>
        self.send({"type": "http.response.body", "body": body})


class Plain(AsyncHttpConsumer):
    async def handle(self, body):
        await self.send_response(200, b"plain")  # <plain:first> <call_twice:first> <routed:first> <fallback:first>


# ---------------------------------------------------------------- middleware of the project
class CallTwice(BaseMiddleware):
    async def __call__(self, scope, receive, send):
        await self.inner(scope, receive, send)
        await self.inner(scope, constantly({"type": "http.request", "body": b""}), send)  # <call_twice:late> <routed:late>


def constantly(message):
    async def receive():
        return message

    return receive


class Fallback(BaseMiddleware):
    """Answers where the consumer did already."""

    async def __call__(self, scope, receive, send):
        await super().__call__(scope, receive, send)
        await send({"type": "http.response.start", "status": 404, "headers": []})  # <fallback:late>
        await send({"type": "http.response.body", "body": b"nothing here"})


class Gate:
    """Refuses, and forgets to return."""

    def __init__(self, inner):
        self.inner = inner

    async def __call__(self, scope, receive, send):
        await send({"type": "http.response.start", "status": 403, "headers": []})  # <gate:first>
        await send({"type": "http.response.body", "body": b"members only"})
        return await self.inner(scope, receive, send)


class Members(AsyncHttpConsumer):
    async def handle(self, body):
        await self.send_response(200, b"members")  # <gate:late>


class Hall(BaseMiddleware):
    """Adds a header to every start, in time."""

    async def __call__(self, scope, receive, send):
        async def send_stamped(message):
            if message["type"] == "http.response.start":
                message.setdefault("headers", []).append((b"x-stamp", b"1"))
            await send(message)

        return await self.inner(dict(scope, hall=True), receive, send_stamped)


# ---------------------------------------------------------------- bodies
class AfterTheAnswer(Tasks):
    async def handle(self, body):
        await self.fail(400, "wrong")
        await self.send_body(b"more")  # <after_the_answer:late>


class BodyFirst(AsyncHttpConsumer):
    async def handle(self, body):
        await self.send_body(b"no headers yet")  # <body_first:late>


class Waiting(AsyncHttpConsumer):
    """Stays for events of the channel layer after `handle`."""

    async def http_request(self, message):
        if not message.get("more_body"):
            await self.handle(b"")

    async def tell(self, *events):
        for event in events:
            await self.channel_layer.send(self.channel_name, {"type": event})


class Lingering(Waiting):
    """Hears of the client's leaving, and forgets to stop: events go on to come in until the last one."""

    async def http_disconnect(self, message):
        self.left = await asyncio.sleep(0.1)


class EventAfterTheAnswer(Lingering):
    async def handle(self, body):
        await self.send_headers(headers=[(b"content-type", b"application/json")])  # <event_after:first>
        await self.send_body(b"", more_body=True)
        await self.tell("chat.message", "chat.message", "last")

    async def last(self, event):
        raise StopConsumer

    async def chat_message(self, event):
        await self.send_body(b'{"chat": 1}')  # <event_after:late>


class EventsAnswer(Lingering):
    async def handle(self, body):
        await self.tell("price.changed", "price.gone")

    async def price_changed(self, event):
        await self.send_response(200, b"changed")  # <events_answer:first>

    async def price_gone(self, event):
        await self.send_response(410, b"gone")  # <events_answer:late>
        raise StopConsumer


class LateLine(AsyncHttpConsumer):
    """The list of headers is the message's own."""

    async def handle(self, body):
        headers = [(b"content-type", b"text/plain")]
        await self.send_headers(headers=headers)  # <late_line:first>
        headers.append((b"x-rows", b"3"))
        await self.send_body(b"rows")


class LateCookie(AsyncHttpConsumer):
    async def handle(self, body):
        start = {"type": "http.response.start", "status": 200, "headers": []}
        await self.send(start)  # <late_cookie:first>
        CookieMiddleware.set_cookie(start, "seen", "1")
        await self.send_body(b"cookie")


class TooLong(AsyncHttpConsumer):
    async def handle(self, body):
        await self.send_response(200, b"short", headers=[(b"content-length", b"9")])  # <too_short:first>


# ---------------------------------------------------------------- exceptions
def look_up(name):
    raise LookupError(name)  # <error_after_headers:late> <error_late:late> <error_after_end:late> <event_fails:late>


class ErrorAfterHeaders(AsyncHttpConsumer):
    async def handle(self, body):
        await self.send_headers(headers=[(b"content-type", b"text/csv")])  # <error_after_headers:first>
        look_up("rows")


class ErrorLate(AsyncHttpConsumer):
    async def handle(self, body):
        await self.start()
        await self.send_body(b"one", more_body=True)
        look_up("rows")

    async def start(self):
        await self.send_headers()  # <error_late:first> <not_found_late:first>


class NotFoundLate(ErrorLate):
    async def handle(self, body):
        await self.start()
        await self.send_body(b"one", more_body=True)
        raise Http404("no such row")  # <not_found_late:late>


class ErrorAfterEnd(AsyncHttpConsumer):
    async def handle(self, body):
        await self.send_response(200, b"all")  # <error_after_end:first>
        look_up("rows")


class ErrorInDisconnect(AsyncHttpConsumer):
    async def handle(self, body):
        await self.send_response(200, b"all")  # <error_in_disconnect:first>

    async def disconnect(self):
        raise PermissionDenied("too late")  # <error_in_disconnect:late>


class EventFails(Waiting):
    async def handle(self, body):
        await self.send_response(200, b"all")  # <event_fails:first>
        await self.tell("job.done")

    async def job_done(self, event):
        look_up("job")


# ---------------------------------------------------------------- sessions
class LateSession(AsyncHttpConsumer):
    async def handle(self, body):
        await self.send_headers()  # <late_session:first> <late_session_known:first> <late_session_signed:first> <late_session_auth:first>
        remember(self.scope["session"])
        await self.send_body(b"remembered")


def remember(session):
    session["last"] = "page"  # <late_session:late> <late_session_known:late> <late_session_signed:late> <late_session_auth:late>


class LateSessionInThread(AsyncHttpConsumer):
    async def handle(self, body):
        await self.send_headers()  # <late_session_in_thread:first>
        await sync_to_async(self.write)()
        await self.send_body(b"remembered")

    def write(self):
        self.scope["session"].setdefault("in_thread", "1")  # <late_session_in_thread:late>


class LateLogin(AsyncHttpConsumer):
    async def handle(self, body):
        await self.send_headers()  # <late_login:first> <late_login_known:first>
        await login(self.scope, ANN)  # <late_login:late> <late_login_known:late>
        await self.send_body(b"welcome")


class LateLogout(AsyncHttpConsumer):
    """What is thrown away on the server is gone, whatever cookie the client keeps."""

    async def handle(self, body):
        await self.send_headers()
        await logout(self.scope)
        await self.send_body(b"bye")


class SignedTwice(AsyncHttpConsumer):
    """A session that is all in its cookie: saving it again saves nothing."""

    async def handle(self, body):
        self.scope["session"]["first"] = "1"
        await self.send_headers()  # <signed_twice:first>
        self.scope["session"]["second"] = "2"  # <signed_twice:late>
        await save(self.scope["session"])
        await self.send_body(b"signed")


class SavedLate(AsyncHttpConsumer):
    async def handle(self, body):
        await self.send_headers()  # <saved_unknown:first>
        self.scope["session"]["seen"] = "saved"  # <saved_unknown:late>
        await save(self.scope["session"])
        await self.send_body(b"saved")


async def save(session):
    if hasattr(session, "asave"):
        await session.asave()
    else:
        await sync_to_async(session.save)()


class ReadLate(AsyncHttpConsumer):
    """The session is loaded after the start, and only read."""

    async def handle(self, body):
        await self.send_headers()
        cart = self.scope["session"].get("cart")
        await self.send_body(str(cart).encode())


class SessionInTime(AsyncHttpConsumer):
    async def handle(self, body):
        self.scope["session"]["in_time"] = "1"
        await self.send_response(200, b"kept")


class SameAgain(AsyncHttpConsumer):
    async def handle(self, body):
        self.scope["session"]["same"] = "1"
        await self.send_headers()
        self.scope["session"]["same"] = "1"
        await self.send_body(b"same")


class LoginInTime(AsyncHttpConsumer):
    async def handle(self, body):
        await login(self.scope, ANN)
        name = self.scope["user"].username
        await self.send_response(200, name.encode())


class SignedSessions(SessionMiddleware):
    """Sessions whose cookie is all that is kept of them."""

    async def __call__(self, scope, receive, send):
        wrapper = InstanceSessionWrapper(scope, send)
        wrapper.session_store = signed_cookies.SessionStore
        await wrapper.resolve_session()
        return await self.inner(wrapper.scope, receive, wrapper.send)


# ---------------------------------------------------------------- clean
class Chunks(AsyncHttpConsumer):
    async def handle(self, body):
        await self.send_headers(headers={b"content-type": b"text/plain"})
        for number in range(4):
            await asyncio.sleep(0.01)
            await self.send_body(b"%d" % number, more_body=True)
        await self.send_body(b"")


class ServerSentEvents(Waiting):
    async def handle(self, body):
        await self.send_headers(headers=[(b"content-type", b"text/event-stream"), (b"cache-control", b"no-cache")])
        await self.send_body(b"", more_body=True)
        await self.channel_layer.group_add("news", self.channel_name)
        await self.tell("news.item", "news.item", "news.over")

    async def news_item(self, event):
        await self.send_body(b"data: item\n\n", more_body=True)

    async def news_over(self, event):
        await self.send_body(b"data: over\n\n")

    async def disconnect(self):
        await self.channel_layer.group_discard("news", self.channel_name)


class LongPoll(Waiting):
    async def handle(self, body):
        self.poll = asyncio.create_task(self.later())

    async def later(self):
        await asyncio.sleep(0.05)
        await get_channel_layer().send(self.channel_name, {"type": "chat.message", "text": "hello"})

    async def chat_message(self, event):
        await self.send_response(200, event["text"].encode())
        raise StopConsumer


class IgnoredEvents(Waiting):
    """Events that come after the answer, and answer nothing."""

    async def handle(self, body):
        await self.send_response(200, b"answered")
        await self.tell("job.done", "job.done")

    async def job_done(self, event):
        self.done = True


class Posted(AsyncHttpConsumer):
    async def handle(self, body):
        await self.send_response(201, body, headers=[(b"location", b"/plain")])


class Choosing(Tasks):
    async def handle(self, body):
        if body:
            await self.accept("build")
        else:
            await self.fail(409, "nothing to do")


class Caught(AsyncHttpConsumer):
    async def handle(self, body):
        try:
            raise Http404("no such thing")
        except Http404:
            await self.send_response(404, b"not found")


class Redirect(AsyncHttpConsumer):
    async def handle(self, body):
        await self.send_response(302, b"", headers=[(b"location", b"/plain")])


class NotModified(AsyncHttpConsumer):
    async def handle(self, body):
        await self.send_response(304, b"", headers=[(b"etag", b'"1"')])


class SetsCookie(AsyncHttpConsumer):
    async def handle(self, body):
        start = {"type": "http.response.start", "status": 200, "headers": []}
        CookieMiddleware.set_cookie(start, "seen", "1")
        await self.send(start)
        await self.send_body(b"cookie")


class Stops(AsyncHttpConsumer):
    async def handle(self, body):
        await self.send_response(200, b"stopped")
        raise StopConsumer


class Works(AsyncHttpConsumer):
    """Goes on working after the answer, and fails where it is caught."""

    async def handle(self, body):
        await self.send_response(200, b"accepted")
        await sync_to_async(self.work)()
        thread = threading.Thread(target=self.work)
        thread.start()
        await asyncio.sleep(0.01)
        thread.join()

    def work(self):
        try:
            raise LookupError("nothing to do")
        except LookupError:
            self.failed = True


class Crashes(AsyncHttpConsumer):
    async def handle(self, body):
        raise LookupError("before the start")


class Silent(AsyncHttpConsumer):
    async def handle(self, body):
        pass


class TextHeaders(AsyncHttpConsumer):
    """Headers of text: the server refuses the start."""

    async def handle(self, body):
        await self.send_response(200, b"never", headers={"Content-Type": 1})


class Numbered(AsyncHttpConsumer):
    """For concurrent requests: only every second one answers twice."""

    async def handle(self, body):
        number = self.scope["url_route"]["kwargs"]["number"]
        await self.send_headers(headers=[(b"x-number", b"%d" % number)])  # <mixed:first>
        for _ in range(4):
            await asyncio.sleep(0.01 + 0.005 * (number % 3))
            await self.send_body(b"%d " % number, more_body=True)
        await self.send_body(b"")
        if number % 2:
            await self.send_response(500, b"late")  # <mixed:late>


class Endless(AsyncHttpConsumer):
    async def handle(self, body):
        await self.send_headers()
        for _ in range(2000):
            await self.send_body(b"x" * 10_000, more_body=True)
            await asyncio.sleep(0.005)


class Echo(AsyncJsonWebsocketConsumer):
    async def connect(self):
        self.scope["session"]["socket"] = "1"
        await self.accept(headers=[(b"x-echo", b"1")])
        self.scope["session"]["socket"] = "2"

    async def receive_json(self, content):
        await self.send_json({"echo": content})
        await self.channel_layer.send(self.channel_name, {"type": "bye"})

    async def bye(self, event):
        await self.send_json({"bye": True})
        await self.close()


# ---------------------------------------------------------------- Django's own views
def view(request):
    return HttpResponse("a view")


async def stream(request):
    async def lines():
        yield "one"
        await asyncio.sleep(0.01)
        response["X-Late"] = "1"  # <view_late:late>
        yield "two"

    response = StreamingHttpResponse(lines())  # <view_late:first>
    return response


async def stream_session(request):
    async def lines():
        yield "one"
        await asyncio.sleep(0.01)
        yield str(await request.session.aget("cart"))
        request.session["seen"] = "in a stream"
        await save(request.session)

    return StreamingHttpResponse(lines())


async def cookie_in_thread(request):
    """The very method of the response is what runs in the thread."""

    async def lines():
        yield "one"
        await asyncio.sleep(0.01)
        await sync_to_async(response.set_cookie)("seen", "1")  # <view_cookie:late>

    response = StreamingHttpResponse(lines())  # <view_cookie:first>
    return response


async def late_in_unread_session(request):
    async def lines():
        yield "one"
        await asyncio.sleep(0.01)
        request.session["last"] = "two"  # <view_unread:late>

    return StreamingHttpResponse(lines())  # <view_unread:first>


urlpatterns = [
    path("view", view),
    path("view_late", stream),
    path("view_session", stream_session),
    path("view_cookie", cookie_in_thread),
    path("view_unread", late_in_unread_session),
]


# ---------------------------------------------------------------- the application
def consumers(**named):
    return [path(name, consumer.as_asgi()) for name, consumer in named.items()]


SESSIONS = consumers(
    late_session=LateSession, late_session_known=LateSession, late_session_in_thread=LateSessionInThread, saved_late=SavedLate,
    read_late=ReadLate, session_in_time=SessionInTime, same_again=SameAgain, plain_session=Plain,
)  # fmt: skip
AUTH = consumers(
    late_login=LateLogin, late_login_known=LateLogin, late_logout=LateLogout, login_in_time=LoginInTime,
    late_session_auth=LateSession,
)  # fmt: skip

http = URLRouter(
    [
        *consumers(
            missing_return=MissingReturn, reply=TwoReplies, extended=Extended, tagged=Tagged, by_messages=ByMessages,
            headers_twice=HeadersTwice, error_answer=ErrorAnswer, decorated=Decorated, parent=Child, race=Race,
            in_disconnect=InDisconnect, body_in_disconnect=BodyInDisconnect, in_thread=InThread, synchronous=Synchronous,
            after_the_answer=AfterTheAnswer, body_first=BodyFirst, event_after=EventAfterTheAnswer, events_answer=EventsAnswer,
            late_line=LateLine, late_cookie=LateCookie, too_short=TooLong, error_after_headers=ErrorAfterHeaders,
            error_late=ErrorLate, not_found_late=NotFoundLate, error_after_end=ErrorAfterEnd,
            error_in_disconnect=ErrorInDisconnect, event_fails=EventFails, plain=Plain, chunks=Chunks, sse=ServerSentEvents,
            long_poll=LongPoll, ignored_events=IgnoredEvents, posted=Posted, choosing=Choosing, caught=Caught,
            redirect=Redirect, not_modified=NotModified, sets_cookie=SetsCookie, stops=Stops, works=Works, crashes=Crashes,
            silent=Silent, ends_in_disconnect=EndsInDisconnect, parked=Parked, waking=Waking, patience=Patience,
            heartbeat=Heartbeat, text_headers=TextHeaders, endless=Endless,
        ),
        path("mixed/<int:number>", Numbered.as_asgi()),
        path("call_twice", CallTwice(Plain.as_asgi())),
        path("fallback", Fallback(Plain.as_asgi())),
        path("gate", Gate(Members.as_asgi())),
        re_path("^twice/", CallTwice(URLRouter(consumers(routed=Plain)))),
        re_path("^hall/", Hall(URLRouter(consumers(missing_return=MissingReturn, chunks=Chunks)))),
        path("deep/", URLRouter([path("deeper/", URLRouter(consumers(missing_return=MissingReturn, plain=Plain)))])),
        re_path("^sessions/", SessionMiddlewareStack(SessionMiddlewareStack(URLRouter(SESSIONS)))),
        re_path("^signed/", CookieMiddleware(SignedSessions(URLRouter(consumers(late_session_signed=LateSession, signed_twice=SignedTwice))))),
        re_path("^auth/", AuthMiddlewareStack(URLRouter(AUTH))),
        re_path("", get_asgi_application()),
    ]
)  # fmt: skip
app = ProtocolTypeRouter({"http": http, "websocket": SessionMiddlewareStack(URLRouter([path("echo", Echo.as_asgi())]))})
