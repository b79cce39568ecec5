"""FastAPI: endpoints that return plain values, and the response that it injects and promises to merge."""

from __future__ import annotations

from respstart.integrations.rows import Dispatches, Endpoint, Injects, Integration

INTEGRATION = Integration(
    name="fastapi",
    kind="framework",
    packages=("fastapi", "pydantic", "pydantic_core"),
    includes=("starlette",),
    distribution="fastapi",
    rows=(
        Endpoint(
            "fastapi.routing:APIRoute.__init__",
            lambda args, kwargs: kwargs.get("endpoint", args[2] if len(args) > 2 else None),
            existing=("fastapi.routing:APIRoute", lambda route: [route.endpoint]),
        ),
        Injects("fastapi.dependencies.utils:solve_dependencies"),
        Dispatches(
            (
                "fastapi.routing:run_endpoint_function",
                "fastapi.routing:get_request_handler.<locals>.app",
                "fastapi.routing:request_response.<locals>.app",
                "fastapi.routing:request_response.<locals>.app.<locals>.app",
                "fastapi.dependencies.utils:solve_dependencies",
                "fastapi.middleware.asyncexitstack:AsyncExitStackMiddleware.__call__",
            )
        ),
    ),
)
