import {runnerVersion} from '@/lib/server/lists'
import {poolStats} from '@/lib/server/pool'

export const dynamic = 'force-dynamic'

/** Whether the runner answers, and how busy its processes are. */
export async function GET(): Promise<Response> {
  const headers = {'Cache-Control': 'no-store'}
  try {
    return Response.json({status: 'ok', runner: await runnerVersion(), pool: poolStats()}, {headers})
  } catch (thrown) {
    console.error(thrown)
    return Response.json({status: 'unavailable', detail: 'the runner does not answer'}, {status: 503, headers})
  }
}
