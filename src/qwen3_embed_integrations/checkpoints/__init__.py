"""A model's files on disk, read without torch.

locate             name or path → folder
checkpoint         folder → what is known of the model
safetensors_index  names, shapes and digest of the weights
tokenizer          texts → token ids
"""
