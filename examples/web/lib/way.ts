/** How a run travels: by this page's own server, or straight to the service, in one of three ways. */
export const WAYS = ['server', 'rest', 'queue', 'live'] as const
export type Way = (typeof WAYS)[number]

const KEY = 'backtest-runs-by'
const listeners = new Set<() => void>()
let unkept: Way | null = null // what was chosen in a browser that keeps nothing

/** What was chosen, also before; this page's own server where nothing was. */
export function chosenWay(): Way {
  if (unkept !== null) return unkept
  try {
    const kept = localStorage.getItem(KEY)
    return WAYS.find((one) => one === kept) ?? 'server'
  } catch {
    return 'server'
  }
}

export function chooseWay(way: Way): void {
  try {
    localStorage.setItem(KEY, way)
    unkept = null
  } catch {
    unkept = way
  }
  for (const listener of listeners) listener()
}

/** For `useSyncExternalStore`; other windows choose too. */
export function onWay(listener: () => void): () => void {
  listeners.add(listener)
  addEventListener('storage', listener)
  return () => {
    listeners.delete(listener)
    removeEventListener('storage', listener)
  }
}
