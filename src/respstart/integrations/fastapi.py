"""FastAPI: endpoints that return plain values, and the response that it injects and promises to merge."""

from __future__ import annotations

from typing import Any

from respstart.integrations.rows import Asks, Dispatches, Endpoint, Injects, Integration


def asks(arguments: dict[str, Any]) -> bool:
    """Whether the endpoint or one of its dependencies wants the response; one that a test puts in the place of another may."""
    overrides = getattr(arguments.get("dependency_overrides_provider"), "dependency_overrides", None)
    return bool(overrides) or _wants_response(arguments["dependant"])


def _wants_response(dependant: Any) -> bool:
    if dependant.response_param_name is not None:
        return True
    return bool(dependant.dependencies) and any(map(_wants_response, dependant.dependencies))


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
        Asks("fastapi.routing:solve_dependencies", asks),
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
