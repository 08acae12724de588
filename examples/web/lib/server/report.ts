import {spawn} from 'node:child_process'
import {dirname} from 'node:path'
import {refusal} from './answers'
import {kept} from './kept'
import {getSettings} from './settings'

const MOST_AT_ONCE = 2
const MOST_BYTES = 64 * 1024 ** 2
const NOT_A_RESULT = 2

/** The HTML page of a result document, made by `python -m backtester report`. Rejects with a BacktestError. */
export async function makeReport(result: Uint8Array, signal: AbortSignal): Promise<Buffer> {
  const running = kept('reports', () => ({count: 0}))
  if (running.count >= MOST_AT_ONCE) throw refusal('TOO_MANY_REQUESTS', `${MOST_AT_ONCE} reports are being made`)
  running.count += 1
  try {
    return await spawned(result, signal)
  } finally {
    running.count -= 1
  }
}

async function spawned(result: Uint8Array, signal: AbortSignal): Promise<Buffer> {
  const {runner, reportTimeoutMs} = getSettings()
  if (runner === null) throw refusal('NOT_FOUND', 'this server has no runner to make reports with')
  const {pythonPath, runnerPath} = runner
  const stop = AbortSignal.any([signal, AbortSignal.timeout(reportTimeoutMs)])
  return new Promise((resolve, reject) => {
    const child = spawn(pythonPath, ['-m', 'backtester', 'report'], {
      cwd: dirname(runnerPath),
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
      signal: stop,
      killSignal: 'SIGKILL', // it holds nothing that would have to be put away
    })
    const pieces: Buffer[] = []
    let size = 0
    child.stdout.on('data', (piece: Buffer) => {
      size += piece.length
      if (size > MOST_BYTES) child.kill('SIGKILL')
      else pieces.push(piece)
    })
    child.stderr.on('data', (piece: Buffer) => console.error(`[report] ${piece.toString().trimEnd()}`))
    child.stdin.on('error', () => undefined) // it may have given up before it has read everything
    child.on('error', (cause) =>
      reject(
        signal.aborted
          ? refusal('CANCELLED', 'the report was cancelled')
          : stop.aborted
            ? refusal('TIMEOUT', 'the report took too long')
            : cause,
      ),
    )
    child.on('close', (code) => {
      if (code === 0) resolve(Buffer.concat(pieces))
      else if (code === NOT_A_RESULT)
        reject(refusal('VALIDATION_FAILED', 'the document is not a result that a report can be made of'))
      else if (size > MOST_BYTES) reject(refusal('REQUEST_TOO_LARGE', 'the report would be too large'))
      else
        reject(
          refusal(
            'INTERNAL',
            "the report could not be made; the server needs the extra report: pip install '.[report]'",
          ),
        )
    })
    child.stdin.end(result)
  })
}
