import {BacktestError, documentText, type ProgressEvent} from 'backtest-runner'
import {documentOf, problem, refuseCrossSite} from '@/lib/server/answers'
import {boundedBody} from '@/lib/server/body'
import {askerOf, run} from '@/lib/server/run'
import {getSettings} from '@/lib/server/settings'

/** So often something is sent, that nothing between here and the browser takes a long run for a dead one. */
const KEEP_ALIVE_MS = 15_000
const HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store',
  'X-Accel-Buffering': 'no', // a proxy that collects events would hold them back
}

/**
 * A request document in, server-sent events out: `progress` with a progress event, then `result` with the result or
 * `failed` with the error document. When the client goes away the run is cancelled.
 */
export async function POST(request: Request): Promise<Response> {
  const refused = refuseCrossSite(request)
  if (refused !== null) return refused
  try {
    const asked = await boundedBody(request, getSettings().maxBodyBytes)
    return new Response(await eventsOf(asked, request.signal, await askerOf(request)), {headers: HEADERS})
  } catch (thrown) {
    return problem(documentOf(thrown))
  }
}

/** The events, once there is one. Rejects where the request is no JSON: that has a status of its own. */
function eventsOf(asked: Uint8Array, gone: AbortSignal, asker?: string): Promise<ReadableStream<Uint8Array>> {
  return new Promise((resolve, reject) => {
    const stream: ReadableStream<Uint8Array> = eventStream(asked, gone, asker, {
      begun: () => resolve(stream),
      refused: reject,
    })
  })
}

interface Beginning {
  readonly begun: () => void
  readonly refused: (error: BacktestError) => void
}

function eventStream(
  asked: Uint8Array,
  gone: AbortSignal,
  asker: string | undefined,
  {begun, refused}: Beginning,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  const unread = new AbortController()
  return new ReadableStream({
    async start(controller) {
      const write = (text: string) => {
        if (!unread.signal.aborted && !gone.aborted) controller.enqueue(encoder.encode(text))
      }
      const send = (event: string, data: string) => write(`event: ${event}\ndata: ${data}\n\n`)
      const keepAlive = setInterval(() => {
        begun()
        write(': still running\n\n')
      }, KEEP_ALIVE_MS)
      try {
        const signal = AbortSignal.any([gone, unread.signal])
        const onProgress = (event: ProgressEvent) => {
          if (event.stage !== 'failed') begun() // what is no JSON fails before anything else
          send('progress', JSON.stringify(event))
        }
        const result = await run(asked, {signal, onProgress}, asker)
        begun()
        send('result', documentText(result))
      } catch (thrown) {
        if (thrown instanceof BacktestError && thrown.document.code === 'INVALID_JSON') refused(thrown)
        else {
          begun()
          send('failed', documentText(documentOf(thrown)))
        }
      } finally {
        clearInterval(keepAlive)
        if (!unread.signal.aborted) controller.close()
      }
    },
    cancel() {
      unread.abort()
    },
  })
}
