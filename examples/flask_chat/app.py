"""A chat that streams its answers; the history of the conversation is kept in Flask's session."""

from flask import Flask, Response, request, session, stream_with_context
from history import remember
from model import answer

app = Flask(__name__)
app.secret_key = "only an example"


@app.post("/chat")
def chat():
    prompt = request.form["prompt"]

    def events():
        words = []
        for word in answer(prompt):
            words.append(word)
            yield f"data: {word}\n\n"
        remember(prompt, " ".join(words))

    return Response(stream_with_context(events()), mimetype="text/event-stream")  # <first>


@app.get("/history")
def history():
    return {"history": session.get("history", [])}
