import {spawn} from 'node:child_process'
import {dirname} from 'node:path'
import {refusal} from './answers'
import {kept} from './kept'
import {getSettings} from './settings'

interface Command {
  /** What is made, as it stands in a sentence: `report`, `check`. */
  readonly what: string
  readonly args: readonly string[]
  readonly input?: Uint8Array | undefined
  readonly signal: AbortSignal
  readonly timeoutMs: number
  readonly mostBytes: number
  readonly mostAtOnce: number
}

interface Ended {
  readonly code: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

/** Run `python -m backtester` with some arguments, to its end. Rejects with a BacktestError where it does not come. */
export async function runCommand(command: Command): Promise<Ended> {
  const {what, mostAtOnce} = command
  const running = kept(`running ${what}`, () => ({count: 0}))
  if (running.count >= mostAtOnce)
    throw refusal('TOO_MANY_REQUESTS', `The server is busy: ${mostAtOnce} ${what}s are being made.`)
  running.count += 1
  try {
    return await spawned(command)
  } finally {
    running.count -= 1
  }
}

function spawned({what, args, input, signal, timeoutMs, mostBytes}: Command): Promise<Ended> {
  const {runner} = getSettings()
  if (runner === null) throw refusal('NOT_FOUND', `This server has no runner to make a ${what} with.`)
  const {pythonPath, runnerPath} = runner
  const stop = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  return new Promise((resolve, reject) => {
    const child = spawn(pythonPath, ['-m', 'backtester', ...args], {
      cwd: dirname(runnerPath),
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
      signal: stop,
      killSignal: 'SIGKILL', // it holds nothing that would have to be put away
    })
    const pieces: Buffer[] = []
    const said: Buffer[] = []
    let size = 0
    const keepIn = (list: Buffer[]) => (piece: Buffer) => {
      size += piece.length
      if (size > mostBytes) child.kill('SIGKILL')
      else list.push(piece)
    }
    child.stdout.on('data', keepIn(pieces))
    child.stderr.on('data', keepIn(said))
    child.stdin.on('error', () => undefined) // it may have given up before it has read everything
    child.on('error', (cause) =>
      reject(
        signal.aborted
          ? refusal('CANCELLED', `The ${what} was cancelled.`)
          : stop.aborted
            ? refusal('TIMEOUT', `The ${what} took too long.`)
            : cause,
      ),
    )
    child.on('close', (code) => {
      const stderr = Buffer.concat(said).toString().trimEnd()
      if (code !== 0 && stderr !== '') console.error(`[${what}] ${stderr}`)
      if (size > mostBytes) reject(refusal('REQUEST_TOO_LARGE', `The ${what} would be too large.`))
      else resolve({code, stdout: Buffer.concat(pieces), stderr})
    })
    child.stdin.end(input)
  })
}
