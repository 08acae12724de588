/** Values that live as long as the server's process, however often a module is loaded: in development, at every change. */
const store = ((globalThis as {__backtest?: Map<string, unknown>}).__backtest ??= new Map<string, unknown>())

/** The one value of this name, made when it is first asked for. */
export function kept<T>(name: string, make: () => T): T {
  if (!store.has(name)) store.set(name, make())
  return store.get(name) as T
}

/** The same for what has to be waited for; a failure is not kept, and after `maxAgeMs` it is made anew. */
export function keptPromise<T>(name: string, make: () => Promise<T>, maxAgeMs = Infinity): Promise<T> {
  const found = store.get(name) as {promise: Promise<T>; at: number} | undefined
  if (found !== undefined && Date.now() - found.at < maxAgeMs) return found.promise
  const entry = {promise: make(), at: Date.now()}
  store.set(name, entry)
  entry.promise.catch(() => {
    if (store.get(name) === entry) store.delete(name)
  })
  return entry.promise
}

/** Has the value of this name made anew when it is asked for next. */
export function forget(name: string): void {
  store.delete(name)
}
