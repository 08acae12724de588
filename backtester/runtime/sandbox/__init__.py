"""What the child process gives up before it runs anything: by Linux's own means, each where the kernel has it.

`landlock` and `seccomp` are the two kernel interfaces, `paths` says which folders a run reads and writes, `confine`
puts them in force. Nothing here knows what a backtest is.
"""
