"""A model's files on disk, read without torch.

locate                       name or path → folder, downloading a hub model
checkpoint                   folder → Checkpoint: ModelInfo and where the weights are
classification               what a folder holds: embedding model, reranker, language model
quantization                 whether the weights are quantised, and how
requirements                 what a caller requires of a folder: refuse or warn
model_config                 checks of config.json
architecture                 the numbers of config.json under their names there
expected_weights             names and shapes of the weights that config.json describes
safetensors_index            names, dtypes, shapes and digest of the stored weights
sentence_transformers_files  modules, pooling, prompts and lengths
task_effects                 what was measured of the weights with each task preset
files                        regular files only, of bounded size
tokenizer                    texts → token ids, end token appended
export_manifest              what an exported model says of itself, and the digests of its files
exported_model               the folder of an exported model
gguf_file                    a GGUF file: its metadata and dequantised weights
gguf_checkpoint              a GGUF file as a checkpoint
user_cache                   this program's cache folder
pair_tokenizer               pairs of query and document → token ids of Qwen3-Reranker's chat template
"""
