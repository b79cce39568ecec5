"""One report, and a page that is no stream."""

from django.urls import path
from views import health, monthly_report

urlpatterns = [path("reports/<int:year>/<int:month>.csv", monthly_report), path("health", health)]
