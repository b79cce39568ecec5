"""A plain application that answers twice, which WebTest takes without a word."""


def moved(environ, start_response):
    start_response("302 Found", [("Content-Type", "text/plain"), ("Location", "/")])  # first: RS201
    start_response("200 OK", [("Content-Type", "text/plain")])  # late: RS201
    return [b"still here\n"]


def hello(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "6")])
    return [b"hello\n"]


def app(environ, start_response):
    return (moved if environ["PATH_INFO"] == "/moved" else hello)(environ, start_response)
