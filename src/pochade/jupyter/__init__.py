"""What a notebook adds: the kernel's own questions, and the static picture beside a live Studio."""
