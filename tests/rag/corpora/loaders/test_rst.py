from qwen3_embed_integrations.rag.corpora.loaders.rst import inline, rst_blocks

TEXT = """.. _target:

========
 Manual
========

.. index:: nothing
   single: more

Install
-------

Use :func:`~pathlib.Path.glob` and :ref:`this <label>` with ``code``.

.. note:: Mind the gap.

.. toctree::
   :maxdepth: 2

   page

.. code-block:: python
   :linenos:

   x = 1

Use
---

The end.
"""


def test_sections_and_directives_read_as_a_person_sees_them():
    assert [(block.kind, block.level, block.text.strip()) for block in rst_blocks(TEXT)] == [
        ("heading", 1, "Manual"),
        ("heading", 2, "Install"),
        ("paragraph", 0, "Use pathlib.Path.glob and this with code."),
        ("paragraph", 0, "Mind the gap."),
        ("paragraph", 0, "x = 1"),
        ("heading", 2, "Use"),
        ("paragraph", 0, "The end."),
    ]


def test_a_lone_backtick_stays():
    assert inline("a ` b") == "a ` b"
