import {connection} from 'next/server'
import {Workbench} from '@/components/workbench/Workbench'
import {LINK_PARAMETER} from '@/lib/link'
import {listStrategies, listSymbols} from '@/lib/server/lists'
import {getService, getSettings} from '@/lib/server/settings'
import {sparklines} from '@/lib/server/sparklines'

interface Props {
  readonly searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>>
}

/** What the runner offers, and what the address asks for; the rest happens in the browser. */
export default async function Page({searchParams}: Props) {
  await connection()
  const link = (await searchParams)[LINK_PARAMETER]
  const lists = await Promise.all([listStrategies(), listSymbols()]).catch((fault: unknown) => {
    console.error(fault)
    return null
  })
  const service = getService()
  if (lists === null) return <RunnerMissing service={service !== null} />
  const [strategies, symbols] = lists
  return (
    <Workbench
      strategies={strategies}
      symbols={symbols}
      sparklines={sparklines()}
      service={service === null ? null : {api: service.publicUrl, sockets: service.publicSocketUrl}}
      forwards={getSettings().mode === 'api'}
      reports={getSettings().runner !== null}
      link={typeof link === 'string' ? link : null}
    />
  )
}

function RunnerMissing({service}: {readonly service: boolean}) {
  return (
    <main className="notice">
      <title>Backtest</title>
      <h1>The runner does not answer</h1>
      <p>
        This page needs Python and <code>backtest_runner.py</code>. Set <code>PYTHON_PATH</code> and{' '}
        <code>BACKTEST_RUNNER</code> to where they are
        {service && (
          <>
            , or start the service at <code>PYTHON_API_URL</code> and set <code>BACKTEST_WEB_MODE=api</code>
          </>
        )}
        , then load the page again; the server’s log says what was wrong.
      </p>
    </main>
  )
}
