"""The report is streamed: a month can have many rows."""

from django.http import HttpResponse, StreamingHttpResponse

SALES = [("teapot", 4), ("cups", 12), ("sugar bowl", 3)]


def monthly_report(request, year, month):
    rows = (f"{year}-{month:02},{item},{count}\n" for item, count in SALES)
    return StreamingHttpResponse(rows, content_type="text/csv")  # <first>


def health(request):
    return HttpResponse("ok\n", content_type="text/plain")
