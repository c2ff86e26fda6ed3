"""Chat models that write the answer: behind an OpenAI-compatible endpoint, or in this process."""

from __future__ import annotations

import os
import re
from typing import Any
from urllib.parse import urlsplit

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import PrivateAttr

from qwen3_embed_integrations import ConfigError, HubUnavailableError, ModelNotFoundError
from qwen3_embed_integrations.checkpoints.locate import chat_model_folder
from qwen3_embed_integrations.core.errors import missing_extra
from qwen3_embed_integrations.core.network_settings import network_advice
from qwen3_embed_integrations.core.server_address import is_loopback

from .answer import Generated, Generator, extractive
from .options import RagOptions

_ROLES = {"system": "system", "human": "user", "ai": "assistant"}
_THOUGHTS = re.compile(r"<think>.*?(</think>|$)", re.DOTALL)


class LocalChatModel(BaseChatModel):
    """A chat model in transformers format, run in this process.

    Attributes:
        model: Hub name or local folder.
        max_new_tokens: Length limit of the answer, in tokens.
    """

    model: str
    max_new_tokens: int = 400
    _loaded: tuple[Any, Any] | None = PrivateAttr(default=None)

    @property
    def _llm_type(self) -> str:
        return "transformers"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        del stop, run_manager, kwargs
        tokenizer, model = self.load()
        chat = [{"role": _ROLES[message.type], "content": message.text} for message in messages]
        inputs = tokenizer.apply_chat_template(
            chat,
            add_generation_prompt=True,
            enable_thinking=False,  # an option of Qwen3's template; other templates ignore it
            return_tensors="pt",
            return_dict=True,
        ).to(model.device)
        output = model.generate(**inputs, max_new_tokens=self.max_new_tokens, do_sample=False)
        text = tokenizer.decode(output[0][inputs["input_ids"].shape[1] :], skip_special_tokens=True)
        text = _THOUGHTS.sub("", text).strip()
        return ChatResult(generations=[ChatGeneration(message=AIMessage(text))])

    def load(self) -> tuple[Any, Any]:
        """Return the tokenizer and the model, loaded on the first call.

        Raises:
            ModelNotFoundError: The model does not exist or can't be loaded.
            MissingExtraError: transformers is not installed.
        """
        if self._loaded is None:
            try:
                from transformers import AutoModelForCausalLM, AutoTokenizer
            except ImportError as error:
                raise missing_extra("transformers", "torch") from error
            try:
                folder = str(chat_model_folder(self.model))
                tokenizer = AutoTokenizer.from_pretrained(folder)
                self._loaded = tokenizer, AutoModelForCausalLM.from_pretrained(folder)
            except (OSError, ValueError, KeyError) as error:
                reason = str(error).strip().partition("\n")[0]
                if isinstance(error, HubUnavailableError):
                    reason = "the model hub can't be reached and the cache lacks the model"
                raise ModelNotFoundError(
                    f"The chat model {self.model!r} can't be loaded ({reason}). "
                    "Give a folder or a hub name that can be reached, or leave --llm out."
                ) from error
        return self._loaded


def endpoint_model(url: str | None, model: str, key_env: str) -> BaseChatModel:
    """Return a chat model behind an OpenAI-compatible endpoint; one on this machine is asked without a proxy.

    Args:
        url: Base URL, as in "http://localhost:8000/v1"; None for OpenAI.
        model: The model's name at the endpoint.
        key_env: Environment variable that holds the API key; a local server needs none.

    Raises:
        MissingExtraError: langchain-openai is not installed.
        ConfigError: Its client can't be made, as with a malformed proxy in the environment.
    """
    try:
        from langchain_openai import ChatOpenAI
        from openai import DefaultHttpxClient
    except ImportError as error:
        raise missing_extra("langchain-openai", "llm") from error
    key = os.environ.get(key_env) or "none"
    try:
        is_here = is_loopback(urlsplit(url or "").hostname or "")
        direct = {"http_client": DefaultHttpxClient(trust_env=False), "openai_proxy": None} if is_here else {}
        return ChatOpenAI(base_url=url, model=model, api_key=lambda: key, temperature=0, **direct)
    except Exception as error:  # noqa: BLE001 - what its HTTP client raises for a malformed proxy, file or address
        failure = type(error).__name__
    # outside of the except clause: that error may quote the proxy's password
    raise ConfigError(f"The client of --llm-url={url} can't be made ({failure}).{network_advice()}")


def chosen_generator(options: RagOptions) -> Generator:
    """Return what writes the answers: the chosen language model, else the passages' own sentences.

    Raises:
        ConfigError: Options that contradict each other, or a model that can't be loaded.
    """
    if options.llm and (options.llm_url or options.llm_model):
        raise ConfigError("Give --llm for a model that runs here, or --llm-url and --llm-model; not both.")
    if options.llm:
        model = LocalChatModel(model=options.llm)
        model.load()
        return Generated(model, options.llm)
    if options.llm_model:
        return Generated(endpoint_model(options.llm_url, options.llm_model, options.llm_key_env), options.llm_model)
    if options.llm_url:
        raise ConfigError(f"--llm-url={options.llm_url} needs the model's name there: add --llm-model NAME.")
    return extractive
