/** Says to the other tabs of this browser that there are other symbols than before. */
const CHANNEL = 'backtest-symbols'

export function announceSymbols(): void {
  const channel = new BroadcastChannel(CHANNEL)
  channel.postMessage('changed')
  channel.close()
}

/** Calls back when another tab says so. Returns what ends it. */
export function onSymbolsChanged(changed: () => void): () => void {
  const channel = new BroadcastChannel(CHANNEL)
  channel.onmessage = changed
  return () => channel.close()
}
