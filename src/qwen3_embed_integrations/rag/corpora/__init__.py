"""What is indexed.

corpus            documents → chunks with stable ids
folder            a folder's files
loaders           one file → text
stdlib_docs       the documentation of Python's standard library
source_modules    its parsed source files
compiled_modules  its compiled modules
"""
