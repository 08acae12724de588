import type {BacktestResult} from 'backtest-runner'
import type {Metadata} from 'next'
import {notFound} from 'next/navigation'
import {headlineOf} from '@/components/share/headline'
import {SharedView} from '@/components/share/SharedView'
import {digestOf} from '@/lib/canonical'
import {toDraft} from '@/lib/draft'
import {fitsLink, LINK_PARAMETER, LONGEST_NAME, writeLink} from '@/lib/link'
import type {JsonObject} from '@/lib/schema/types'
import {listStrategies} from '@/lib/server/lists'
import {siteOrigin} from '@/lib/server/origin'
import {getSettings} from '@/lib/server/settings'
import {sharedAt} from '@/lib/server/shared-page'
import {pageOf} from '@/lib/shared-address'

interface Props {
  readonly params: Promise<{readonly id: string}>
}

export async function generateMetadata({params}: Props): Promise<Metadata> {
  const found = await sharedAt((await params).id)
  if (found === null) return {title: 'No such result – Backtest'}
  const {name, period, description} = headlineOf(found.result)
  const title = `${name}, ${period}`
  const url = pageOf(found.result.result_id)
  return {
    title: `${title} – Backtest`,
    description,
    robots: {index: false}, // for those who were given the address
    openGraph: {type: 'website', siteName: 'Backtest', title, description, url},
    twitter: {card: 'summary_large_image', title, description},
  }
}

/** A shared result, to be read. The first screen comes with the page; the charts when their document is there. */
export default async function Page({params}: Props) {
  const found = await sharedAt((await params).id)
  if (found === null) notFound()
  const {result, until} = found
  return (
    <SharedView
      name={headlineOf(result).name}
      head={headOf(result)}
      until={until.toISOString()}
      builder={await builderFor(result)}
      origin={await siteOrigin()}
      requestDigest={await digestOf(result.request)}
      reports={getSettings().runner !== null}
    />
  )
}

/** The form with this request in it; null where no runner is there to run it, and where it is too large for a link. */
async function builderFor(result: BacktestResult): Promise<string | null> {
  const strategies = await listStrategies().catch(() => null)
  if (strategies === null) return null
  const draft = toDraft(result.request as JsonObject, strategies)
  const link = writeLink([{name: headlineOf(result).name.slice(0, LONGEST_NAME).toWellFormed(), draft}])
  return fitsLink(link) ? `/?${LINK_PARAMETER}=${link}` : null
}

/** What the first screen and the receipt need of a result: a hundredth of it. */
function headOf(result: BacktestResult): BacktestResult {
  const {success, schema_version, result_id, engine, request, period, metrics, metrics_monthly} = result
  const {benchmark, audit, warnings, null_reasons, data, timing_ms} = result
  const head = {
    success,
    schema_version,
    result_id,
    engine,
    request,
    period,
    audit,
    warnings,
    null_reasons,
    data,
    timing_ms,
  }
  return {
    ...head,
    ...(metrics && {metrics}),
    ...(metrics_monthly && {metrics_monthly}),
    ...(benchmark && {benchmark: {...benchmark, series: {portfolio_value: [], returns: [], drawdown: []}}}),
  }
}
