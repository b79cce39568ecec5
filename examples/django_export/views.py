"""Customers as CSV; there can be many, so they are streamed."""

from customers import CUSTOMERS
from django.http import StreamingHttpResponse
from formatting import row


def export(request):
    rows = (row(customer) for customer in CUSTOMERS)
    return StreamingHttpResponse(rows, content_type="text/csv")  # <first>
