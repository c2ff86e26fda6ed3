"""What the command's words stand on: flags from options, and the commands that belong to no door."""
