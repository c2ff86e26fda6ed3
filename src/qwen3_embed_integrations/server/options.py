"""ServeOptions: every option of the server beside the encoder's."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class ServeOptions(BaseModel):
    """The options of the command `serve` beside the encoder's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rerank: str | None = Field(None, description="Reranking model to serve as well, by its name or folder.")
    also: tuple[str, ...] = Field((), description="Further embedding model to serve. Repeat it for more.")
    host: str = Field("127.0.0.1", description="Address to listen on.", min_length=1)
    port: int = Field(8080, description="Port to listen on; 0: any free one.", ge=0, le=65535)
    keys_env: str = Field(
        "QWEN3_EMBED_API_KEYS",
        description="Environment variable with the bearer keys that clients may use, separated by white space.",
        min_length=1,
    )
    insecure: bool = Field(default=False, description="Listen on an address of the network without any key.")
    allowed_hosts: tuple[str, ...] = Field(
        (), description="Host name that requests on loopback may name beside localhost. Repeat it for more."
    )
    allow_token_ids: bool = Field(
        default=False, description="Take token ids of the model's own tokenizer in place of texts."
    )
    max_body_mb: float = Field(10.0, description="Largest request body in MB.", gt=0, allow_inf_nan=False)
    max_request_texts: int = Field(2048, description="Most texts of one request.", ge=1)
    max_request_tokens: int = Field(300_000, description="Most tokens of one request.", ge=1)
    max_queued_requests: int = Field(512, description="Requests that may wait at once; one more is answered 429.", ge=1)
    max_queued_mb: float = Field(
        64.0, description="Text that may wait at once in MB; more is answered 429.", gt=0, allow_inf_nan=False
    )
    answer_timeout_s: float = Field(
        300.0, description="Longest time to compute and send an answer, in seconds.", gt=0, allow_inf_nan=False
    )
    read_timeout_s: float = Field(
        30.0, description="Longest time a client may take to send headers or a body.", gt=0, allow_inf_nan=False
    )
    drain_s: float = Field(
        30.0, description="On SIGTERM, finish requests for at most this long.", gt=0, allow_inf_nan=False
    )
