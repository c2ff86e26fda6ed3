"""Random input for hours: a finite unit embedding or one of our errors; never a hang, a crash or another text's."""
