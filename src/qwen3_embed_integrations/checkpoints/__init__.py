"""A model's files on disk, read without torch.

locate             name or path → folder, downloading a hub model
checkpoint         folder → Checkpoint: ModelInfo and where the weights are
safetensors_index  names, shapes and digest of the weights
tokenizer          texts → token ids, end token appended
"""
