"""Study how chunking affects retrieval on a user's own documents and questions: the command `chunk-study`.

settings    the settings that are compared
questions   answered questions: quotes in files; where they stand in the documents
cutting     documents cut by one setting: chunks, and how much of each quote they hold
ranking     chunks and questions → the metrics of each question
run         all settings, one after the other
report      settings side by side: means, paired bootstrap, advice
"""
