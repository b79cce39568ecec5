"""Invoices as plain text, with a length so that browsers show how far a download has come."""

from flask import Flask, Response, abort
from layout import page

app = Flask(__name__)
INVOICES = {"2041": ("Müller & Söhne", 118.50), "2042": ("Baker", 40.00)}


@app.get("/invoices/<number>.txt")
def invoice(number):
    if number not in INVOICES:
        abort(404)
    text = page(number, *INVOICES[number])
    response = Response(text, mimetype="text/plain")  # <first>
    response.headers["Content-Length"] = str(len(text))
    return response
