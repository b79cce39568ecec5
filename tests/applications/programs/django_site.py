"""Django's admin, allauth, silk and the debug toolbar, with all the usual middleware."""

from __future__ import annotations

import sys

from django.conf import settings

PORT, FOLDER = sys.argv[1:]

settings.configure(
    DEBUG=True,
    SECRET_KEY="not-a-secret" * 5,
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["*"],
    INTERNAL_IPS=["127.0.0.1"],
    SITE_ID=1,
    STATIC_URL="/static/",
    INSTALLED_APPS=[
        "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.messages",
        "django.contrib.staticfiles", "debug_toolbar", "silk", "allauth", "allauth.account", "allauth.socialaccount",
    ],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{FOLDER}/site.db"}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
    ACCOUNT_EMAIL_VERIFICATION="none",
    AUTHENTICATION_BACKENDS=["django.contrib.auth.backends.ModelBackend", "allauth.account.auth_backends.AuthenticationBackend"],
    TEMPLATES=[{
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": [
            "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
            "django.contrib.messages.context_processors.messages",
        ]},
    }],
    MIDDLEWARE=[
        "debug_toolbar.middleware.DebugToolbarMiddleware",
        "silk.middleware.SilkyMiddleware",
        "django.middleware.gzip.GZipMiddleware",
        "django.middleware.http.ConditionalGetMiddleware",
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.locale.LocaleMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
        "allauth.account.middleware.AccountMiddleware",
    ],
)  # fmt: skip

import django  # noqa: E402

django.setup()

from debug_toolbar.toolbar import debug_toolbar_urls  # noqa: E402
from django.contrib import admin, messages  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.http import FileResponse, HttpResponse, StreamingHttpResponse  # noqa: E402
from django.shortcuts import redirect  # noqa: E402
from django.urls import include, path  # noqa: E402
from django.views.decorators.cache import cache_page  # noqa: E402


def message(request):
    messages.info(request, "bolts are back")
    return redirect("/messages/")


def show(request):
    return HttpResponse("<html><body>" + ",".join(map(str, messages.get_messages(request))) + "</body></html>")


urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("silk/", include("silk.urls", namespace="silk")),
    path("message/", message),
    path("messages/", show),
    path("cached/", cache_page(60)(lambda request: HttpResponse("cached"))),
    path("stream/", lambda request: StreamingHttpResponse(str(number) for number in range(5))),
    path("file/", lambda request: FileResponse(open(__file__, "rb"))),  # noqa: SIM115 - the response closes it
    *debug_toolbar_urls(),
]

if __name__ == "__main__":
    from django.contrib.auth.models import User

    call_command("migrate", verbosity=0)
    User.objects.create_superuser("ann", "ann@example.com", "pw")
    call_command("runserver", f"127.0.0.1:{PORT}", use_reloader=False)
