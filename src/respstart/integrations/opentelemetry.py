"""OpenTelemetry's SDK: a server's span that is started within a request is that request's own."""

from __future__ import annotations

from respstart.integrations.rows import After, Integration

INTEGRATION = Integration(
    name="opentelemetry",
    kind="framework",
    packages=(),
    rows=(After("opentelemetry.sdk.trace:Tracer.start_span", lambda args, span, watch: watch.span(span)),),
)
