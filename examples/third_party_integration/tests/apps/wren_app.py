"""One view for each scenario; comments name the lines that respstart has to find."""

from __future__ import annotations

import threading
import time

from wren import Answer, Refusal, Wren

app = Wren()


@app.view
def late_header(environ):
    def rows():
        yield "bolts\n"
        answer.headers["X-Total"] = "1"  # <late_header:late>

    answer = Answer(rows())  # <late_header:first>
    return answer


@app.view
def late_removal(environ):
    def rows():
        yield "bolts\n"
        del answer.headers["X-Draft"]  # <late_removal:late>

    answer = Answer(rows(), X_Draft="yes")  # <late_removal:first>
    return answer


@app.view
def late_status(environ):
    def rows():
        yield "bolts\n"
        answer.status = 500  # <late_status:late>

    answer = Answer(rows())  # <late_status:first>
    return answer


@app.view
def late_in_fields(environ):
    def rows():
        yield "bolts\n"
        answer.headers.fields["X-Total"] = "1"

    answer = Answer(rows())  # <late_in_fields:first>
    return answer


@app.view
def late_in_thread(environ):
    def measure():
        answer.headers["X-Measured"] = "yes"  # <late_in_thread:late>

    def rows():
        yield "bolts\n"
        worker = threading.Thread(target=measure)
        worker.start()
        worker.join()
        yield "nuts\n"

    answer = Answer(rows())  # <late_in_thread:first>
    return answer


@app.view
def error_in_stream(environ):
    def rows():
        yield "bolts\n"
        raise KeyError("nuts")  # <error_in_stream:late>

    return Answer(rows())  # <error_in_stream:first>


@app.view
def refused_in_stream(environ):
    def rows():
        yield "bolts\n"
        raise Refusal(404)  # <refused_in_stream:late>

    return Answer(rows())  # <refused_in_stream:first>


@app.view
def busy(environ):
    def rows():
        for _ in range(3):
            time.sleep(0.02)
            yield f"{environ['QUERY_STRING']}\n"
        if environ["QUERY_STRING"].startswith("late"):
            answer.headers["X-Busy"] = "yes"  # <busy:late>

    answer = Answer(rows())  # <busy:first>
    return answer


@app.view
def endless(environ):
    def rows():
        while True:
            yield "." * 10_000
            time.sleep(0.001)

    return Answer(rows())


@app.view
def text(environ):
    return "bolts\n"


@app.view
def in_time(environ):
    answer = Answer(["bolts\n"])
    answer.headers["X-Total"] = "1"
    answer.status = 201
    return answer


@app.view
def refused(environ):
    raise Refusal(403)


@app.view
def never_sent(environ):
    draft = Answer(["draft"])
    answer = Answer(["bolts\n"])
    draft.headers["X-Draft"] = "yes"
    return answer
