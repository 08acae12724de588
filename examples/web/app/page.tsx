import {connection} from 'next/server'
import {RunnerMissing} from '@/components/RunnerMissing'
import {Workbench} from '@/components/workbench/Workbench'
import {LINK_PARAMETER} from '@/lib/link'
import {listStrategies, listSymbols} from '@/lib/server/lists'
import {networkSource} from '@/lib/server/network'
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
      network={networkSource()}
      forwards={getSettings().mode === 'api'}
      hasRunner={getSettings().runner !== null}
      shares={getSettings().shared !== null}
      link={typeof link === 'string' ? link : null}
    />
  )
}
