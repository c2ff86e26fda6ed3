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
        ("paragraph", 0, "Note: Mind the gap."),
        ("code", 0, "x = 1"),
        ("heading", 2, "Use"),
        ("paragraph", 0, "The end."),
    ]


def test_a_lone_backtick_stays():
    assert inline("a ` b") == "a ` b"


DIRECTIVES = """\
.. module:: csv
   :synopsis: Write and read.

.. function:: reader(csvfile, dialect='excel')

   Return a reader.  For example::

      import csv

      csv.reader(file)

   .. versionadded:: 3.5
      The *strict* argument.

   .. warning::

      It may be slow.

   .. class:: Dialect

      It describes a dialect.

.. A comment
   of two lines.

>>> 1 + 1
2
"""


def test_directives_are_read_as_the_text_that_the_page_shows():
    assert [(block.kind, block.text) for block in rst_blocks(DIRECTIVES)] == [
        ("paragraph", "reader(csvfile, dialect='excel')"),
        ("paragraph", "Return a reader.  For example:"),
        ("code", "import csv\n\ncsv.reader(file)"),
        ("paragraph", "New in version 3.5:\nThe *strict* argument."),
        ("paragraph", "Warning:"),
        ("paragraph", "It may be slow."),
        ("paragraph", "Dialect"),
        ("paragraph", "It describes a dialect."),
        ("code", ">>> 1 + 1\n2"),
    ]
