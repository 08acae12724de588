import {readdirSync, readFileSync} from 'node:fs'

export interface Process {
  readonly pid: number
  readonly name: string
  readonly python: boolean
  /** Clock ticks (hundredths of a second) that it has computed. */
  readonly ticks: number
}

/**
 * The living processes of the server that has this price store, whoever their parent is by now: what a process is
 * started with stays readable for as long as it lives.
 */
export function processesOf(cache: string): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        if (!readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`BACKTEST_CACHE_DIR=${cache}`))
          return []
        const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
        const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1')
        const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        if (state === 'Z' || state === 'X') return []
        const name = command.split('\0').join(' ').trim()
        return [{pid: Number(pid), name, python: name.includes('python'), ticks: Number(rest[10]) + Number(rest[11])}]
      } catch {
        return [] // gone in the meantime, or another user's
      }
    })
}

export const pythonOf = (cache: string): Process[] => processesOf(cache).filter(({python}) => python)

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** How much the server's Python processes compute in so many milliseconds, by their ids; those that do nothing are left out. */
export async function working(cache: string, ms = 250): Promise<Map<number, number>> {
  const before = new Map(pythonOf(cache).map(({pid, ticks}) => [pid, ticks]))
  await pause(ms)
  const spent = pythonOf(cache).map(({pid, ticks}) => [pid, ticks - (before.get(pid) ?? 0)] as const)
  return new Map(spent.filter(([, ticks]) => ticks > 1))
}
