"""`python -m qwen3_embed_integrations` is the command `qwen3-embed`."""

from .cli import main

if __name__ == "__main__":
    main()
