"""Files that the readers of training texts are tried on."""


def written(path, text):
    """Write the text, make the folders, and return the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def pairs(texts):
    """Return (language, English, translation) of each translation."""
    return {(text.lang, text.english, text.text) for text in texts if text.english}
