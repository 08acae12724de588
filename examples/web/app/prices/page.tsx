import type {Metadata} from 'next'
import {connection} from 'next/server'
import {PricesPage} from '@/components/prices/PricesPage'
import {RunnerMissing} from '@/components/RunnerMissing'
import {listSymbols} from '@/lib/server/lists'
import {getService, getSettings} from '@/lib/server/settings'

export const metadata: Metadata = {title: 'Prices – Backtest'}

interface Props {
  readonly searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>>
}

/** The prices that runs find at hand, and how more get there. */
export default async function Page({searchParams}: Props) {
  await connection()
  const {symbol, q} = await searchParams
  const symbols = await listSymbols().catch((fault: unknown) => {
    console.error(fault)
    return null
  })
  if (symbols === null) return <RunnerMissing service={getService() !== null} />
  const {mode, importsPrices, maxImportBytes} = getSettings()
  return (
    <PricesPage
      symbols={symbols}
      today={new Date().toISOString().slice(0, 10)}
      imports={mode === 'api' ? 'elsewhere' : importsPrices ? 'on' : 'off'}
      mostBytes={maxImportBytes}
      opened={typeof symbol === 'string' ? symbol : null}
      search={typeof q === 'string' ? q : ''}
    />
  )
}
