"""Django Ninja: operations that return plain values, and the response that it injects, which is sent unless the operation returns one."""

from __future__ import annotations

from typing import Any

from respstart.integrations.rows import After, Answers, Dispatches, Endpoint, Integration, Rescues, Watch


def injected(args: tuple[Any, ...], response: Any, watch: Watch) -> None:
    """The response that an operation may ask for has been made."""
    watch.injected(response)


def chosen(args: tuple[Any, ...], operation: Any, watch: Watch) -> None:
    """The operation that is to answer; None where the method is not allowed."""
    watch.endpoint(getattr(operation, "view_func", None))


def checked(args: tuple[Any, ...], answer: Any, watch: Watch) -> None:
    """Authentication and throttling have answered in the place of the operation, or have not."""
    if answer is not None:
        watch.answered_early(answer)


INTEGRATION = Integration(
    name="ninja",
    kind="framework",
    packages=("ninja", "pydantic", "pydantic_core"),
    includes=("django",),
    distribution="django-ninja",
    limits=("`ninja.testing.TestClient` calls operations without a request: nothing is recorded there, as it is with Django's client.",),
    rows=(
        Endpoint(
            "ninja.operation:Operation.__init__",
            lambda args, kwargs: kwargs.get("view_func", args[3] if len(args) > 3 else None),
            existing=("ninja.operation:Operation", lambda operation: [operation.view_func]),
        ),
        After("ninja.operation:PathView._find_operation", chosen),
        After("ninja.operation:Operation._run_checks", checked),
        After("ninja.operation:AsyncOperation._run_checks", checked),
        After("ninja.main:NinjaAPI.create_temporal_response", injected),
        Rescues("ninja.main:NinjaAPI.on_exception", exception=2),
        Dispatches(
            (
                "ninja.operation:Operation.run",
                "ninja.operation:AsyncOperation.run",
                "ninja.operation:Operation._run_authentication",
                "ninja.operation:AsyncOperation._run_authentication",
                "ninja.operation:PathView.get_view.<locals>.sync_view_wrapper",
                "ninja.operation:PathView.get_view.<locals>.async_view_wrapper",
                "ninja.main:NinjaAPI.on_exception",
            )
        ),
        Answers("ninja.errors:HttpError", lambda error: error.status_code),
        Answers("ninja.errors:ValidationError", lambda error: 422),
    ),
)
