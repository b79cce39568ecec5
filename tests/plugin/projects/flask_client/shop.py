"""A report that is counted, and a search that is remembered, when the answer is on its way already."""

from flask import Flask, Response, redirect, session, stream_with_context

app = Flask(__name__)
app.secret_key = "not a secret"


@app.get("/report")
def report():
    def rows():
        for number in range(3):
            yield f"row {number}\n"
        response.headers["X-Rows"] = "3"  # late: RS101

    response = Response(rows(), mimetype="text/plain")  # first: RS101
    return response


@app.get("/search/<word>")
def search(word):
    def hits():
        yield f"no hits for {word}\n"
        session["word"] = word  # late: RS104

    return Response(stream_with_context(hits()))  # first: RS104


@app.get("/word")
def word():
    return {"word": session.get("word")}


@app.post("/word/<word>")
def remember(word):
    session["word"] = word
    return redirect("/word")
