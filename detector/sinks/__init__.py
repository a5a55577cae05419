"""Where messages go: one channel a file. `sink` is what each of them is; `registry` names them all."""
