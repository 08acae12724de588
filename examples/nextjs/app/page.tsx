import {connection} from 'next/server'
import {Workbench} from '@/components/workbench/Workbench'
import {LINK_PARAMETER} from '@/lib/link'
import {listStrategies, listSymbols} from '@/lib/server/lists'
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
  if (lists === null) return <RunnerMissing />
  const [strategies, symbols] = lists
  return (
    <Workbench
      strategies={strategies}
      symbols={symbols}
      sparklines={sparklines()}
      link={typeof link === 'string' ? link : null}
    />
  )
}

function RunnerMissing() {
  return (
    <main className="notice">
      <title>Backtest</title>
      <h1>The runner does not answer</h1>
      <p>
        This page needs Python and <code>backtest_runner.py</code>. Set <code>PYTHON_PATH</code> and{' '}
        <code>BACKTEST_RUNNER</code> to where they are, then load the page again; the server’s log says what was wrong.
      </p>
    </main>
  )
}
