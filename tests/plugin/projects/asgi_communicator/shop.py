"""A plain application that answers twice; asgiref's communicator takes both without a word."""


async def twice(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})  # first: RS201
    await send({"type": "http.response.start", "status": 404, "headers": []})  # late: RS201
    await send({"type": "http.response.body", "body": b"here\n"})


async def footed(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})  # first: RS301
    await send({"type": "http.response.body", "body": b"orders\n"})
    await send({"type": "http.response.body", "body": b"the end\n"})  # late: RS301


async def hello(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello\n"})
