"""What is indexed: documents, and the chunks that they are cut into.

corpus            a set of documents; its chunks by id
folder            a folder's files as a corpus
page_sources      a page and the source it was generated from
reader_process    the child process that reads them
loaders/          one reader a format
blocks            a document's text along its structure
decoding          bytes → text
limits            size, inflated size, pages, memory
chunking          blocks → chunks
units             the parts that a chunk never cuts
sentences         a text's sentences and lines
stdlib_docs       the documentation of Python's standard library as a corpus
language_topics   the topics of Python's help() in it
source_modules    its parsed source files
compiled_modules  its compiled modules
"""
