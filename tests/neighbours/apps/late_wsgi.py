from flask import Flask, Response

app = Flask(__name__)


@app.get("/<name>")
def page(name):
    def body():
        yield "first "
        response.set_cookie("late", "1")  # late
        yield "second"

    response = Response(body())  # first
    return response
