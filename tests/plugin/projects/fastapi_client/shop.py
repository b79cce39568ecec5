"""A token that the returned response does not carry, and a header that a background task sets in vain."""

from fastapi import BackgroundTasks, FastAPI, Response
from fastapi.responses import JSONResponse

app = FastAPI()


@app.post("/login")
def login(response: Response):
    response.set_cookie("token", "abc")  # late: RS106
    return JSONResponse({"logged": "in"})  # first: RS106


@app.get("/order")
def order(response: Response, tasks: BackgroundTasks):
    def mail():
        response.headers["X-Mailed"] = "yes"  # late: RS101

    tasks.add_task(mail)
    return {"order": 1}  # first: RS101


@app.get("/items/{item}")
def items(item: int, response: Response):
    response.headers["X-Item"] = str(item)
    return {"item": item}
