"""A login that sets a cookie, and then sends the visitor to the start page."""

from fastapi import FastAPI, Form, HTTPException, Response
from fastapi.responses import RedirectResponse
from sessions import open_session

app = FastAPI()
PASSWORDS = {"ada": "only an example"}


@app.post("/login")
async def login(response: Response, name: str = Form(), password: str = Form()):
    if PASSWORDS.get(name) != password:
        raise HTTPException(403, "wrong name or password")
    open_session(response, name)
    return RedirectResponse("/", status_code=303)  # <first>
