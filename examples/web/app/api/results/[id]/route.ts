import {BacktestError, type BacktestResult, documentText, errorDocument} from 'backtest-runner'
import {documentOf, problem, refusal, refuseCrossSite} from '@/lib/server/answers'
import {boundedBody} from '@/lib/server/body'
import {askerOf, run} from '@/lib/server/run'
import {getSettings} from '@/lib/server/settings'
import {type ResultStore, resultStore} from '@/lib/server/shared-results'
import {isResultId, pageOf} from '@/lib/shared-address'

interface Context {
  readonly params: Promise<{readonly id: string}>
}

/** The document of a shared result, byte for byte as the runner wrote it. */
export async function GET(_: Request, {params}: Context): Promise<Response> {
  try {
    const {id} = await params
    const found = await storeFor(id).read(id)
    if (found === null) throw refusal('NOT_FOUND', 'no shared result has this id, or its time is over')
    const headers = {'Content-Type': 'application/json', 'Cache-Control': 'no-cache'}
    return new Response(found.text, {headers})
  } catch (thrown) {
    return problem(documentOf(thrown))
  }
}

/**
 * Keep a result and share it: the body is the request that it is the result of. This server runs it and keeps what the
 * runner answers, so that under an id there is never anything else than its own result.
 */
export async function POST(request: Request, {params}: Context): Promise<Response> {
  const refused = refuseCrossSite(request)
  if (refused !== null) return refused
  try {
    const {id} = await params
    const store = storeFor(id)
    const asked = await boundedBody(request, getSettings().maxBodyBytes)
    const result = await run(asked, {signal: request.signal}, await askerOf(request))
    if (result.result_id !== id) throw otherResult()
    refuseUnshareable(result)
    const until = await store.write(id, `${documentText(result)}\n`).catch(cannotWrite)
    const headers = {Location: pageOf(id), 'Cache-Control': 'no-store'}
    return Response.json({result_id: id, page: pageOf(id), until: until.toISOString()}, {status: 201, headers})
  } catch (thrown) {
    return problem(documentOf(thrown))
  }
}

function storeFor(id: string): ResultStore {
  if (!isResultId(id)) throw refusal('NOT_FOUND', 'a result_id is sha256: and 64 hexadecimal digits')
  const store = resultStore()
  if (store === null) throw refusal('NOT_FOUND', 'this server shares no results')
  return store
}

/** What only the one who sent it can vouch for does not go under this server's name. */
function refuseUnshareable({request_id, data}: BacktestResult): void {
  if (request_id !== undefined) throw refusal('VALIDATION_FAILED', 'a shared result has no request_id: leave it out')
  if (Object.values(data.symbols).some(({source}) => source === 'inline'))
    throw refusal('VALIDATION_FAILED', 'a result of prices that came with the request cannot be run again by others')
}

function otherResult(): BacktestError {
  const detail = 'the request has another result by now: its prices or the version of the engine have changed'
  return new BacktestError(
    errorDocument('VALIDATION_FAILED', detail, {remedy: 'Run it again, then share that result.'}),
  )
}

/** A full disk and a folder that cannot be written are for the operator, who reads the log. */
function cannotWrite(fault: unknown): never {
  if (fault instanceof BacktestError) throw fault
  console.error(fault)
  const remedy = 'The operator has to make BACKTEST_WEB_KEEP_DIR a folder with free space that this server can write.'
  throw new BacktestError(
    errorDocument('SERVICE_UNAVAILABLE', 'this server could not write the result', {remedy, retryable: false}),
  )
}
