"""Everything that lasts: machines, their stores, logs, devices, and the processes that run them.

What the shell uses: `home` (where machines are), `boot.boot`, `host.Host` (run one in this process), `launch` (run one
in another), `client` (talk to a running one, stop it), `stored` (read a stopped one), `errors.MachineError`.
"""
