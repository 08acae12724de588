import {runnerVersion} from '@/lib/server/lists'
import {poolStats} from '@/lib/server/pool'
import {getSettings} from '@/lib/server/settings'

export const dynamic = 'force-dynamic'

/** Whether the runner, or the service in its place, answers, and how busy this server's processes are. */
export async function GET(): Promise<Response> {
  const headers = {'Cache-Control': 'no-store'}
  try {
    const pool = getSettings().mode === 'api' ? null : poolStats()
    return Response.json({status: 'ok', runner: await runnerVersion(), pool}, {headers})
  } catch (thrown) {
    console.error(thrown)
    return Response.json({status: 'unavailable', detail: 'the runner does not answer'}, {status: 503, headers})
  }
}
