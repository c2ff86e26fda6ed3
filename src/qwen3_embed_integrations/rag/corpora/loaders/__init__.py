"""Readers: one module a format, a path in, blocks out.

registry         suffix → reader; other people's readers
plain_text       paragraphs
markdown         headings, lists, tables, code; front matter
rst              reStructuredText
html             pages as a browser shows them
pdf              pages
docx             Word
pptx             slides
spreadsheet      sheets of Excel and OpenDocument
delimited        comma- or tab-separated values
tables           records → blocks that repeat the header
structured_data  JSON
notebook         Jupyter
mail             e-mails
ebook            EPUB
opendocument     OpenDocument texts and presentations
source_code      definitions
adapters         converters that are installed beside this package
xml              XML without entities
"""
