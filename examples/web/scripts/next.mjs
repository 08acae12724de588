// `next`, with its telemetry off on every system: a variable before a command is no portable way to set one.
process.env.NEXT_TELEMETRY_DISABLED = '1'
await import('next/dist/bin/next')
